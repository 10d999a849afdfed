//! Intents without an outcome, after a crash: what came of them is read off the cluster.
//!
//! The process died between the intent and the outcome, so the cluster may or may not have been asked. What it holds
//! now decides: what was asked for → succeeded; what was there before → failed; anything else → unknown, and said so.

mod restart;

use std::time::Duration;

use api::audit::{Action, OutcomeState};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{Api, ResourceExt};

use super::{History, Intent, Pending, Recorded};
use crate::{
    clock::Clock,
    cluster::{
        Cluster,
        istio::Sidecar,
        resource::{SidecarSetting, SidecarSettingSpec},
    },
    error::Error,
    manifest::{self, Settled},
    outside::config_map_version,
};

/// An intent is left alone for this long: its request may still be under way, here or in another replica.
/// The API server itself gives a request a minute.
pub const GRACE: Duration = Duration::from_secs(90);
/// How often it is looked for more.
const EVERY: Duration = Duration::from_secs(15);

/// Reconciles for as long as the process lives. What was pending when it started is taken up as soon as the cluster
/// answers: `alone` says that no other process writes this history, so none of it can still be under way.
pub async fn run(history: History, cluster: Cluster, clock: Clock, alone: bool) {
    let started = clock.now();
    let mut first = alone;
    loop {
        if cluster.missing().is_none() {
            let before = if first {
                started
            } else {
                clock.now() - jiff::SignedDuration::from_secs(GRACE.as_secs().cast_signed())
            };
            match history.pending(before).await {
                Ok(pending) => {
                    let mut all_told = true;
                    for one in pending {
                        all_told &= settle(&history, &cluster, one).await;
                    }
                    first &= !all_told;
                }
                Err(error) => tracing::warn!("pending changes cannot be read: {error}"),
            }
        }
        let pause = if first { Duration::from_millis(500) } else { EVERY };
        tokio::time::sleep(pause).await;
    }
}

/// Settles one; whether it is settled.
async fn settle(history: &History, cluster: &Cluster, pending: Pending) -> bool {
    let found = match pending.intent.action {
        Action::SaveSetting | Action::DeleteSetting => setting(history, cluster, &pending).await,
        Action::SaveOutboundPolicy => mesh_config(history, cluster, &pending).await,
        Action::DeletePod | Action::EvictPod => pod(cluster, &pending.intent).await,
        // Its outcome is recorded with it.
        Action::ChangedOutside => Ok(found(OutcomeState::Succeeded, "the cluster had it")),
        Action::RestartWorkload => restart::settled(history, cluster, &pending).await,
        Action::EditWorkload => edited(history, cluster, &pending).await,
        Action::AddTemporarySidecar => sidecar(history, cluster, &pending, true).await,
        Action::RemoveTemporarySidecar => sidecar(history, cluster, &pending, false).await,
        Action::AddDebugContainer => debug_container(cluster, &pending.intent).await,
    };
    let outcome = match found {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::warn!(
                change = pending.change,
                "cannot tell yet what came of a change: {error}"
            );
            return false;
        }
    };
    tracing::info!(change = pending.change, outcome = ?outcome.state, "reconciled a change without an outcome");
    match history.conclude(&pending.change, &outcome).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(change = pending.change, "the outcome cannot be recorded: {error}");
            false
        }
    }
}

/// Why it cannot be told yet.
#[derive(Debug, thiserror::Error)]
enum NotYet {
    #[error(transparent)]
    Cluster(#[from] kube::Error),
    #[error("{}", .0.problem().detail)]
    Asked(Error),
    #[error(transparent)]
    History(#[from] sqlx::Error),
    #[error("a later change of the same thing has no outcome yet")]
    Later,
}

/// The next change of the same thing that the cluster took: its intent says what it found there first.
async fn next(
    history: &History,
    pending: &Pending,
    action: Option<Action>,
) -> Result<Option<Intent>, NotYet> {
    let target = &pending.intent.target;
    match history.next_taken(target, pending.seq, action).await? {
        Some((_, false)) => Err(NotYet::Later),
        taken => Ok(taken.map(|(intent, _)| intent)),
    }
}

/// What the cluster held at a level, at one moment.
struct Held {
    version: Option<String>,
    spec: Option<SidecarSettingSpec>,
}

async fn setting(history: &History, cluster: &Cluster, pending: &Pending) -> Result<Recorded, NotYet> {
    let target = &pending.intent.target;
    // A later change of the same setting has moved the cluster on.
    if let Some(next) = next(history, pending, None).await? {
        let held = Held {
            version: next.based_on,
            spec: spec(next.before.as_ref()),
        };
        return Ok(judge_setting(&pending.intent, &held));
    }
    let api: Api<SidecarSetting> = Api::namespaced(cluster.console.clone(), &target.namespace);
    let now = api.get_opt(&target.name).await?;
    let held = Held {
        version: now.as_ref().map(SidecarSetting::version),
        spec: now.map(|now| now.spec),
    };
    Ok(judge_setting(&pending.intent, &held))
}

fn judge_setting(intent: &Intent, held: &Held) -> Recorded {
    let has_what_was_asked_for = match (spec(intent.after.as_ref()), &held.spec) {
        (None, None) => true,
        (Some(wanted), Some(held)) => wanted.says_the_same(held),
        _ => false,
    };
    judge(
        held.version == intent.based_on,
        has_what_was_asked_for,
        held.version.clone(),
    )
}

fn judge(has_what_was_before: bool, has_what_was_asked_for: bool, version: Option<String>) -> Recorded {
    if has_what_was_before {
        found(OutcomeState::Failed, "the cluster still had the state before")
    } else if has_what_was_asked_for {
        Recorded {
            version,
            ..found(OutcomeState::Succeeded, "the cluster had what was asked for")
        }
    } else {
        found(
            OutcomeState::Unknown,
            "the cluster had neither the state before nor the one asked for",
        )
    }
}

/// A revision's mesh configuration: its text decides, as the ConfigMap's version moves with its labels too.
async fn mesh_config(history: &History, cluster: &Cluster, pending: &Pending) -> Result<Recorded, NotYet> {
    let target = &pending.intent.target;
    let text = |state: Option<&serde_json::Value>| state.map(|state| state["mesh"].clone());
    let (held, version) = if let Some(next) = next(history, pending, None).await? {
        (text(next.before.as_ref()), next.based_on)
    } else {
        let api: Api<ConfigMap> = Api::namespaced(cluster.console.clone(), &target.namespace);
        let now = api.get_opt(&target.name).await?;
        let mesh = now.as_ref().map(|now| {
            let data = now.data.as_ref();
            data.and_then(|data| data.get("mesh")).cloned().into()
        });
        (mesh, now.as_ref().map(config_map_version))
    };
    let intent = &pending.intent;
    Ok(judge(
        version == intent.based_on || held == text(intent.before.as_ref()),
        held == text(intent.after.as_ref()),
        version,
    ))
}

fn spec(recorded: Option<&serde_json::Value>) -> Option<SidecarSettingSpec> {
    recorded.map(|value| SidecarSettingSpec::from(value.clone()))
}

async fn pod(cluster: &Cluster, intent: &Intent) -> Result<Recorded, NotYet> {
    let api: Api<Pod> = Api::namespaced(cluster.console.clone(), &intent.target.namespace);
    let now = api.get_opt(&intent.target.name).await?;
    let still_there =
        now.is_some_and(|pod| pod.uid() == intent.based_on && pod.metadata.deletion_timestamp.is_none());
    Ok(if still_there {
        found(OutcomeState::Failed, "the pod is still there")
    } else {
        found(OutcomeState::Succeeded, "the pod is gone or going")
    })
}

/// Whether the temporary `Sidecar` is there tells of its making and of its removal. That its removal was begun tells of its
/// making too: only what is there is removed.
async fn sidecar(
    history: &History,
    cluster: &Cluster,
    pending: &Pending,
    made: bool,
) -> Result<Recorded, NotYet> {
    let target = &pending.intent.target;
    if made && next(history, pending, None).await?.is_some() {
        return Ok(found(OutcomeState::Succeeded, "it was there to be removed"));
    }
    let api: Api<Sidecar> = Api::namespaced(cluster.console.clone(), &target.namespace);
    let is_there = api.get_opt(&target.name).await?.is_some();
    Ok(match (made, is_there) {
        (true, true) => found(OutcomeState::Succeeded, "it is there"),
        (true, false) => found(OutcomeState::Failed, "it is not there"),
        (false, true) => found(OutcomeState::Failed, "it is still there"),
        (false, false) => found(OutcomeState::Succeeded, "it is gone"),
    })
}

/// The pod says whether it has the container.
async fn debug_container(cluster: &Cluster, intent: &Intent) -> Result<Recorded, NotYet> {
    let api: Api<Pod> = Api::namespaced(cluster.console.clone(), &intent.target.namespace);
    let now = api.get_opt(&intent.target.name).await?;
    let Some(pod) = now.filter(|pod| pod.uid() == intent.based_on) else {
        return Ok(found(OutcomeState::Unknown, "the pod is gone"));
    };
    let wanted = intent
        .after
        .as_ref()
        .and_then(|after| after["container"].as_str());
    let has = |name: &str| {
        let containers = pod
            .spec
            .iter()
            .flat_map(|spec| spec.ephemeral_containers.iter().flatten());
        containers.into_iter().any(|container| container.name == name)
    };
    Ok(if wanted.is_some_and(has) {
        found(OutcomeState::Succeeded, "the pod has the container")
    } else {
        found(OutcomeState::Failed, "the pod does not have the container")
    })
}

/// A workload whose manifest was edited: what the edit changed decides, as other fields may have moved on.
async fn edited(history: &History, cluster: &Cluster, pending: &Pending) -> Result<Recorded, NotYet> {
    let intent = &pending.intent;
    let wanted = intent.after.as_ref().and_then(|after| after["version"].as_str());
    // A later edit says what it found there first; a restart does not.
    if let Some(next) = next(history, pending, None).await?
        && next.action == Action::EditWorkload
    {
        let (is_before, is_after) = (
            next.based_on == intent.based_on,
            next.based_on.as_deref() == wanted,
        );
        return Ok(judge(is_before, is_after, None));
    }
    Ok(match manifest::settled(&cluster.console, intent).await? {
        Settled::Gone => found(OutcomeState::Unknown, "the workload is gone"),
        Settled::Compared {
            is_before,
            is_after,
            version,
        } => judge(is_before, is_after, Some(version)),
    })
}

fn found(state: OutcomeState, what: &str) -> Recorded {
    Recorded {
        state,
        detail: Some(format!(
            "read off the cluster after the console had stopped in between: {what}"
        )),
        version: None,
    }
}

#[cfg(test)]
mod tests {
    use api::audit::Target;

    use super::*;

    fn intent(
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
        based_on: Option<&str>,
    ) -> Intent {
        Intent {
            actor: "ada".into(),
            action: Action::SaveSetting,
            target: Target {
                kind: "SidecarSetting".into(),
                namespace: "shop".into(),
                name: "default".into(),
            },
            reason: None,
            before,
            after,
            based_on: based_on.map(Into::into),
            outside: None,
            reverts: None,
        }
    }

    fn held(ports: &[&str], version: &str) -> Held {
        Held {
            version: Some(version.to_owned()),
            spec: super::spec(Some(&spec(ports))),
        }
    }

    const NOTHING: Held = Held {
        version: None,
        spec: None,
    };

    fn spec(ports: &[&str]) -> serde_json::Value {
        serde_json::json!({ "traffic": { "excludeInboundPorts": ports } })
    }

    #[test]
    fn what_the_cluster_held_decides() {
        let change = intent(Some(spec(&["80"])), Some(spec(&["81"])), Some("u.7"));
        let state = |held: &Held| judge_setting(&change, held).state;
        assert_eq!(state(&held(&["80"], "u.7")), OutcomeState::Failed);
        assert_eq!(state(&held(&["81"], "u.8")), OutcomeState::Succeeded);
        assert_eq!(state(&held(&["99"], "u.9")), OutcomeState::Unknown);
        assert_eq!(state(&NOTHING), OutcomeState::Unknown);
    }

    #[test]
    fn a_create_that_was_not_made_failed() {
        let change = intent(None, Some(spec(&["81"])), None);
        assert_eq!(judge_setting(&change, &NOTHING).state, OutcomeState::Failed);
        assert_eq!(
            judge_setting(&change, &held(&["81"], "u.1")).state,
            OutcomeState::Succeeded
        );
    }

    #[test]
    fn a_delete_is_told_by_absence() {
        let change = intent(Some(spec(&["80"])), None, Some("u.7"));
        assert_eq!(judge_setting(&change, &NOTHING).state, OutcomeState::Succeeded);
        assert_eq!(
            judge_setting(&change, &held(&["80"], "u.7")).state,
            OutcomeState::Failed
        );
    }
}
