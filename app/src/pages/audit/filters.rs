//! Which changes to list.

use crate::prelude::*;
use api::{
    audit::{Action, AuditQuery, OutcomeState},
    workload::WorkloadKind,
};

use super::words;
use crate::{
    components::namespace_filter::NamespaceFilter,
    routes,
    ui::filter::{Choice, Filters, Kept, Search},
};

/// The actions, by their names in a query.
const ACTIONS: &[(Action, &str, &str)] = &[
    (Action::SaveSetting, "save-setting", "Save a setting"),
    (Action::DeleteSetting, "delete-setting", "Remove a setting"),
    (Action::DeletePod, "delete-pod", "Delete a pod"),
    (Action::EvictPod, "evict-pod", "Evict a pod"),
    (
        Action::SaveOutboundPolicy,
        "save-outbound-policy",
        "Save the outbound traffic policy",
    ),
    (
        Action::ChangedOutside,
        "changed-outside",
        "Changed outside Sidestep",
    ),
    (
        Action::AddTemporarySidecar,
        "add-temporary-sidecar",
        "Make a temporary Sidecar",
    ),
    (
        Action::RemoveTemporarySidecar,
        "remove-temporary-sidecar",
        "Remove a temporary Sidecar",
    ),
    (Action::RestartWorkload, "restart-workload", "Restart a workload"),
    (Action::EditWorkload, "edit-workload", "Edit a workload's YAML"),
    (
        Action::AddDebugContainer,
        "add-debug-container",
        "Add a debug container",
    ),
];

/// The outcomes, by their names in a query.
const OUTCOMES: [(OutcomeState, &str); 4] = [
    (OutcomeState::Succeeded, "succeeded"),
    (OutcomeState::Failed, "failed"),
    (OutcomeState::Pending, "pending"),
    (OutcomeState::Unknown, "unknown"),
];

/// The filters, filled as the page's address says.
pub(super) fn form(asked: Memo<AuditQuery>) -> AnyView {
    let of = move |part: fn(AuditQuery) -> Option<String>| {
        Signal::derive(move || part(asked.get()).unwrap_or_default())
    };
    view! {
        <Filters label="Audit History" path=routes::AUDIT>
            <Search name="actor" label="Who" value=of(|asked| asked.actor)/>
            <NamespaceFilter value=of(|asked| asked.namespace)/>
            <Choice name="kind" label="Kind" options=kinds() value=of(|asked| asked.kind)/>
            <Search name="name" label="Name" value=of(|asked| asked.name)/>
            <Choice name="action" label="Action" options=actions() value=of(|asked| asked.action.map(action_name))/>
            <Choice name="outcome" label="Outcome" options=outcomes() value=of(|asked| asked.outcome.map(outcome_name))/>
            <Kept name="limit" value=of(|asked| asked.limit.map(|limit| limit.to_string()))/>
        </Filters>
    }
    .into_any()
}

/// Whether anything is left out.
pub(super) fn any(asked: &AuditQuery) -> bool {
    let all = AuditQuery {
        limit: asked.limit,
        cursor: asked.cursor.clone(),
        ..AuditQuery::default()
    };
    *asked != all
}

fn option(value: &str, words: &str) -> (String, String) {
    (value.to_owned(), words.to_owned())
}

fn kinds() -> Vec<(String, String)> {
    let settings = [option("", "All"), option(words::SETTING, "Setting")];
    let workloads = WorkloadKind::ALL.map(|kind| option(kind.name(), kind.name()));
    let others = [
        option("Pod", "Pod"),
        option(words::CONFIG_MAP, "Istio's ConfigMaps"),
        option("Sidecar", "Sidecar"),
    ];
    settings.into_iter().chain(workloads).chain(others).collect()
}

fn actions() -> Vec<(String, String)> {
    let actions = ACTIONS.iter().map(|(_, name, words)| option(name, words));
    std::iter::once(option("", "All")).chain(actions).collect()
}

fn outcomes() -> Vec<(String, String)> {
    let outcomes = OUTCOMES
        .iter()
        .map(|(state, name)| option(name, words::outcome(*state).1));
    std::iter::once(option("", "All")).chain(outcomes).collect()
}

fn action_name(action: Action) -> String {
    ACTIONS
        .iter()
        .find(|(known, ..)| *known == action)
        .map(|(_, name, _)| (*name).to_owned())
        .unwrap_or_default()
}

fn outcome_name(outcome: OutcomeState) -> String {
    OUTCOMES
        .iter()
        .find(|(known, _)| *known == outcome)
        .map(|(_, name)| (*name).to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_and_outcomes_are_named_as_the_query_has_them() {
        for &(action, name, _) in ACTIONS {
            let query = AuditQuery {
                action: Some(action),
                ..AuditQuery::default()
            };
            assert_eq!(routes::audit(&query), format!("/audit?action={name}"));
            assert_eq!(action_name(action), name);
        }
        for (outcome, name) in OUTCOMES {
            let query = AuditQuery {
                outcome: Some(outcome),
                ..AuditQuery::default()
            };
            assert_eq!(routes::audit(&query), format!("/audit?outcome={name}"));
            assert_eq!(outcome_name(outcome), name);
        }
    }

    #[test]
    fn a_page_of_the_whole_list_leaves_nothing_out() {
        assert!(!any(&AuditQuery {
            cursor: Some("7".into()),
            limit: Some(10),
            ..AuditQuery::default()
        }));
        assert!(any(&AuditQuery {
            actor: Some("ada".into()),
            ..AuditQuery::default()
        }));
    }
}
