//! What becomes of the pods after an edit.

use api::manifest::ManifestKind;
use domain::restart::{Amount, at_a_time};
use serde_json::Value;

/// How many pods an object runs.
pub(super) fn pods(kind: ManifestKind, object: &Value) -> u64 {
    match kind {
        ManifestKind::DaemonSets => object["status"]["desiredNumberScheduled"]
            .as_u64()
            .unwrap_or_default(),
        ManifestKind::Pods => 1,
        _ => object["spec"]["replicas"].as_u64().unwrap_or(1),
    }
}

/// Whether two states make different pods.
pub(super) fn is_template_changed(before: &Value, after: &Value) -> bool {
    before["spec"]["template"] != after["spec"]["template"]
}

/// What becomes of the pods, in a sentence or two.
pub(super) fn sentence(kind: ManifestKind, before: &Value, after: &Value) -> String {
    if !is_template_changed(before, after) {
        let (from, to) = (pods(kind, before), pods(kind, after));
        let scaled = kind != ManifestKind::DaemonSets && from != to;
        return if scaled {
            format!(
                "The pod template is as it was: no pod is replaced. Kubernetes scales from {from} to {to}."
            )
        } else {
            "The pod template is as it was: no pod is replaced.".to_owned()
        };
    }
    let spec = &after["spec"];
    let all = counted(pods(kind, after));
    match (kind, strategy(kind, spec)) {
        (ManifestKind::Deployments, _) if spec["paused"] == true => {
            let stay = match pods(kind, after) {
                1 => "stays as it is",
                _ => "stay as they are",
            };
            format!("The pod template changed, but rollouts are paused: {all} {stay} until it is resumed.")
        }
        (_, "OnDelete") => format!(
            "The pod template changed, but this {kind} replaces a pod only when it is deleted: delete {all} one after the \
             other."
        ),
        (_, "Recreate") => format!(
            "The pod template changed: Kubernetes ends {all} first and makes new ones then. Nothing answers in between."
        ),
        (ManifestKind::StatefulSets, _) => {
            let update = &spec["updateStrategy"]["rollingUpdate"];
            let partition = update["partition"].as_u64().filter(|partition| *partition > 0);
            match (partition, missing(&update["maxUnavailable"], pods(kind, after))) {
                (Some(from), _) => format!(
                    "The pod template changed: Kubernetes replaces by itself only the pods from ordinal {from} on, as its \
                     partition says."
                ),
                (None, 1) => format!(
                    "The pod template changed: Kubernetes replaces {all} by itself, one after the other. No restart is \
                     needed."
                ),
                (None, many) => format!(
                    "The pod template changed: Kubernetes replaces {all} by itself, up to {many} at a time where it honours \
                     maxUnavailable of a StatefulSet, one after the other otherwise. No restart is needed."
                ),
            }
        }
        _ => format!(
            "The pod template changed: Kubernetes replaces {all} by itself, a few at a time. No restart is needed."
        ),
    }
}

/// How many of a StatefulSet's pods may be missing at a time.
fn missing(max_unavailable: &Value, replicas: u64) -> u32 {
    let amount = match max_unavailable {
        Value::Number(pods) => pods
            .as_u64()
            .and_then(|pods| u32::try_from(pods).ok())
            .map(Amount::Pods),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let replicas = u32::try_from(replicas).unwrap_or(u32::MAX);
    at_a_time(amount.unwrap_or(Amount::Pods(1)), replicas)
}

fn strategy(kind: ManifestKind, spec: &Value) -> &str {
    let field = match kind {
        ManifestKind::Deployments => "strategy",
        _ => "updateStrategy",
    };
    spec[field]["type"].as_str().unwrap_or("RollingUpdate")
}

fn counted(pods: u64) -> String {
    match pods {
        1 => "its one pod".to_owned(),
        pods => format!("its {pods} pods"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(kind: ManifestKind, spec: &Value) -> String {
        let with = |image: &str| {
            let mut object =
                json!({ "metadata": {}, "spec": spec, "status": { "desiredNumberScheduled": 4 } });
            object["spec"]["template"] = json!({ "image": image });
            object
        };
        sentence(kind, &with("a"), &with("b"))
    }

    #[test]
    fn what_becomes_of_the_pods_is_told_by_the_strategy() {
        use ManifestKind::{DaemonSets, Deployments, StatefulSets};
        for (kind, spec, words) in [
            (Deployments, json!({ "replicas": 3 }), "its 3 pods by itself"),
            (Deployments, json!({}), "its one pod by itself"),
            (
                Deployments,
                json!({ "replicas": 3, "paused": true }),
                "its 3 pods stay as they are",
            ),
            (
                Deployments,
                json!({ "paused": true }),
                "its one pod stays as it is",
            ),
            (
                Deployments,
                json!({ "replicas": 2, "strategy": { "type": "Recreate" } }),
                "Nothing answers",
            ),
            (
                StatefulSets,
                json!({ "replicas": 2 }),
                "by itself, one after the other",
            ),
            (
                StatefulSets,
                json!({ "replicas": 4, "updateStrategy": { "rollingUpdate": { "maxUnavailable": "50%" } } }),
                "up to 2 at a time",
            ),
            (
                StatefulSets,
                json!({ "replicas": 3, "updateStrategy": { "rollingUpdate": { "maxUnavailable": 1 } } }),
                "by itself, one after the other",
            ),
            (
                StatefulSets,
                json!({ "updateStrategy": { "rollingUpdate": { "partition": 2 } } }),
                "from ordinal 2",
            ),
            (
                DaemonSets,
                json!({ "updateStrategy": { "type": "OnDelete" } }),
                "delete its 4 pods",
            ),
        ] {
            let told = told(kind, &spec);
            assert!(told.contains(words), "{told}");
        }
        let (two, three) = (
            json!({ "metadata": {}, "spec": { "replicas": 2 } }),
            json!({ "metadata": {}, "spec": { "replicas": 3 } }),
        );
        assert!(sentence(Deployments, &two, &three).contains("from 2 to 3"));
    }
}
