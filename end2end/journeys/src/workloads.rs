//! Workloads to restart: made as JSON, so that a test can give them any shape.

use std::time::Duration;

use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    core::v1::Pod,
};
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DynamicObject, ListParams, PostParams},
    core::gvk::GroupVersionKind,
};
use serde_json::{Value, json};

use crate::poll::within;

/// A busy machine, and pods of a whole namespace.
const PATIENCE: Duration = Duration::from_mins(2);

/// A Deployment of two pods of which none is missing during a rollout.
#[must_use]
pub fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": {
            "replicas": 2,
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } },
            "selector": { "matchLabels": { "app": name } },
            "template": template(name),
        },
    })
}

/// A template of pods with the label `app`.
#[must_use]
pub fn template(app: &str) -> Value {
    json!({
        "metadata": { "labels": { "app": app } },
        "spec": { "containers": [{ "name": "app", "image": "demo/app:1" }] },
    })
}

/// A Deployment whose pods come to this end once they are those of a restart: `slow`, `never-ready`, `crash-loop`. See
/// `end2end/cluster/restarted.go`.
#[must_use]
pub fn restarting_badly(name: &str, fate: &str) -> Value {
    let mut deployment = deployment(name);
    deployment["spec"]["template"]["metadata"]["labels"]["sandbox.sidestep.dev/restarted"] = json!(fate);
    deployment
}

/// Makes an object of `apps/v1`, `policy/v1` or `v1`.
///
/// # Panics
/// If the cluster does not take it.
pub async fn make(client: &Client, namespace: &str, object: Value) -> DynamicObject {
    let object: DynamicObject = serde_json::from_value(object).expect("the test's object is one");
    let types = object.types.clone().expect("it has a kind");
    let resource = ApiResource::from_gvk(&GroupVersionKind::try_from(&types).expect("a kind"));
    Api::<DynamicObject>::namespaced_with(client.clone(), namespace, &resource)
        .create(&PostParams::default(), &object)
        .await
        .unwrap_or_else(|error| panic!("{} {}: {error}", types.kind, object.name_any()))
}

/// Waits until all pods of the namespace run, so many of them.
pub async fn settled(client: &Client, namespace: &str, count: usize) {
    let pods = Api::<Pod>::namespaced(client.clone(), namespace);
    within(PATIENCE, "all pods to run", || async {
        let list = pods
            .list(&ListParams::default())
            .await
            .map_err(|error| error.to_string())?;
        let runs = |pod: &&Pod| {
            let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
            phase == Some("Running") && pod.metadata.deletion_timestamp.is_none()
        };
        let running = list.items.iter().filter(runs).count();
        if running == count && list.items.len() == count {
            Ok(())
        } else {
            Err(format!(
                "{running} of {} run, and {count} should",
                list.items.len()
            ))
        }
    })
    .await;
}

/// How often the template of a Deployment has changed since it was made: each makes a ReplicaSet.
pub async fn rollouts(client: &Client, namespace: &str, name: &str) -> usize {
    let sets = Api::<ReplicaSet>::namespaced(client.clone(), namespace);
    let label = ListParams::default().labels(&format!("app={name}"));
    let list = sets.list(&label).await.expect("the cluster answers");
    list.items.len() - 1
}

/// An annotation of a Deployment's template.
pub async fn annotation(client: &Client, namespace: &str, name: &str, key: &str) -> Option<String> {
    let deployment = Api::<Deployment>::namespaced(client.clone(), namespace)
        .get(name)
        .await
        .expect("it is there");
    deployment.spec?.template.metadata?.annotations?.get(key).cloned()
}
