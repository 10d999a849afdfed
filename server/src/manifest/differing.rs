//! What differs between two states of an object: field by field, by its path. It is what the history keeps of an edit, less
//! what may be a secret.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::object::editable;

/// How many fields of an edit are kept.
const KEPT: usize = 200;
/// kubectl's own copy of a whole manifest.
const LAST_APPLIED: &str = "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]";

/// The fields that differ, each with what it says before and after; nothing: it is not there.
pub(super) struct Differing(BTreeMap<String, Sides>);

/// Before and after.
type Sides = (Option<Value>, Option<Value>);

impl Differing {
    /// Compares what can be edited of two states.
    pub(super) fn between(before: &Value, after: &Value) -> Self {
        let (mut before, after) = (fields(&editable(before)), fields(&editable(after)));
        let mut differing = BTreeMap::new();
        for (path, after) in after {
            match before.remove(&path) {
                Some(before) if before == after => {}
                before => drop(differing.insert(path, (before, Some(after)))),
            }
        }
        differing.extend(
            before
                .into_iter()
                .map(|(path, before)| (path, (Some(before), None))),
        );
        differing.retain(|path, (before, after)| {
            !path.ends_with(ORDER) || is_reordered(before.as_ref(), after.as_ref())
        });
        Self(differing)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// What the history keeps: of each field what it said, or that it is not kept.
    pub(super) fn recorded(&self) -> (Value, Value) {
        let side = |of: fn(&Sides) -> &Option<Value>| {
            let kept = self.0.iter().take(KEPT);
            kept.filter_map(|(path, both)| Some((path.clone(), recorded(path, of(both).as_ref()?))))
                .collect::<Map<_, _>>()
        };
        (
            json!({ "fields": side(|both| &both.0) }),
            json!({ "fields": side(|both| &both.1) }),
        )
    }
}

/// Whether an object says what one side of a record says, as far as that was kept; where nothing was, it does not. `other`
/// is the other side: a field that it has alone must not be there.
pub(super) fn says(object: &Value, side: &Value, other: &Value) -> bool {
    let fields = fields(&editable(object));
    let of = |state: &Value| state["fields"].as_object().cloned().unwrap_or_default();
    let (side, other) = (of(side), of(other));
    let paths: BTreeSet<&String> = side.keys().chain(other.keys()).collect();
    let mut compared = false;
    for path in paths {
        if is_secret(path) {
            continue;
        }
        compared = true;
        if fields.get(path) != side.get(path) {
            return false;
        }
    }
    compared
}

fn recorded(path: &str, value: &Value) -> Value {
    if is_secret(path) {
        json!({ "notKept": true })
    } else {
        value.clone()
    }
}

/// Whether a field may hold a secret: environments, command lines, headers of probes, and kubectl's copy of it all.
fn is_secret(path: &str) -> bool {
    let is_value = path.rsplit('.').next() == Some("value");
    path == LAST_APPLIED
        || path.contains("].env[") && is_value
        || path.contains("].args[")
        || path.contains(".command[")
        || path.contains(".httpHeaders[")
}

/// Ends the path of the names of a list's items, in order.
const ORDER: &str = "[order]";

/// The leaves of an object by path. An item of a list whose items have names goes by its name, so that one more item does
/// not look as if all after it had changed.
fn fields(object: &Value) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    walk(String::new(), object, &mut fields);
    fields
}

fn walk(path: String, value: &Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        // A field that says nothing is one that is not there.
        Value::Null => {}
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                walk(below(&path, key), value, fields);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let names = names(items);
            // Their order may matter: init containers run in it, variables refer back.
            if let Some(names) = names.as_ref().filter(|names| names.len() > 1) {
                fields.insert(format!("{path}{ORDER}"), Value::from(names.clone()));
            }
            for (index, item) in items.iter().enumerate() {
                let name = names.as_ref().map(|names| names[index]);
                let step = name.map_or_else(|| index.to_string(), str::to_owned);
                walk(format!("{path}[{step}]"), item, fields);
            }
        }
        leaf => drop(fields.insert(path, leaf.clone())),
    }
}

/// A member's path, as Kubernetes writes it: what is no plain name stands in brackets.
fn below(path: &str, key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric());
    match (is_plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{key}]"),
    }
}

/// Whether the items that both lists have stand in another order.
fn is_reordered(before: Option<&Value>, after: Option<&Value>) -> bool {
    let items = |list: Option<&Value>| list.and_then(Value::as_array).cloned().unwrap_or_default();
    let (before, after) = (items(before), items(after));
    let common = |of: &[Value], other: &[Value]| -> Vec<Value> {
        of.iter().filter(|name| other.contains(name)).cloned().collect()
    };
    common(&before, &after) != common(&after, &before)
}

/// The names of a list's items, where each has one of its own.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = items
        .iter()
        .map(|item| item["name"].as_str())
        .collect::<Option<_>>()?;
    let different: BTreeSet<&&str> = names.iter().collect();
    (different.len() == names.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_order_of_items_with_names_is_a_difference() {
        let before = object(&json!([{ "name": "app" }, { "name": "log" }]));
        let after = object(&json!([{ "name": "log" }, { "name": "app" }]));
        assert_eq!(
            Differing::between(&before, &after).paths(),
            ["spec.template.spec.containers[order]"]
        );
    }

    fn object(containers: &Value) -> Value {
        json!({
            "metadata": { "name": "cart", "resourceVersion": "1" },
            "spec": { "template": { "spec": { "containers": containers } } },
        })
    }

    #[test]
    fn a_new_item_with_a_name_is_the_only_difference() {
        let before = object(&json!([{ "name": "app", "image": "a:1" }]));
        let after = object(&json!([{ "name": "log", "image": "l:1" }, { "name": "app", "image": "a:2" }]));
        assert_eq!(
            Differing::between(&before, &after).paths(),
            [
                "spec.template.spec.containers[app].image",
                "spec.template.spec.containers[log].image",
                "spec.template.spec.containers[log].name",
            ]
        );
    }

    #[test]
    fn what_may_be_a_secret_is_not_kept() {
        let with = |value: &str| {
            object(&json!([{
                "name": "app", "env": [{ "name": "TOKEN", "value": value }], "args": ["--password", value],
                "command": [value], "image": value,
                "readinessProbe": { "httpGet": { "httpHeaders": [{ "name": "Authorization", "value": value }] } },
            }]))
        };
        let mut after = with("two");
        after["metadata"]["annotations"] =
            json!({ "kubectl.kubernetes.io/last-applied-configuration": "two" });
        let differing = Differing::between(&with("one"), &after);
        let (before, after) = differing.recorded();
        let kept = format!("{before}{after}");
        assert_eq!(
            kept.matches("one").count() + kept.matches("two").count(),
            2,
            "{kept}"
        );
        assert_eq!(after["fields"]["spec.template.spec.containers[app].image"], "two");
        assert_eq!(
            after["fields"]["spec.template.spec.containers[app].env[TOKEN].value"],
            json!({ "notKept": true })
        );
    }

    #[test]
    fn a_record_is_compared_by_what_was_kept_of_it() {
        let (one, two) = (
            object(&json!([{ "name": "app", "image": "1", "args": ["x"] }])),
            object(&json!([{ "name": "app", "image": "2", "tty": true, "args": ["y"] }])),
        );
        let (before, after) = Differing::between(&one, &two).recorded();
        assert!(says(&one, &before, &after) && says(&two, &after, &before));
        assert!(!says(&one, &after, &before) && !says(&two, &before, &after));
        let secret = object(&json!([{ "name": "app", "image": "1", "args": ["z"] }]));
        let (before, after) = Differing::between(&one, &secret).recorded();
        assert!(!says(&one, &before, &after));
    }
}
