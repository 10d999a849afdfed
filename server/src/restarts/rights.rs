//! Who may restart what: the caller when a run is started, the console's account that carries it out, and whoever approved
//! it before each workload.

use std::collections::{BTreeSet, HashMap};

use api::restart::WorkloadName;
use domain::restart::{Approver, ItemState};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::{Api, Client, api::PostParams};

use super::store::Stored;
use crate::{
    access_review,
    caller::Caller,
    error::{Error, from_kube},
};

/// The plural of a kind that can be restarted.
pub(super) fn resource(kind: &str) -> &'static str {
    match kind {
        "StatefulSet" => "statefulsets",
        "DaemonSet" => "daemonsets",
        _ => "deployments",
    }
}

/// The workloads that are not over.
fn left(stored: &Stored) -> impl Iterator<Item = &WorkloadName> {
    let items = stored.run.items.iter().zip(&stored.fixed.plan.workloads);
    items
        .filter(|(item, _)| matches!(item.state, ItemState::Waiting | ItemState::Restarting))
        .map(|(_, planned)| &planned.workload)
}

/// Refuses unless the caller may restart all that is left.
pub(super) async fn of_caller(caller: &Caller, stored: &Stored) -> Result<(), Error> {
    match Rights::of(&caller.client, None)
        .first_refused(left(stored))
        .await?
    {
        None => Ok(()),
        Some(workload) => Err(Error::Forbidden(denied(&caller.actor, workload))),
    }
}

/// What somebody may restart, as far as it was asked: a namespace at once where that is allowed.
pub(super) struct Rights<'a> {
    client: &'a Client,
    /// `None`: the client's own user.
    of: Option<&'a Approver>,
    known: HashMap<(String, String), bool>,
}

impl<'a> Rights<'a> {
    /// The rights of `of`, asked with this client; without one, those of the client's own user.
    pub(super) fn of(client: &'a Client, of: Option<&'a Approver>) -> Self {
        Self {
            client,
            of,
            known: HashMap::new(),
        }
    }

    /// Why the approver may not restart this one; `None`: they may.
    pub(super) async fn refused(&mut self, workload: &WorkloadName) -> Result<Option<String>, Error> {
        let actor = self.of.map_or("", |approver| approver.user.as_str());
        let may = self.may(workload).await?;
        Ok((!may).then(|| denied(actor, workload)))
    }

    async fn first_refused<'w>(
        &mut self,
        workloads: impl Iterator<Item = &'w WorkloadName>,
    ) -> Result<Option<&'w WorkloadName>, Error> {
        for workload in workloads {
            if !self.may(workload).await? {
                return Ok(Some(workload));
            }
        }
        Ok(None)
    }

    /// Whether they may restart a workload. A role may be for a whole namespace, or for things of certain names.
    pub(super) async fn may(&mut self, workload: &WorkloadName) -> Result<bool, Error> {
        let key = (workload.kind.clone(), workload.namespace.clone());
        let all = if let Some(known) = self.known.get(&key) {
            *known
        } else {
            let may = self.ask(attributes(workload, false)).await?;
            self.known.insert(key, may);
            may
        };
        Ok(all || self.ask(attributes(workload, true)).await?)
    }

    async fn ask(&self, attributes: ResourceAttributes) -> Result<bool, Error> {
        let Some(approver) = self.of else {
            return may(self.client, attributes).await;
        };
        let review = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                user: Some(approver.user.clone()),
                groups: Some(approver.groups.clone()),
                resource_attributes: Some(attributes),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let answer = Api::<SubjectAccessReview>::all(self.client.clone())
            .create(&PostParams::default(), &review)
            .await
            .map_err(|error| from_kube(error, "ask what somebody else may do"))?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }
}

/// Refuses unless the console's own account may restart all that is left.
pub(super) async fn of_console(console: &Client, stored: &Stored) -> Result<(), Error> {
    let kinds: BTreeSet<(&str, &str)> = left(stored)
        .map(|workload| (workload.kind.as_str(), workload.namespace.as_str()))
        .collect();
    for (kind, namespace) in kinds {
        let any = WorkloadName {
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: String::new(),
        };
        if !may(console, attributes(&any, false)).await? {
            return Err(Error::ExecutorForbidden(format!(
                "the console's own account may not patch {} in `{namespace}`",
                resource(kind)
            )));
        }
    }
    Ok(())
}

/// That somebody may not restart a workload, in words.
pub(super) fn denied(actor: &str, workload: &WorkloadName) -> String {
    let WorkloadName {
        kind,
        namespace,
        name,
    } = workload;
    format!("`{actor}` may not restart {kind} `{namespace}/{name}`: that needs the right to patch it")
}

fn attributes(workload: &WorkloadName, by_name: bool) -> ResourceAttributes {
    ResourceAttributes {
        group: Some("apps".to_owned()),
        resource: Some(resource(&workload.kind).to_owned()),
        verb: Some("patch".to_owned()),
        namespace: Some(workload.namespace.clone()),
        name: by_name.then(|| workload.name.clone()),
        ..ResourceAttributes::default()
    }
}

async fn may(client: &Client, attributes: ResourceAttributes) -> Result<bool, Error> {
    let allowed = access_review::allows(client, attributes).await;
    allowed.map_err(|error| from_kube(error, "ask what it may do"))
}
