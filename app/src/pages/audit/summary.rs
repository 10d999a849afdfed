//! What a change changed, in a few words for the list.

use api::{audit::Change, pod::PodState};

use super::diff::{Diff, Fate, Line, Said};
use crate::components::lines::Hunk;

/// How many parts of a setting are told; the entry itself tells all.
const PARTS: usize = 3;
/// How many items of a list are told.
const ITEMS: usize = 6;

/// The changed parts, a line each, names between backticks; none where the record cannot be read.
pub(super) fn summary(change: &Change) -> Vec<String> {
    match Diff::of(change) {
        Diff::Setting(lines) => setting(&lines),
        Diff::Text(hunks) => vec![text(&hunks)],
        Diff::Pod(pod) => pod.state.as_ref().map(state).into_iter().collect(),
        Diff::Restart(_) | Diff::Unreadable => Vec::new(),
    }
}

/// A text's changed lines: one against one is told, more are counted.
fn text(hunks: &[Hunk]) -> String {
    let of = |wanted| -> Vec<&str> {
        let lines = hunks.iter().flatten().filter(|(fate, _)| *fate == wanted);
        lines.map(|(_, text)| text.trim()).collect()
    };
    let (removed, added) = (of(Fate::Removed), of(Fate::Added));
    match (removed.as_slice(), added.as_slice()) {
        ([], []) => "the text is the same".to_owned(),
        ([before], [after]) => format!("`{before}` → `{after}`"),
        ([], [one]) => format!("+ `{one}`"),
        ([one], []) => format!("− `{one}`"),
        _ => format!("lines: − {}; + {}", removed.len(), added.len()),
    }
}

fn setting(lines: &[Line]) -> Vec<String> {
    let changed: Vec<&Line> = lines.iter().filter(|line| line.is_changed()).collect();
    if changed.is_empty() {
        return vec!["every field inherits, as before".to_owned()];
    }
    let mut told: Vec<String> = changed.iter().take(PARTS).map(|line| brief(line)).collect();
    if changed.len() > PARTS {
        told.push(format!("and {} more", changed.len() - PARTS));
    }
    told
}

fn brief(line: &Line) -> String {
    let (name, left, right) = (line.part.name(), line.left(), line.right());
    // Of two lists that share items only the difference.
    let text = if left.iter().any(|(fate, _)| *fate == Fate::Kept) {
        let only = |side: &[(Fate, &str)], sign| {
            let items: Vec<&str> = side
                .iter()
                .filter(|(fate, _)| *fate != Fate::Kept)
                .map(|(_, item)| *item)
                .collect();
            (!items.is_empty()).then(|| format!("{sign} {}", list(&items)))
        };
        let parts: Vec<String> = only(&left, '−').into_iter().chain(only(&right, '+')).collect();
        if parts.is_empty() {
            "another order".to_owned()
        } else {
            parts.join("; ")
        }
    } else {
        format!("{} → {}", said(line, &line.before), said(line, &line.after))
    };
    format!("`{name}`: {text}")
}

/// What one side of a line says, in words; all of it but for long lists.
pub(super) fn said(line: &Line, said: &Said) -> String {
    match said {
        Said::Nothing => line.part.nothing().to_owned(),
        Said::Items(items) if items.is_empty() => "explicitly empty".to_owned(),
        Said::Items(items) => list(&items.iter().map(String::as_str).collect::<Vec<_>>()),
        Said::Odd(json) => json.clone(),
    }
}

fn list(items: &[&str]) -> String {
    if items.len() <= ITEMS {
        return items.join(", ");
    }
    format!("{}, … ({} in all)", items[..ITEMS - 1].join(", "), items.len())
}

/// What a pod ran against what was in force when it was deleted.
pub(super) fn state(state: &PodState) -> String {
    match state {
        PodState::Current => "it ran the settings in force".to_owned(),
        PodState::Stale { fields } => format!("it ran an old setting: `{}`", fields.join("`, `")),
        PodState::NotApplicable { reason } => format!("settings had no effect on it: {reason}"),
        PodState::Unknown { reason } => format!("what it ran could not be told: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use api::audit::Action;
    use serde_json::json;

    use super::{super::tests::change, *};

    fn told(before: Option<serde_json::Value>, after: Option<serde_json::Value>) -> Vec<String> {
        summary(&Change {
            before,
            after,
            ..change(Action::SaveSetting, ("shop", "default"))
        })
    }

    #[test]
    fn each_changed_field_is_told_from_what_to_what() {
        assert_eq!(
            told(
                None,
                Some(
                    json!({ "traffic": { "excludeInboundPorts": ["7001", "7002"], "excludeOutboundPorts": [] } })
                )
            ),
            [
                "`excludeInboundPorts`: inherit → 7001, 7002",
                "`excludeOutboundPorts`: inherit → explicitly empty"
            ]
        );
    }

    #[test]
    fn of_lists_that_share_items_the_difference_is_told() {
        let spec = |ports: &[&str]| Some(json!({ "traffic": { "excludeInboundPorts": ports } }));
        assert_eq!(
            told(spec(&["1", "2"]), spec(&["2", "3"])),
            ["`excludeInboundPorts`: − 1; + 3"]
        );
        assert_eq!(
            told(spec(&["1"]), spec(&["1", "2"])),
            ["`excludeInboundPorts`: + 2"]
        );
        assert_eq!(told(spec(&["1"]), spec(&["2"])), ["`excludeInboundPorts`: 1 → 2"]);
        assert_eq!(
            told(spec(&["1", "2"]), spec(&["2", "1"])),
            ["`excludeInboundPorts`: another order"]
        );
    }

    #[test]
    fn long_lists_and_many_fields_are_cut_and_counted() {
        let ports: Vec<String> = (1..=20).map(|port| port.to_string()).collect();
        assert_eq!(
            told(None, Some(json!({ "traffic": { "excludeInboundPorts": ports } }))),
            ["`excludeInboundPorts`: inherit → 1, 2, 3, 4, 5, … (20 in all)"]
        );
        let four = json!({ "traffic": {
            "includeOutboundIPRanges": [], "excludeOutboundIPRanges": [],
            "includeInboundPorts": [], "includeOutboundPorts": [],
        } });
        assert_eq!(
            told(None, Some(four)).last().map(String::as_str),
            Some("and 1 more")
        );
    }

    #[test]
    fn a_setting_without_fields_says_so() {
        assert_eq!(
            told(None, Some(json!({ "traffic": {} }))),
            ["every field inherits, as before"]
        );
    }

    #[test]
    fn of_a_text_one_line_against_one_is_told_and_more_are_counted() {
        let told = |before: &str, after: &str| {
            let mut change = change(Action::ChangedOutside, ("istio-system", "istio"));
            change.target.kind = "ConfigMap".to_owned();
            change.before = Some(json!({ "mesh": before }));
            change.after = Some(json!({ "mesh": after }));
            summary(&change)
        };
        assert_eq!(told("a:\n  b: 1\n", "a:\n  b: 2\n"), ["`b: 1` → `b: 2`"]);
        assert_eq!(told("a: 1\n", "a: 1\nb: 2\n"), ["+ `b: 2`"]);
        assert_eq!(told("a: 1\nb: 2\n", "c: 3\n"), ["lines: − 2; + 1"]);
    }

    #[test]
    fn a_pod_is_told_by_what_it_ran() {
        let fields = vec![
            "excludeInboundPorts".to_owned(),
            "excludeOutboundPorts".to_owned(),
        ];
        assert_eq!(
            state(&PodState::Stale { fields }),
            "it ran an old setting: `excludeInboundPorts`, `excludeOutboundPorts`"
        );
    }
}
