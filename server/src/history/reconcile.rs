//! Intents without an outcome, after a crash: what came of them is read off the cluster.
//!
//! The process died between the intent and the outcome, so the cluster may or may not have been asked. What it holds
//! now decides: what was asked for → succeeded; what was there before → failed; anything else → unknown, and said so.

use std::time::Duration;

use api::audit::{Action, OutcomeState};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, ResourceExt};

use super::{History, Intent, Pending, Recorded};
use crate::{
    clock::Clock,
    cluster::{
        Cluster,
        resource::{SidecarSetting, SidecarSettingSpec},
    },
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
        Action::SaveSetting | Action::DeleteSetting => setting(cluster, &pending.intent).await,
        Action::DeletePod => pod(cluster, &pending.intent).await,
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

async fn setting(cluster: &Cluster, intent: &Intent) -> kube::Result<Recorded> {
    let api: Api<SidecarSetting> = Api::namespaced(cluster.console.clone(), &intent.target.namespace);
    let now = api.get_opt(&intent.target.name).await?;
    Ok(judge_setting(intent, now.as_ref()))
}

fn judge_setting(intent: &Intent, now: Option<&SidecarSetting>) -> Recorded {
    let spec = |value: &Option<serde_json::Value>| {
        value
            .clone()
            .and_then(|value| serde_json::from_value::<SidecarSettingSpec>(value).ok())
    };
    let same = |wanted: &Option<SidecarSettingSpec>| match (wanted, now) {
        (None, None) => true,
        (Some(wanted), Some(now)) => wanted.says_the_same(&now.spec),
        _ => false,
    };
    let untouched = match (&intent.based_on, now) {
        (Some(version), Some(now)) => now.version() == *version,
        (None, None) => true,
        _ => false,
    };
    if untouched {
        found(OutcomeState::Failed, "the cluster still has the state before")
    } else if same(&spec(&intent.after)) {
        found(OutcomeState::Succeeded, "the cluster has what was asked for")
    } else {
        found(
            OutcomeState::Unknown,
            "the cluster has neither the state before nor the one asked for",
        )
    }
}

async fn pod(cluster: &Cluster, intent: &Intent) -> kube::Result<Recorded> {
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

fn found(state: OutcomeState, what: &str) -> Recorded {
    Recorded {
        state,
        detail: Some(format!(
            "read off the cluster after the console had stopped in between: {what}"
        )),
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
        }
    }

    fn stored(ports: &[&str], version: &str) -> SidecarSetting {
        let spec = serde_json::from_value(spec(ports)).expect("a spec");
        let mut setting = SidecarSetting::new("default", spec);
        setting.metadata.uid = Some("u".into());
        setting.metadata.generation = version.parse().ok();
        setting
    }

    fn spec(ports: &[&str]) -> serde_json::Value {
        serde_json::json!({ "traffic": { "excludeInboundPorts": ports } })
    }

    #[test]
    fn what_the_cluster_holds_decides() {
        let change = intent(Some(spec(&["80"])), Some(spec(&["81"])), Some("u.7"));
        let state = |now: Option<&SidecarSetting>| judge_setting(&change, now).state;
        assert_eq!(state(Some(&stored(&["80"], "7"))), OutcomeState::Failed);
        assert_eq!(state(Some(&stored(&["81"], "8"))), OutcomeState::Succeeded);
        assert_eq!(state(Some(&stored(&["99"], "9"))), OutcomeState::Unknown);
        assert_eq!(state(None), OutcomeState::Unknown);
    }

    #[test]
    fn a_create_that_was_not_made_failed() {
        let change = intent(None, Some(spec(&["81"])), None);
        assert_eq!(judge_setting(&change, None).state, OutcomeState::Failed);
        assert_eq!(
            judge_setting(&change, Some(&stored(&["81"], "3"))).state,
            OutcomeState::Succeeded
        );
    }

    #[test]
    fn a_delete_is_told_by_absence() {
        let change = intent(Some(spec(&["80"])), None, Some("u.7"));
        assert_eq!(judge_setting(&change, None).state, OutcomeState::Succeeded);
        assert_eq!(
            judge_setting(&change, Some(&stored(&["80"], "7"))).state,
            OutcomeState::Failed
        );
    }
}
