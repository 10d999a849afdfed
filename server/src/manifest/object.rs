//! An object as the cluster has it: what of it can be edited, and by which version that is known again.

use std::collections::BTreeMap;

use api::manifest::ManifestKind;
use kube::{
    Client,
    api::{GetParams, PostParams},
    core::Request,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::install::FIELD_MANAGER;

/// What the cluster counts by itself in an object's metadata: no wish of anybody's.
const COUNTED: [&str; 4] = ["managedFields", "resourceVersion", "generation", "selfLink"];
/// What the cluster decides when it makes or ends an object.
const DECIDED: [&str; 4] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];
/// Annotations in which the cluster's own controllers count.
const COUNTERS: [&str; 2] = [
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
];

/// Whether the cluster shall store what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// It shall.
    Real,
    /// It only says what it would store.
    Dry,
}

/// Reads an object with nothing lost on the way; `None`: there is none.
pub(super) async fn read(
    client: &Client,
    kind: ManifestKind,
    namespace: &str,
    name: &str,
) -> kube::Result<Option<Value>> {
    let request = Request::new(url(kind, namespace))
        .get(name, &GetParams::default())
        .map_err(kube::Error::BuildRequest)?;
    match client.request(request).await {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(None),
        read => read.map(Some),
    }
}

/// Replaces an object. Fields that the cluster does not know, or that are there twice, are refused rather than dropped.
pub(super) async fn replace(
    client: &Client,
    kind: ManifestKind,
    object: &Value,
    run: Run,
) -> kube::Result<Value> {
    let params = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        dry_run: run == Run::Dry,
    };
    let body = serde_json::to_vec(object).map_err(kube::Error::SerdeError)?;
    let mut request = Request::new(url(kind, text(object, "namespace")))
        .replace(text(object, "name"), &params, body)
        .map_err(kube::Error::BuildRequest)?;
    // `PostParams` has no word for it.
    let strict = format!("{}&fieldValidation=Strict", request.uri());
    *request.uri_mut() = strict.parse().expect("a URL with one parameter more is a URL");
    client.request(request).await
}

fn url(kind: ManifestKind, namespace: &str) -> String {
    let root = match kind {
        ManifestKind::Pods => "api",
        _ => "apis",
    };
    format!(
        "/{root}/{}/namespaces/{namespace}/{}",
        kind.api_version(),
        kind.plural()
    )
}

/// A text of an object's metadata; empty where there is none.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object["metadata"][key].as_str().unwrap_or_default()
}

/// What of an object can be edited. The status, what the cluster counts, and its controllers' counters are left out.
pub(super) fn editable(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in COUNTED {
            metadata.remove(key);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            for key in COUNTERS {
                annotations.remove(key);
            }
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    object
}

/// The version of what can be edited: the uid and a digest. It does not move with the status.
pub(crate) fn version(object: &Value) -> String {
    let digest = Sha256::digest(editable(object).to_string());
    let (start, _) = digest.split_at(8);
    let start = start
        .iter()
        .fold(0_u64, |start, byte| start << 8 | u64::from(*byte));
    format!("{}.{start:016x}", text(object, "uid"))
}

/// What is typed, put upon what the cluster has now: what nobody can wish for is the cluster's.
pub(super) fn upon(now: &Value, typed: &Value) -> Value {
    let mut wanted = typed.clone();
    if let Some(members) = wanted.as_object_mut() {
        members.remove("status");
        if let Some(status) = now.get("status") {
            members.insert("status".to_owned(), status.clone());
        }
    }
    let none = Map::new();
    let theirs = now["metadata"].as_object().unwrap_or(&none);
    if let Some(metadata) = wanted.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in COUNTED.into_iter().chain(DECIDED) {
            metadata.remove(key);
            if let Some(value) = theirs.get(key).filter(|_| key != "managedFields") {
                metadata.insert(key.to_owned(), value.clone());
            }
        }
        let counters: Vec<(&str, &Value)> = COUNTERS
            .iter()
            .filter_map(|key| Some((*key, theirs.get("annotations")?.get(*key)?)))
            .collect();
        if !counters.is_empty() && metadata.get("annotations").is_none_or(Value::is_null) {
            metadata.insert("annotations".to_owned(), Value::Object(Map::new()));
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            for key in COUNTERS {
                annotations.remove(key);
            }
            for (key, value) in counters {
                annotations.insert(key.to_owned(), value.clone());
            }
        }
    }
    wanted
}

/// The annotations of the object itself.
pub(super) fn own_annotations(object: &Value) -> BTreeMap<String, String> {
    texts(&object["metadata"]["annotations"])
}

/// The annotations of its pod template.
pub(super) fn template_annotations(object: &Value) -> BTreeMap<String, String> {
    texts(&object["spec"]["template"]["metadata"]["annotations"])
}

fn texts(annotations: &Value) -> BTreeMap<String, String> {
    let members = annotations.as_object().into_iter().flatten();
    members
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object() -> Value {
        json!({
            "kind": "Deployment",
            "metadata": {
                "name": "cart", "namespace": "shop", "uid": "u", "resourceVersion": "7", "generation": 3,
                "annotations": { "deployment.kubernetes.io/revision": "2" }, "managedFields": [{ "manager": "kubectl" }],
            },
            "spec": { "replicas": 2 },
            "status": { "replicas": 2 },
        })
    }

    #[test]
    fn a_version_moves_with_what_can_be_edited_and_with_nothing_else() {
        let before = object();
        let mut counted = object();
        counted["metadata"]["resourceVersion"] = json!("8");
        counted["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!("3");
        counted["status"] = json!({ "replicas": 1 });
        assert_eq!(version(&before), version(&counted));
        let mut edited = object();
        edited["metadata"]["labels"] = json!({ "team": "shop" });
        assert_ne!(version(&before), version(&edited));
        assert!(version(&before).starts_with("u."));
    }

    #[test]
    fn what_is_typed_takes_over_what_only_the_cluster_decides() {
        let typed = json!({
            "kind": "Deployment",
            "metadata": { "name": "cart", "namespace": "shop", "resourceVersion": "1", "annotations": { "a": "b" } },
            "spec": { "replicas": 3 },
            "status": { "replicas": 99 },
        });
        let wanted = upon(&object(), &typed);
        assert_eq!(
            wanted["metadata"],
            json!({
                "name": "cart", "namespace": "shop", "uid": "u", "resourceVersion": "7", "generation": 3,
                "annotations": { "a": "b", "deployment.kubernetes.io/revision": "2" },
            })
        );
        assert_eq!(
            (&wanted["spec"]["replicas"], &wanted["status"]["replicas"]),
            (&json!(3), &json!(2))
        );
        let bare = json!({ "metadata": { "name": "cart" } });
        assert_eq!(
            upon(&object(), &bare)["metadata"]["annotations"],
            object()["metadata"]["annotations"]
        );
    }
}
