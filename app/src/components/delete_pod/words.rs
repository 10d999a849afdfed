//! What a delete means, before it is done.

use api::{
    Problem,
    mesh::Delivery,
    pod::{PodBudget, PodRow, PodState},
};

/// Whether a new pod comes when this one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Its owner makes one.
    Comes,
    /// That is up to its owner.
    MayCome,
    /// It had done its work: nothing is missed.
    NotNeeded,
    /// Nobody makes one.
    Never,
}

/// Whether a new pod comes, and the sentence that says so, for `Prose`.
pub(super) fn next(pod: &PodRow) -> (Next, String) {
    let Some(owner) = &pod.owner else {
        return (
            Next::Never,
            "Nobody makes a new one: it is gone for good.".to_owned(),
        );
    };
    let (kind, name) = (&owner.kind, &owner.name);
    match kind.as_str() {
        "Deployment" | "ReplicaSet" | "ReplicationController" => {
            (Next::Comes, format!("{kind} `{name}` will make a new one."))
        }
        "StatefulSet" => (
            Next::Comes,
            format!("StatefulSet `{name}` will make a new one with the same name."),
        ),
        "DaemonSet" => (
            Next::Comes,
            format!("DaemonSet `{name}` will make a new one on the same node."),
        ),
        "Job" if pod.finished => (
            Next::NotNeeded,
            format!("It has run to its end. Job `{name}` keeps its result; the pod's log goes with it."),
        ),
        "Job" => (
            Next::MayCome,
            format!("It is at work. Job `{name}` will make a new one if it may still try again."),
        ),
        "Node" => (
            Next::MayCome,
            format!(
                "It is a static pod of node `{name}`, which keeps it running: only its entry is made again."
            ),
        ),
        _ => (
            Next::MayCome,
            format!("Whether a new one comes is up to its owner, {kind} `{name}`."),
        ),
    }
}

/// What the pod runs, and what the new one would get, for `Prose`. `delivery` is nothing while it is not known.
pub(super) fn gain(pod: &PodRow, next: Next, delivery: Option<&Delivery>) -> String {
    let now = match &pod.state {
        PodState::Current => "It runs what is in force.".to_owned(),
        PodState::Stale { fields } => format!("It still runs the old setting in `{}`.", fields.join("`, `")),
        PodState::NotApplicable { reason } => {
            return format!("Settings have no effect on it: {reason}.");
        }
        PodState::Unknown { reason } => format!("What it runs cannot be judged: {reason}."),
    };
    let delivered = delivery.is_some_and(|delivery| delivery.state.is_ready());
    if !delivered || !matches!(next, Next::Comes | Next::MayCome) {
        return now;
    }
    let same = if pod.state == PodState::Current {
        ", the same"
    } else {
        ""
    };
    format!("{now} A new one starts with the settings in force{same}.")
}

/// What the budgets that select a pod let go now, for `Prose`: nothing where there are none. An eviction asks all of them.
/// `budgets` is nothing where they could not be read.
pub(super) fn guarded(budgets: Option<&[PodBudget]>) -> Option<String> {
    let told: Vec<String> = match budgets {
        Some([]) => return None,
        Some(budgets) => budgets.iter().map(budget).collect(),
        None => vec!["Which PodDisruptionBudgets guard it could not be read.".to_owned()],
    };
    Some(format!(
        "{} Evict asks first; OK deletes without asking.",
        told.join(" ")
    ))
}

fn budget(PodBudget { name, allowed }: &PodBudget) -> String {
    match allowed {
        0 => format!("PodDisruptionBudget `{name}` lets no pod go now."),
        1 => format!("PodDisruptionBudget `{name}` lets 1 pod go now."),
        _ => format!("PodDisruptionBudget `{name}` lets {allowed} pods go now."),
    }
}

/// Why a pod was not deleted, or why that is not known: a title, what happened, the way out.
pub(super) fn refusal(problem: &Problem) -> (&'static str, String, Option<String>) {
    let open = "look whether the pod is still there; the Audit History tells what came of it".to_owned();
    let as_told = || (problem.to_string(), problem.way_out.clone());
    let (title, (detail, way_out)) = match problem.status {
        404 => (
            "It is gone already",
            ("There is no pod of this name any more.".to_owned(), None),
        ),
        412 => (
            "Another pod has this name now",
            (
                "The pod that you were asked about is gone. The new one was not touched.".to_owned(),
                Some("close this and look at the new one".to_owned()),
            ),
        ),
        409 => (
            "A budget does not let it go now",
            (problem.detail.clone(), problem.way_out.clone()),
        ),
        403 => (
            "You may not delete this pod",
            (problem.detail.clone(), problem.way_out.clone()),
        ),
        ..500 => ("It was not deleted", as_told()),
        _ if ["history-unwritable", "not-ready", "not-installed"]
            .iter()
            .any(|kind| problem.is(kind)) =>
        {
            ("It was not deleted", as_told())
        }
        // The answer was lost, not the question.
        _ => (
            "It is not known whether it was deleted",
            (problem.to_string(), Some(open)),
        ),
    };
    (title, detail, way_out)
}

#[cfg(test)]
mod tests {
    use api::{mesh::DeliveryState, pod::Owner};

    use super::*;
    use crate::components::pod_state::tests::pod;

    fn owned(kind: &str) -> PodRow {
        let owner = Owner {
            kind: kind.into(),
            name: "x".into(),
        };
        PodRow {
            owner: Some(owner),
            ..pod(PodState::Current)
        }
    }

    fn delivery(state: DeliveryState) -> Delivery {
        Delivery {
            state,
            message: String::new(),
            way_out: None,
        }
    }

    #[test]
    fn who_owns_a_pod_decides_whether_a_new_one_comes() {
        for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"] {
            assert_eq!(next(&owned(kind)).0, Next::Comes, "{kind}");
        }
        for kind in ["Job", "Node", "Rollout"] {
            assert_eq!(next(&owned(kind)).0, Next::MayCome, "{kind}");
        }
        let bare = PodRow {
            owner: None,
            ..owned("Job")
        };
        assert_eq!(
            next(&bare),
            (
                Next::Never,
                "Nobody makes a new one: it is gone for good.".to_owned()
            )
        );
        let finished = PodRow {
            finished: true,
            ..owned("Job")
        };
        assert_eq!(next(&finished).0, Next::NotNeeded);
    }

    #[test]
    fn a_new_pod_is_promised_the_settings_only_where_they_reach_it() {
        let stale = pod(PodState::Stale {
            fields: vec!["excludeInboundPorts".into(), "excludeOutboundPorts".into()],
        });
        let now = "It still runs the old setting in `excludeInboundPorts`, `excludeOutboundPorts`.";
        let (ready, absent) = (
            delivery(DeliveryState::Ready),
            delivery(DeliveryState::WebhookAbsent),
        );
        assert_eq!(
            gain(&stale, Next::Comes, Some(&ready)),
            format!("{now} A new one starts with the settings in force.")
        );
        assert_eq!(gain(&stale, Next::Comes, Some(&absent)), now);
        assert_eq!(gain(&stale, Next::Comes, None), now);
        assert_eq!(gain(&stale, Next::Never, Some(&ready)), now);
    }

    #[test]
    fn a_budget_says_how_many_pods_may_go() {
        let budget = |name: &str, allowed| PodBudget {
            name: name.to_owned(),
            allowed,
        };
        assert_eq!(
            guarded(Some(&[budget("web", 0), budget("all", 2)])).unwrap(),
            "PodDisruptionBudget `web` lets no pod go now. PodDisruptionBudget `all` lets 2 pods go now. \
             Evict asks first; OK deletes without asking."
        );
        assert_eq!(guarded(Some(&[])), None);
        assert!(guarded(None).unwrap().contains("could not be read"));
    }

    #[test]
    fn a_lost_answer_is_no_proof_that_nothing_happened() {
        let title = |status, kind| refusal(&Problem::new(status, kind, "", "")).0;
        for (status, kind) in [
            (422, "cluster-refused"),
            (503, "history-unwritable"),
            (503, "not-ready"),
        ] {
            assert_eq!(title(status, kind), "It was not deleted", "{kind}");
        }
        for (status, kind) in [
            (503, "cluster-unreachable"),
            (503, "console-unreachable"),
            (502, "cluster-error"),
            (504, "time-out"),
        ] {
            assert_eq!(
                title(status, kind),
                "It is not known whether it was deleted",
                "{kind}"
            );
        }
    }
}
