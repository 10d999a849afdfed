//! What came of an edit whose outcome is not recorded: the object tells.

use api::{audit::Target, manifest::ManifestKind};
use kube::Client;
use serde_json::Value;

use super::{differing::says, object};
use crate::history::Intent;

/// What the cluster holds, compared with an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The object is gone.
    Gone,
    /// It is there.
    Compared {
        /// It is as it was before.
        is_before: bool,
        /// It is as was asked for.
        is_after: bool,
        /// Its version.
        version: String,
    },
}

/// Compares what the cluster holds now with an edit.
pub async fn settled(console: &Client, intent: &Intent) -> kube::Result<Settled> {
    let Target {
        kind,
        namespace,
        name,
    } = &intent.target;
    let kind = ManifestKind::of_kind(kind).unwrap_or(ManifestKind::Deployments);
    let now = object::read(console, kind, namespace, name).await?;
    Ok(now.map_or(Settled::Gone, |now| compared(&now, intent)))
}

fn compared(now: &Value, intent: &Intent) -> Settled {
    let version = object::version(now);
    let nothing = Value::Null;
    let before = intent.before.as_ref().unwrap_or(&nothing);
    let after = intent.after.as_ref().unwrap_or(&nothing);
    let is_same_object = intent
        .based_on
        .as_deref()
        .is_some_and(|based_on| based_on.starts_with(&format!("{}.", object::text(now, "uid"))));
    Settled::Compared {
        is_before: intent.based_on.as_deref() == Some(&version) || is_same_object && says(now, before, after),
        is_after: after["version"].as_str() == Some(&version) || is_same_object && says(now, after, before),
        version,
    }
}

#[cfg(test)]
mod tests {
    use api::audit::Action;
    use serde_json::json;

    use super::{super::differing::Differing, *};

    fn deployment(replicas: u32, label: &str) -> Value {
        json!({
            "metadata": { "name": "cart", "namespace": "shop", "uid": "u", "labels": { "a": label } },
            "spec": { "replicas": replicas },
        })
    }

    #[test]
    fn the_object_tells_what_came_of_an_edit_even_when_something_else_moved_on() {
        let (one, two) = (deployment(1, "x"), deployment(2, "x"));
        let (before, mut after) = Differing::between(&one, &two).recorded();
        after["version"] = json!(object::version(&two));
        let intent = Intent {
            actor: "ada".to_owned(),
            action: Action::EditWorkload,
            target: Target {
                kind: "Deployment".to_owned(),
                namespace: "shop".to_owned(),
                name: "cart".to_owned(),
            },
            reason: None,
            before: Some(before),
            after: Some(after),
            based_on: Some(object::version(&one)),
            outside: None,
            reverts: None,
        };
        let told = |now: &Value| match compared(now, &intent) {
            Settled::Compared {
                is_before, is_after, ..
            } => (is_before, is_after),
            Settled::Gone => panic!("it is there"),
        };
        assert_eq!(told(&one), (true, false));
        assert_eq!(told(&two), (false, true));
        assert_eq!(told(&deployment(2, "y")), (false, true));
        assert_eq!(told(&deployment(3, "x")), (false, false));
        let mut other = two;
        other["metadata"]["uid"] = json!("v");
        assert_eq!(told(&other), (false, false));
    }
}
