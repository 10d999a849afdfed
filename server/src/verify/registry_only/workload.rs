//! `REGISTRY_ONLY` for one workload, for as long as a verification takes: by a `Sidecar` that says when it has to be gone.
//!
//! It is made with the caller's rights and removed by the console's own account, always in the same way ([`remove`]): at the
//! end, or by the sweep after a console was stopped ([`sweep`]). What the `Sidecar` in force says is copied: one without
//! `egress` would let the workload see more than before (istio/istio#59376).

use std::collections::BTreeMap;

use api::{
    audit::{Action, Target},
    verification::{AskVerification, ToConfirm, VerificationState},
};
use domain::verify::confine::{exactly, selects};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams, PostParams, Preconditions},
};
use serde_json::{Value, json};

use super::{
    super::rights,
    Backoff,
    in_force::{self, nearest, words},
    in_time,
};
use crate::{
    caller::{Caller, Readable},
    change::record,
    cluster::istio::Sidecar,
    error::{Error, from_kube},
    history::Intent,
    install::FIELD_MANAGER,
    state::State,
};

/// Which verification made it.
const VERIFICATION: &str = "sidestep.dev/verification";
/// When it has to be gone, RFC 3339.
const EXPIRES: &str = "sidestep.dev/expires";
/// How long it may be there.
const LIVES: SignedDuration = SignedDuration::from_mins(3);

type Labels = BTreeMap<String, String>;

/// What is to be made.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::verify) struct Confinement {
    spec: Value,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify) struct Made {
    namespace: String,
    name: String,
}

/// Works out what is to be made, and refuses what is not sure to be undone, is not for this workload alone, or is not confirmed.
pub(in crate::verify) async fn plan(
    state: &State,
    caller: &Caller,
    pod: &Pod,
    asked: &AskVerification,
) -> Result<Confinement, Error> {
    let namespace = &asked.namespace;
    rights::may_make_sidecars(caller, namespace).await?;
    rights::console_may_remove_sidecars(&state.cluster.console, namespace).await?;
    let (workload, confirm, labels, pods) = selector(state, pod).await?;
    let console = &state.cluster.console;
    let here = sidecars(console, namespace).await?;
    let root = state.cluster.mesh().root_namespace.clone();
    let in_root = match &root {
        Some(root) if root != namespace => {
            // What is in force there is copied to where the caller can read it.
            caller.must_read(Readable::Sidecars, root).await?;
            sidecars(console, root).await?
        }
        _ => Vec::new(),
    };
    let spec = spec(&here, &in_root, pod.labels(), &labels)?;
    if asked.confirm.as_deref() != Some(confirm.as_str()) {
        let effects = vec![
            format!(
                "for some seconds, Envoy refuses all that the {pods} running pod(s) of {workload} send to destinations that nothing \
                 in the mesh declares: also what the workload really needs"
            ),
            "what a Service or a ServiceEntry declares stays reachable, other workloads are not touched"
                .to_owned(),
            format!(
                "a `Sidecar` for it is made in `{namespace}` and removed at the end; after a crash the console removes it within seconds \
                 of its next start"
            ),
        ];
        let what = effects.first().cloned().unwrap_or_default();
        return Err(Error::Unconfirmed(what, Box::new(ToConfirm { confirm, effects })));
    }
    Ok(Confinement { spec })
}

/// The workload in words and as it is confirmed, the labels that are its alone, and how many pods have them.
async fn selector(state: &State, pod: &Pod) -> Result<(String, String, Labels, usize), Error> {
    let namespace = pod.namespace().unwrap_or_default();
    let snapshot = state.cluster.snapshot().await;
    let row = snapshot
        .pods
        .iter()
        .find(|row| row.namespace == namespace && row.name == pod.name_any());
    let owner = row.and_then(|row| row.owner.clone());
    let (kind, name) = match &owner {
        Some(owner) => (owner.kind.as_str(), owner.name.clone()),
        None => ("Pod", pod.name_any()),
    };
    let workload = format!("{kind} `{namespace}/{name}`");
    let (mut own, mut others) = (vec![pod.labels().clone()], Vec::new());
    for row in snapshot
        .pods
        .iter()
        .filter(|row| row.namespace == namespace && row.name != pod.name_any())
    {
        let Some(other) = state.cluster.stores.pods.get(&namespace, &row.name) else {
            continue;
        };
        if owner.is_some() && row.owner == owner {
            own.push(other.labels().clone());
        } else {
            others.push((row.name.clone(), other.labels().clone()));
        }
    }
    let others = others.iter().map(|(name, labels)| (name.as_str(), labels));
    let labels = exactly(&own, others).map_err(|why| Error::InTheWay(format!("{workload}: {why}")))?;
    Ok((workload, format!("{kind}/{namespace}/{name}"), labels, own.len()))
}

async fn sidecars(client: &kube::Client, namespace: &str) -> Result<Vec<Sidecar>, Error> {
    let api: Api<Sidecar> = Api::namespaced(client.clone(), namespace);
    let list = api.list(&ListParams::default()).await;
    Ok(list
        .map_err(|error| from_kube(error, &format!("list Sidecars in `{namespace}`")))?
        .items)
}

/// The spec in force for a pod with these labels, for the pods with `selector` alone, refusing what nothing declares.
fn spec(here: &[Sidecar], in_root: &[Sidecar], pod: &Labels, selector: &Labels) -> Result<Value, Error> {
    for sidecar in here {
        // Two of them for one pod are undefined (IST0110).
        if in_force::selector(sidecar)
            .is_some_and(|theirs| selects(&theirs, pod) || selects(&theirs, selector))
        {
            let what = format!(
                "{} is for this workload already, and two of them have no defined effect",
                words(sidecar)
            );
            return Err(Error::InTheWay(what));
        }
    }
    let mut spec = match nearest(here, in_root, pod).as_slice() {
        [] => json!({}),
        [one] => one.spec.clone(),
        [one, other, ..] => {
            return Err(Error::InTheWay(format!(
                "{} and {} are both for the whole namespace: which of them is in force is not defined",
                words(one),
                words(other)
            )));
        }
    };
    if !spec.is_object() {
        spec = json!({});
    }
    if spec["egress"].as_array().is_none_or(Vec::is_empty) {
        spec["egress"] = json!([{ "hosts": ["*/*"] }]);
    }
    spec["workloadSelector"] = json!({ "labels": selector });
    spec["outboundTrafficPolicy"] = json!({ "mode": "REGISTRY_ONLY" });
    Ok(spec)
}

/// Makes it, with the caller's rights and a record.
pub(in crate::verify) async fn make(
    state: &State,
    caller: &Caller,
    id: &str,
    namespace: &str,
    plan: &Confinement,
) -> Result<Made, Error> {
    let name = format!(
        "sidestep-verify-{}",
        &uuid::Uuid::new_v4().simple().to_string()[..8]
    );
    let expires = (state.clock.now() + LIVES)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let annotations = [(VERIFICATION, id.to_owned()), (EXPIRES, expires)];
    // Istio's own types do not say their kind when they are written.
    let resource = ApiResource::erase::<Sidecar>(&());
    let mut sidecar = DynamicObject::new(&name, &resource).within(namespace);
    sidecar.metadata.annotations = Some(annotations.map(|(key, value)| (key.to_owned(), value)).into());
    sidecar.data = json!({ "spec": plan.spec });
    let made = Made {
        namespace: namespace.to_owned(),
        name,
    };
    let intent = Intent {
        after: Some(plan.spec.clone()),
        ..intent(Action::AddTemporarySidecar, &caller.actor, &made, id)
    };
    let api: Api<DynamicObject> = Api::namespaced_with(caller.client.clone(), namespace, &resource);
    let doing = format!("make {}", made.words());
    let written = record(&state.history, intent, |()| None, async move {
        let params = PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PostParams::default()
        };
        let created = api.create(&params, &sidecar).await;
        created.map(drop).map_err(|error| from_kube(error, &doing))
    });
    written.await?;
    Ok(made)
}

/// Removes it, with the console's own account and a record. Where it is gone already, nothing is to be recorded.
pub(in crate::verify) async fn remove(
    state: &State,
    made: &Made,
    id: &str,
    actor: &str,
) -> Result<(), Error> {
    let api: Api<Sidecar> = Api::namespaced(state.cluster.console.clone(), &made.namespace);
    let reading = format!("read {}", made.words());
    let there = api
        .get_opt(&made.name)
        .await
        .map_err(|error| from_kube(error, &reading))?;
    // One of the same name that somebody else has made since is not ours to remove.
    let Some(sidecar) = there.filter(|there| there.annotations().contains_key(VERIFICATION)) else {
        return Ok(());
    };
    let intent = Intent {
        before: Some(sidecar.spec.clone()),
        based_on: sidecar.uid(),
        ..intent(Action::RemoveTemporarySidecar, actor, made, id)
    };
    let (name, doing) = (made.name.clone(), format!("remove {}", made.words()));
    let removed = record(&state.history, intent, |()| None, async move {
        let params = DeleteParams {
            preconditions: Some(Preconditions {
                uid: sidecar.uid(),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        match api.delete(&name, &params).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            removed => removed.map(drop).map_err(|error| from_kube(error, &doing)),
        }
    });
    removed.await.map(drop)
}

impl Made {
    fn words(&self) -> String {
        format!("Sidecar `{}/{}`", self.namespace, self.name)
    }
}

fn intent(action: Action, actor: &str, made: &Made, id: &str) -> Intent {
    Intent {
        actor: actor.to_owned(),
        action,
        target: Target {
            kind: "Sidecar".to_owned(),
            namespace: made.namespace.clone(),
            name: made.name.clone(),
        },
        reason: Some(format!("verification {id}")),
        before: None,
        after: None,
        based_on: None,
        outside: None,
        reverts: None,
    }
}

/// Removes what verifications left behind: those that are over, or whose time is.
pub(in crate::verify) async fn sweep(state: &State, backoff: &mut Backoff) {
    for sidecar in state.cluster.stores.sidecars.state() {
        let Some(id) = sidecar.annotations().get(VERIFICATION) else {
            continue;
        };
        let asked = match state.verifications.get(id).await {
            Ok(asked) => asked,
            Err(error) => return tracing::warn!("verifications cannot be read: {error}"),
        };
        let is_over = asked
            .as_ref()
            .is_some_and(|asked| asked.row.state != VerificationState::Running);
        // Of another console's verification only the time tells.
        if !is_over && !is_expired(&sidecar, state.clock.now()) {
            continue;
        }
        if !backoff.is_due(id) {
            continue;
        }
        let made = Made {
            namespace: sidecar.namespace().unwrap_or_default(),
            name: sidecar.name_any(),
        };
        let actor = asked.map_or_else(|| "the console".to_owned(), |asked| asked.row.actor);
        match in_time(remove(state, &made, id, &actor)).await {
            Ok(()) => {
                backoff.done(id);
                tracing::info!(verification = id, "removed {}, left behind", made.words());
            }
            Err(error) => {
                backoff.failed(id);
                tracing::error!(
                    verification = id,
                    "{} cannot be removed yet: {error}",
                    made.words()
                );
            }
        }
    }
}

/// Whether its time is over; one that does not say when has none.
fn is_expired(sidecar: &Sidecar, now: Timestamp) -> bool {
    let expires = sidecar
        .annotations()
        .get(EXPIRES)
        .and_then(|text| text.parse::<Timestamp>().ok());
    expires.is_none_or(|expires| expires < now)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    use super::*;

    fn sidecar(name: &str, spec: Value) -> Sidecar {
        Sidecar {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                namespace: Some("shop".to_owned()),
                ..ObjectMeta::default()
            },
            spec,
        }
    }

    fn cart() -> Labels {
        Labels::from([("app".to_owned(), "cart".to_owned())])
    }

    fn made(here: &[Sidecar], in_root: &[Sidecar]) -> Result<Value, String> {
        spec(here, in_root, &cart(), &cart()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_in_force_is_copied_and_only_the_policy_changes() {
        let narrow = json!({ "egress": [{ "hosts": ["./*", "istio-system/*"] }], "outboundTrafficPolicy": { "mode": "ALLOW_ANY" } });
        let root = sidecar("root", json!({ "egress": [{ "hosts": ["~/*"] }] }));
        let made_of = |here: &[Sidecar], in_root: &[Sidecar]| made(here, in_root).expect("it can be made");
        let made = made_of(&[sidecar("default", narrow)], std::slice::from_ref(&root));
        assert_eq!(made["egress"], json!([{ "hosts": ["./*", "istio-system/*"] }]));
        assert_eq!(made["outboundTrafficPolicy"], json!({ "mode": "REGISTRY_ONLY" }));
        assert_eq!(made["workloadSelector"], json!({ "labels": { "app": "cart" } }));
        assert_eq!(made_of(&[], &[root])["egress"], json!([{ "hosts": ["~/*"] }]));
        // Nothing said is everything, and it has to be said.
        assert_eq!(made_of(&[], &[])["egress"], json!([{ "hosts": ["*/*"] }]));
        let other = sidecar(
            "web",
            json!({ "workloadSelector": { "labels": { "app": "web" } } }),
        );
        assert_eq!(made_of(&[other], &[])["egress"], json!([{ "hosts": ["*/*"] }]));
    }

    #[test]
    fn where_two_would_be_for_one_workload_it_is_refused() {
        let own = sidecar(
            "cart",
            json!({ "workloadSelector": { "labels": { "app": "cart" } } }),
        );
        assert!(made(&[own], &[]).is_err_and(|why| why.contains("for this workload already")));
        let (a, b) = (sidecar("a", json!({})), sidecar("b", json!({ "egress": [] })));
        assert!(made(&[a, b], &[]).is_err_and(|why| why.contains("not defined")));
    }
}
