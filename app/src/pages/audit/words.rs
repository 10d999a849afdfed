//! A change in words.

use api::audit::{Action, Change, OutcomeState};
use domain::{Level, setting::DEFAULT_NAME};
use leptos::prelude::*;

use crate::ui::badge::Tone;

/// What was done, or tried, to what: a sentence without a full stop, names between backticks. `root` is the mesh's root
/// namespace, where that is known: the setting there is the Global one.
pub(super) fn what(change: &Change, root: Option<&str>) -> String {
    let thing = thing(change, root);
    let (done, verb) = match change.action {
        Action::SaveSetting | Action::SaveOutboundPolicy => ("Saved", "save"),
        Action::DeleteSetting => ("Removed", "remove"),
        Action::DeletePod => ("Deleted", "delete"),
        Action::EvictPod => ("Evicted", "evict"),
        // It is not tried: it was done.
        Action::ChangedOutside => {
            let done = match (&change.before, &change.after) {
                (None, _) => "Made",
                (_, None) => "Removed",
                _ => "Changed",
            };
            return format!("{done} outside Sidestep: {thing}");
        }
        Action::RestartWorkload => ("Restarted", "restart"),
        Action::EditWorkload => ("Edited", "edit"),
        Action::AddTemporarySidecar => ("Made, for a verification,", "make, for a verification,"),
        Action::RemoveTemporarySidecar => ("Removed, after a verification,", "remove, after a verification,"),
        Action::AddDebugContainer => ("Added a debug container to", "add a debug container to"),
    };
    match change.outcome.state {
        OutcomeState::Succeeded => format!("{done} {thing}"),
        OutcomeState::Pending => format!("Began to {verb} {thing}"),
        OutcomeState::Failed | OutcomeState::Unknown => format!("Tried to {verb} {thing}"),
    }
}

/// The same where nothing can be marked as code: a document's title.
pub(super) fn plain(change: &Change, root: Option<&str>) -> String {
    what(change, root).replace('`', "")
}

fn thing(change: &Change, root: Option<&str>) -> String {
    let target = &change.target;
    match level(change, root) {
        Some(Level::Global) => "the Global setting".to_owned(),
        Some(Level::Namespace(namespace)) => format!("the setting of namespace `{namespace}`"),
        Some(Level::Workload { namespace, name }) => format!("workload setting `{namespace}/{name}`"),
        None if change.action == Action::SaveOutboundPolicy => {
            format!(
                "the outbound traffic policy in `{}/{}`",
                target.namespace, target.name
            )
        }
        None if target.kind == CONFIG_MAP => match target.name.strip_prefix(INJECTOR) {
            Some(_) => format!("the install values in `{}/{}`", target.namespace, target.name),
            None => format!("the mesh configuration `{}/{}`", target.namespace, target.name),
        },
        None if target.kind == "Pod" => format!("pod `{}/{}`", target.namespace, target.name),
        None => format!("{} `{}/{}`", target.kind, target.namespace, target.name),
    }
}

/// The kind of our own settings in the history.
pub(super) const SETTING: &str = "SidecarSetting";
/// The kind of Istio's own configuration in the history.
pub(super) const CONFIG_MAP: &str = "ConfigMap";
/// The name, or its beginning, of the ConfigMap that has the install values.
const INJECTOR: &str = "istio-sidecar-injector";

/// Marks an actor who is a field manager and no user; nothing after a user.
pub(super) fn no_user(change: &Change) -> Option<AnyView> {
    let manager = change.outside.as_ref()?.manager.as_ref();
    manager.map(|_| view! { " " <span class="quiet">"(field manager)"</span> }.into_any())
}

/// Who made a change beside Sidestep, and when no console watched: a sentence; nothing where it was made here.
pub(super) fn outside(change: &Change) -> Option<String> {
    let outside = change.outside.as_ref()?;
    let who = match &outside.manager {
        Some(manager) => format!("field manager `{manager}`"),
        None => "the cluster does not say by whom".to_owned(),
    };
    Some(if outside.while_away {
        format!("{who}; made while the console was away, perhaps in several steps")
    } else {
        who
    })
}

/// The level whose setting was changed; nothing where it was something else.
pub(super) fn level(change: &Change, root: Option<&str>) -> Option<Level> {
    let (namespace, name) = (&change.target.namespace, &change.target.name);
    match change.target.kind.as_str() {
        kind if kind != SETTING => None,
        _ if name != DEFAULT_NAME => Some(Level::Workload {
            namespace: namespace.clone(),
            name: name.clone(),
        }),
        _ if root == Some(namespace) => Some(Level::Global),
        _ => Some(Level::Namespace(namespace.clone())),
    }
}

/// An outcome in one word.
pub(super) fn outcome(state: OutcomeState) -> (Tone, &'static str) {
    match state {
        OutcomeState::Pending => (Tone::Info, "Pending"),
        OutcomeState::Succeeded => (Tone::Good, "Succeeded"),
        OutcomeState::Failed => (Tone::Bad, "Failed"),
        OutcomeState::Unknown => (Tone::Warning, "Unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::change, *};

    fn told(action: Action, place: (&str, &str), root: Option<&str>) -> String {
        what(&change(action, place), root)
    }

    #[test]
    fn a_change_names_what_was_changed() {
        let root = Some("istio-system");
        let save = Action::SaveSetting;
        assert_eq!(
            told(save, ("istio-system", "default"), root),
            "Saved the Global setting"
        );
        assert_eq!(
            told(save, ("shop", "cart"), root),
            "Saved workload setting `shop/cart`"
        );
        assert_eq!(
            told(Action::DeleteSetting, ("shop", "default"), root),
            "Removed the setting of namespace `shop`"
        );
        assert_eq!(
            told(Action::DeletePod, ("shop", "cart-1"), root),
            "Deleted pod `shop/cart-1`"
        );
        assert_eq!(
            told(Action::DeletePod, ("shop", "default"), root),
            "Deleted pod `shop/default`"
        );
    }

    #[test]
    fn without_the_root_namespace_the_global_setting_is_named_by_its_place() {
        assert_eq!(
            told(Action::SaveSetting, ("istio-system", "default"), None),
            "Saved the setting of namespace `istio-system`"
        );
    }

    #[test]
    fn a_change_from_outside_says_what_it_did_and_who_it_was() {
        let mut outside = change(Action::ChangedOutside, ("shop", "default"));
        outside.before = Some(serde_json::json!({}));
        outside.after = Some(serde_json::json!({}));
        assert_eq!(
            what(&outside, None),
            "Changed outside Sidestep: the setting of namespace `shop`"
        );
        outside.after = None;
        assert_eq!(
            what(&outside, Some("shop")),
            "Removed outside Sidestep: the Global setting"
        );
        outside.outside = Some(api::audit::Outside {
            manager: Some("kubectl-edit".to_owned()),
            at: None,
            while_away: true,
        });
        assert_eq!(
            super::outside(&outside).as_deref(),
            Some("field manager `kubectl-edit`; made while the console was away, perhaps in several steps")
        );
        outside.target.kind = CONFIG_MAP.to_owned();
        outside.target.name = "istio-canary".to_owned();
        assert_eq!(
            what(&outside, None),
            "Removed outside Sidestep: the mesh configuration `shop/istio-canary`"
        );
        outside.target.name = "istio-sidecar-injector".to_owned();
        assert_eq!(
            what(&outside, None),
            "Removed outside Sidestep: the install values in `shop/istio-sidecar-injector`"
        );
        let policy = change(Action::SaveOutboundPolicy, ("istio-system", "istio"));
        assert_eq!(
            what(&policy, None),
            "Saved the outbound traffic policy in `istio-system/istio`"
        );
    }

    #[test]
    fn only_what_succeeded_is_told_as_done() {
        let mut change = change(Action::SaveSetting, ("shop", "default"));
        let mut told = |state| {
            change.outcome.state = state;
            what(&change, None)
        };
        assert_eq!(
            told(OutcomeState::Pending),
            "Began to save the setting of namespace `shop`"
        );
        assert_eq!(
            told(OutcomeState::Failed),
            "Tried to save the setting of namespace `shop`"
        );
        assert_eq!(
            told(OutcomeState::Unknown),
            "Tried to save the setting of namespace `shop`"
        );
    }
}
