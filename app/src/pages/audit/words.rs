//! A change in words.

use api::audit::{Action, Change, OutcomeState};
use domain::{Level, setting::DEFAULT_NAME};

use crate::ui::badge::Tone;

/// What was done, or tried, to what: a sentence without a full stop, names between backticks. `root` is the mesh's root
/// namespace, where that is known: the setting there is the Global one.
pub(super) fn what(change: &Change, root: Option<&str>) -> String {
    let (done, verb) = match change.action {
        Action::SaveSetting => ("Saved", "save"),
        Action::DeleteSetting => ("Removed", "remove"),
        Action::DeletePod => ("Deleted", "delete"),
        Action::RestartWorkload => ("Restarted", "restart"),
    };
    let thing = thing(change, root);
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
        None if target.kind == "Pod" => format!("pod `{}/{}`", target.namespace, target.name),
        None => format!("{} `{}/{}`", target.kind, target.namespace, target.name),
    }
}

/// The level whose setting was changed; nothing where it was a pod.
pub(super) fn level(change: &Change, root: Option<&str>) -> Option<Level> {
    let (namespace, name) = (&change.target.namespace, &change.target.name);
    match change.action {
        Action::DeletePod | Action::RestartWorkload => None,
        Action::SaveSetting | Action::DeleteSetting if name != DEFAULT_NAME => Some(Level::Workload {
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
