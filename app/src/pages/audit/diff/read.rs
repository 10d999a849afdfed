//! Reads the states as the server records them: a setting's spec (`SidecarSettingSpec`), and of a pod uid, node and state.

use std::collections::BTreeMap;

use api::json;
use domain::Field;
use serde_json::Value;

use super::{Line, Part, Pod, Restart, Said};

/// The parts of a setting before and after; nothing where the record has another shape.
pub(super) fn setting(before: Option<&Value>, after: Option<&Value>) -> Option<Vec<Line>> {
    let (mut before, mut after) = (parts(before)?, parts(after)?);
    let mut lines = Vec::new();
    for part in Field::ALL.map(Part::Field) {
        before.entry(part).or_insert(Said::Nothing);
    }
    for part in after.keys() {
        before.entry(part.clone()).or_insert(Said::Nothing);
    }
    for (part, before) in before {
        let after = after.remove(&part).unwrap_or(Said::Nothing);
        lines.push(Line { part, before, after });
    }
    Some(lines)
}

/// The parts of a spec; nothing where it has others.
fn parts(spec: Option<&Value>) -> Option<BTreeMap<Part, Said>> {
    let mut parts = BTreeMap::new();
    let Some(spec) = spec else { return Some(parts) };
    for (name, value) in spec.as_object()? {
        match (name.as_str(), value) {
            // Absent and null are the same to the record: a part that was not there.
            (_, Value::Null) => {}
            ("traffic", Value::Object(fields)) => {
                for (name, value) in fields {
                    let part = name
                        .parse()
                        .map_or_else(|_| Part::Other(name.clone()), Part::Field);
                    parts.insert(part, list(value));
                }
            }
            ("selector", value) => drop(parts.insert(Part::Selector, labels(value))),
            ("priority", value) => drop(parts.insert(Part::Priority, Said::Items(vec![value.to_string()]))),
            _ => return None,
        }
    }
    Some(parts)
}

fn list(value: &Value) -> Said {
    let items = value
        .as_array()
        .and_then(|items| items.iter().map(text).collect());
    items.map_or_else(|| Said::Odd(value.to_string()), Said::Items)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A selector as `name=value` items.
fn labels(selector: &Value) -> Said {
    let read = || -> Option<Vec<String>> {
        let selector = selector.as_object().filter(|members| members.len() == 1)?;
        let labels = selector.get("matchLabels")?.as_object()?;
        labels
            .iter()
            .map(|(name, value)| Some([name, "=", value.as_str()?].concat()))
            .collect()
    };
    read().map_or_else(|| Said::Odd(selector.to_string()), Said::Items)
}

/// The texts of a mesh configuration before and after, empty where there is none; nothing where the record has another
/// shape.
pub(super) fn mesh(before: Option<&Value>, after: Option<&Value>) -> Option<(String, String)> {
    let read = |state: Option<&Value>| {
        let members = state.map(Value::as_object);
        match members {
            None => Some(String::new()),
            Some(Some(members)) if members.is_empty() => Some(String::new()),
            Some(members) => text(members.filter(|members| members.len() == 1)?.get("mesh")?),
        }
    };
    Some((read(before)?, read(after)?))
}

/// What install values say of the six fields, before and after; nothing where the record has another shape.
pub(super) fn install(before: Option<&Value>, after: Option<&Value>) -> Option<Vec<Line>> {
    let proxy = |state: Option<&Value>| match state {
        None => Some(Value::Null),
        Some(state) => state.get("global")?.get("proxy").cloned(),
    };
    let (before, after) = (proxy(before)?, proxy(after)?);
    let said = |proxy: &Value, field: Field| match proxy.get(field.install_key()) {
        None => Said::Nothing,
        Some(Value::String(text)) => {
            let items = text.split(',').map(|item| item.trim().to_owned());
            Said::Items(items.filter(|item| !item.is_empty()).collect())
        }
        Some(odd) => Said::Odd(odd.to_string()),
    };
    let line = |field| Line {
        part: Part::Install(field),
        before: said(&before, field),
        after: said(&after, field),
    };
    Some(Field::ALL.map(line).into())
}

/// A record as indented JSON; nothing where there is none.
pub(super) fn plain(state: Option<&Value>) -> String {
    state.map(|state| format!("{state:#}\n")).unwrap_or_default()
}

/// A pod as it was; nothing where the record has another shape.
pub(super) fn pod(before: &Value) -> Option<Pod> {
    Some(Pod {
        uid: text(before.get("uid")?)?,
        node: before.get("node").and_then(text),
        state: before
            .get("state")
            .and_then(|state| json::read_value(state.clone()).ok()),
    })
}

/// A restart that was asked for; nothing where the record has another shape.
pub(super) fn restart(after: &Value) -> Option<Restart> {
    Some(Restart {
        at: text(after.get("restartedAt")?)?,
        plan: after.get("plan").and_then(text),
    })
}

/// The fields of a workload that were edited, before and after; nothing where the record has another shape. What may be a
/// secret is not in it.
pub(super) fn edited(before: Option<&Value>, after: Option<&Value>) -> Option<Vec<Line>> {
    let fields = |state: Option<&Value>| state?.get("fields")?.as_object().cloned();
    let (mut before, after) = (fields(before)?, fields(after)?);
    let said = |value: Option<Value>| match value {
        None => Said::Nothing,
        Some(Value::String(text)) if text.is_empty() => Said::Odd("\"\"".to_owned()),
        Some(Value::String(text)) => Said::Items(vec![text]),
        Some(Value::Object(members)) if members.contains_key("notKept") => {
            Said::Odd("(not kept: it may be a secret)".to_owned())
        }
        Some(other) => Said::Items(vec![other.to_string()]),
    };
    let line = |(path, after): (String, Value)| Line {
        before: said(before.remove(&path)),
        after: said(Some(after)),
        part: Part::Path(path),
    };
    let mut lines: Vec<Line> = after.into_iter().map(line).collect();
    lines.extend(before.into_iter().map(|(path, before)| Line {
        part: Part::Path(path),
        before: said(Some(before)),
        after: Said::Nothing,
    }));
    lines.sort_by(|one, other| one.part.cmp(&other.part));
    Some(lines)
}

#[cfg(test)]
mod tests {
    use api::{
        audit::{Action, Change},
        pod::PodState,
    };
    use serde_json::json;

    use super::{
        super::{super::tests::change, Diff, Fate},
        *,
    };

    fn saved(before: Option<Value>, after: Option<Value>) -> Diff {
        Diff::of(&Change {
            before,
            after,
            ..change(Action::SaveSetting, ("shop", "default"))
        })
    }

    fn lines(diff: Diff) -> Vec<Line> {
        match diff {
            Diff::Setting(lines) => lines,
            other => panic!("{other:?}"),
        }
    }

    fn items(items: &[&str]) -> Said {
        Said::Items(items.iter().map(ToString::to_string).collect())
    }

    fn changed(diff: Diff) -> Vec<(String, Said, Said)> {
        let changed = lines(diff).into_iter().filter(Line::is_changed);
        changed
            .map(|line| (line.part.name().to_owned(), line.before, line.after))
            .collect()
    }

    #[test]
    fn a_first_setting_is_told_against_inherit() {
        let diff = saved(
            None,
            Some(json!({ "traffic": { "excludeInboundPorts": ["7001"], "excludeOutboundPorts": [] } })),
        );
        assert_eq!(
            changed(diff),
            [
                ("excludeInboundPorts".to_owned(), Said::Nothing, items(&["7001"])),
                ("excludeOutboundPorts".to_owned(), Said::Nothing, items(&[])),
            ]
        );
    }

    #[test]
    fn a_removed_setting_leaves_inherit() {
        let diff = saved(Some(json!({ "traffic": { "includeInboundPorts": ["*"] } })), None);
        assert_eq!(
            changed(diff),
            [("includeInboundPorts".to_owned(), items(&["*"]), Said::Nothing)]
        );
    }

    #[test]
    fn all_six_fields_are_there_in_order_changed_or_not() {
        let spec = json!({ "traffic": { "excludeInboundPorts": ["1"] } });
        let lines = lines(saved(Some(spec.clone()), Some(spec)));
        assert!(!lines.iter().any(Line::is_changed));
        let parts: Vec<_> = lines.into_iter().map(|line| line.part).collect();
        assert_eq!(parts, Field::ALL.map(Part::Field));
    }

    #[test]
    fn a_workload_setting_has_its_selector_and_priority_after_the_fields() {
        let spec =
            |app| json!({ "selector": { "matchLabels": { "app": app } }, "priority": 7, "traffic": {} });
        let diff = saved(Some(spec("cart")), Some(spec("till")));
        assert_eq!(
            changed(diff),
            [("selector".to_owned(), items(&["app=cart"]), items(&["app=till"]))]
        );
        let lines = lines(saved(None, Some(spec("cart"))));
        assert_eq!(
            lines[6..].iter().map(|line| line.part.name()).collect::<Vec<_>>(),
            ["selector", "priority"]
        );
        assert_eq!(lines[7].after, items(&["7"]));
    }

    #[test]
    fn what_is_odd_in_one_place_is_shown_there_and_what_is_odd_as_a_whole_is_not_read() {
        let odd = json!({ "traffic": { "excludeInboundPorts": 80, "newField": ["1"] }, "selector": "all" });
        assert_eq!(
            changed(saved(Some(odd), None)),
            [
                (
                    "excludeInboundPorts".to_owned(),
                    Said::Odd("80".to_owned()),
                    Said::Nothing
                ),
                ("newField".to_owned(), items(&["1"]), Said::Nothing),
                (
                    "selector".to_owned(),
                    Said::Odd("\"all\"".to_owned()),
                    Said::Nothing
                ),
            ]
        );
        for spec in [
            json!("text"),
            json!([]),
            json!({ "traffic": [] }),
            json!({ "traffic": {}, "more": 1 }),
        ] {
            assert_eq!(saved(Some(spec.clone()), None), Diff::Unreadable, "{spec}");
        }
        // What the server records of a spec without fields.
        assert!(changed(saved(Some(json!({ "traffic": null })), None)).is_empty());
    }

    #[test]
    fn a_mesh_configuration_is_told_by_lines_and_install_values_by_fields() {
        let of = |before, after| {
            let mut change = Change {
                before,
                after,
                ..change(Action::ChangedOutside, ("istio-system", "istio"))
            };
            change.target.kind = "ConfigMap".to_owned();
            Diff::of(&change)
        };
        let mesh = |text: &str| Some(json!({ "mesh": text }));
        let Diff::Text(hunks) = of(mesh("a: 1\nb: 2\n"), mesh("a: 1\nb: 3\n")) else {
            panic!("lines");
        };
        let told: Vec<_> = hunks[0]
            .iter()
            .map(|(fate, text)| (*fate, text.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Fate::Kept, "a: 1"),
                (Fate::Removed, "b: 2"),
                (Fate::Added, "b: 3")
            ]
        );
        let values = |ports: &str| Some(json!({ "global": { "proxy": { "excludeInboundPorts": ports } } }));
        assert_eq!(
            changed(of(values("80, 81"), values(""))),
            [("excludeInboundPorts".to_owned(), items(&["80", "81"]), items(&[]))]
        );
        assert_eq!(of(Some(json!([])), Some(json!({ "mesh": 1 }))), Diff::Unreadable);
    }

    #[test]
    fn a_pod_is_told_as_it_was() {
        let of = |before| {
            Diff::of(&Change {
                before,
                ..change(Action::DeletePod, ("shop", "cart-1"))
            })
        };
        let stale = json!({ "uid": "u", "node": "n1", "state": { "is": "stale", "fields": ["excludeInboundPorts"] } });
        assert_eq!(
            of(Some(stale)),
            Diff::Pod(Pod {
                uid: "u".to_owned(),
                node: Some("n1".to_owned()),
                state: Some(PodState::Stale {
                    fields: vec!["excludeInboundPorts".to_owned()]
                }),
            })
        );
        let bare = Pod {
            uid: "u".to_owned(),
            node: None,
            state: None,
        };
        assert_eq!(
            of(Some(json!({ "uid": "u", "node": null, "state": "new" }))),
            Diff::Pod(bare)
        );
        assert_eq!(of(None), Diff::Unreadable);
    }

    #[test]
    fn an_edited_workload_is_told_field_by_field_and_secrets_are_not() {
        let mut change = change(Action::EditWorkload, ("shop", "cart"));
        change.target.kind = "Deployment".to_owned();
        change.before = Some(json!({ "fields": { "spec.replicas": 2, "spec.paused": true } }));
        change.after = Some(json!({ "version": "u.1", "fields": {
            "metadata.annotations[a/b]": "7001",
            "spec.replicas": 3,
            "spec.template.spec.containers[app].env[TOKEN].value": { "notKept": true },
        } }));
        let told = changed(Diff::of(&change));
        let names: Vec<_> = told.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "metadata.annotations[a/b]",
                "spec.paused",
                "spec.replicas",
                "spec.template.spec.containers[app].env[TOKEN].value"
            ]
        );
        assert_eq!(told[1].2, Said::Nothing);
        assert_eq!((&told[2].1, &told[2].2), (&items(&["2"]), &items(&["3"])));
        assert!(matches!(&told[3].2, Said::Odd(words) if words.contains("secret")));
    }

    #[test]
    fn a_restart_is_told_by_its_time_and_its_plan() {
        let mut change = change(Action::RestartWorkload, ("shop", "cart"));
        change.target.kind = "Deployment".to_owned();
        change.after = Some(json!({ "restartedAt": "2026-11-24T02:45:19Z", "plan": "7" }));
        let restart = Restart {
            at: "2026-11-24T02:45:19Z".to_owned(),
            plan: Some("7".to_owned()),
        };
        assert_eq!(Diff::of(&change), Diff::Restart(restart));
    }
}
