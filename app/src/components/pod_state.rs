//! What a pod runs against what is in force, in words.

use crate::prelude::*;
use api::pod::{PodRow, PodState, PodStateName, Sidecar};

use crate::ui::{
    badge::{Badge, Tone},
    prose::Prose,
};

/// The states with their tone and word, in the order of a filter.
pub(crate) const STATES: [(PodStateName, &str, Tone, &str); 4] = [
    (PodStateName::Current, "current", Tone::Good, "Current"),
    (PodStateName::Stale, "stale", Tone::Warning, "Stale"),
    (
        PodStateName::NotApplicable,
        "notApplicable",
        Tone::Quiet,
        "No effect",
    ),
    (PodStateName::Unknown, "unknown", Tone::Info, "Unknown"),
];

/// How sidecars run, in the order of a filter.
pub(crate) const SIDECARS: [(Sidecar, &str, &str); 3] = [
    (Sidecar::Native, "native", "Native"),
    (Sidecar::Classic, "classic", "Classic"),
    (Sidecar::None, "none", "None"),
];

/// The state as a badge.
#[component]
pub(crate) fn StateBadge(state: PodStateName) -> impl IntoView {
    let (tone, word) = STATES
        .iter()
        .find(|(known, ..)| *known == state)
        .map_or((Tone::Quiet, ""), |(_, _, tone, word)| (*tone, *word));
    view! { <Badge tone>{word}</Badge> }
}

/// The state with what belongs to it: the fields that differ, or the reason.
#[component]
pub(crate) fn State(state: PodState) -> impl IntoView {
    let name = state.name();
    let more = match state {
        PodState::Current => ().into_any(),
        PodState::Stale { fields } => {
            view! { <code class="state-more">{fields.join(", ")}</code> }.into_any()
        }
        PodState::NotApplicable { reason } | PodState::Unknown { reason } => {
            view! { <span class="state-more"><Prose text=reason/></span> }.into_any()
        }
    };
    view! {
        <div class="pod-state">
            <StateBadge state=name/>
            {more}
        </div>
    }
}

/// How the sidecar runs, with what that means on hover.
#[component]
pub(crate) fn SidecarKind(sidecar: Sidecar) -> impl IntoView {
    let (word, meaning) = match sidecar {
        Sidecar::None => ("None", "The pod has no container istio-proxy"),
        Sidecar::Native => ("Native", "istio-proxy is an init container that keeps running"),
        Sidecar::Classic => ("Classic", "istio-proxy is an ordinary container"),
    };
    view! { <span class:more=sidecar == Sidecar::None title=meaning>{word}</span> }
}

/// A pod's state in a sentence, for [`Prose`]: what it runs, and what to do.
pub(crate) fn sentence(pod: &PodRow) -> String {
    match &pod.state {
        PodState::Current => "This pod runs what is in force.".to_owned(),
        PodState::Stale { fields } => {
            let number = if fields.len() == 1 {
                "1 field".to_owned()
            } else {
                format!("{} fields", fields.len())
            };
            let todo = if pod.ends {
                "It is being deleted."
            } else if pod.owner.is_some() {
                "Delete it to apply."
            } else {
                "Delete it and make it again to apply: nobody else will."
            };
            format!("This pod still runs the old setting in {number}. {todo}")
        }
        PodState::NotApplicable { reason } => format!("Settings have no effect on it: {reason}."),
        PodState::Unknown { reason } => format!("What it runs cannot be judged: {reason}."),
    }
}

/// How a status, as `kubectl` prints it, is to be taken. What is on its way is no trouble; every other word is.
pub(crate) fn status_tone(status: &str) -> Tone {
    let initialising = |status: &str| {
        let progress = status.strip_prefix("Init:").and_then(|rest| rest.split_once('/'));
        progress.is_some_and(|(done, _)| done.parse::<u32>().is_ok())
    };
    match status {
        "Running" | "Succeeded" | "Completed" => Tone::Good,
        "Terminating" | "NotReady" | "Unknown" => Tone::Warning,
        "Pending" | "ContainerCreating" | "PodInitializing" | "SchedulingGated" => Tone::Info,
        other if initialising(other) => Tone::Info,
        _ => Tone::Bad,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use api::pod::Owner;

    use super::*;

    /// A running pod of the Deployment `cart`.
    pub(crate) fn pod(state: PodState) -> PodRow {
        PodRow {
            namespace: "shop".into(),
            name: "cart-7d9".into(),
            uid: "1".into(),
            status: "Running".into(),
            ends: false,
            finished: false,
            ready: 2,
            containers: 2,
            restarts: 0,
            last_restart: None,
            node: None,
            created: None,
            owner: Some(Owner {
                kind: "Deployment".into(),
                name: "cart".into(),
            }),
            sidecar: Sidecar::Native,
            state,
        }
    }

    #[test]
    fn a_stale_pod_is_told_with_what_to_do() {
        let mut pod = pod(PodState::Stale {
            fields: vec!["excludeInboundPorts".into()],
        });
        assert_eq!(
            sentence(&pod),
            "This pod still runs the old setting in 1 field. Delete it to apply."
        );
        pod.owner = None;
        assert_eq!(
            sentence(&pod),
            "This pod still runs the old setting in 1 field. Delete it and make it again to apply: nobody else will."
        );
        pod.ends = true;
        assert_eq!(
            sentence(&pod),
            "This pod still runs the old setting in 1 field. It is being deleted."
        );
    }

    #[test]
    fn a_reason_ends_its_sentence() {
        let pod = pod(PodState::NotApplicable {
            reason: "the pod has no sidecar".into(),
        });
        assert_eq!(
            sentence(&pod),
            "Settings have no effect on it: the pod has no sidecar."
        );
    }

    #[test]
    fn what_is_on_its_way_is_no_trouble_and_what_is_stuck_is() {
        for (status, tone) in [
            ("Running", Tone::Good),
            ("Init:0/2", Tone::Info),
            ("ContainerCreating", Tone::Info),
            ("Terminating", Tone::Warning),
            ("CrashLoopBackOff", Tone::Bad),
            ("Init:CrashLoopBackOff", Tone::Bad),
            ("Init:Error", Tone::Bad),
            ("Evicted", Tone::Bad),
        ] {
            assert_eq!(status_tone(status), tone, "{status}");
        }
    }
}
