//! Who may restart what: the caller when a run is started, the console's account that carries it out, and whoever approved
//! it before each wave.

use std::collections::BTreeSet;

use api::restart::WorkloadName;
use domain::restart::{Approver, ItemState};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SubjectAccessReview,
    SubjectAccessReviewSpec,
};
use kube::{Api, Client, api::PostParams};

use super::store::Stored;
use crate::{
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
    for workload in left(stored) {
        if let Some(why) = refused(&caller.client, &caller.actor, workload).await? {
            return Err(Error::Forbidden(why));
        }
    }
    Ok(())
}

/// Why somebody with this client may not restart a workload; `None`: they may.
pub(super) async fn refused(
    client: &Client,
    actor: &str,
    workload: &WorkloadName,
) -> Result<Option<String>, Error> {
    Ok((!may(client, attributes(workload, true)).await?).then(|| denied(actor, workload)))
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

/// Why whoever approved a run may no longer restart one of these; `None`: they may.
pub(super) async fn of_approver(
    console: &Client,
    approver: &Approver,
    workloads: impl Iterator<Item = &WorkloadName>,
) -> Result<Option<String>, Error> {
    let reviews = Api::<SubjectAccessReview>::all(console.clone());
    for workload in workloads {
        let review = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                user: Some(approver.user.clone()),
                groups: Some(approver.groups.clone()),
                resource_attributes: Some(attributes(workload, true)),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let answer = reviews
            .create(&PostParams::default(), &review)
            .await
            .map_err(|error| from_kube(error, "ask what somebody else may do"))?;
        if !answer.status.is_some_and(|status| status.allowed) {
            return Ok(Some(denied(&approver.user, workload)));
        }
    }
    Ok(None)
}

fn denied(actor: &str, workload: &WorkloadName) -> String {
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
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            non_resource_attributes: None,
        },
        ..SelfSubjectAccessReview::default()
    };
    let answer = Api::<SelfSubjectAccessReview>::all(client.clone())
        .create(&PostParams::default(), &review)
        .await
        .map_err(|error| from_kube(error, "ask what it may do"))?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}
