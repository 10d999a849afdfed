//! Objects for the fake cluster.

use serde_json::{Value, json};

use crate::fake_cluster::FakeCluster;

/// A running pod of application `app` that was injected when no setting was stored.
pub(crate) fn pod(namespace: &str, name: &str, app: &str) -> Value {
    json!({
        "metadata": {
            "namespace": namespace, "name": name, "uid": format!("uid-{name}"), "labels": { "app": app },
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "containers": [{ "name": "app" }, { "name": "istio-proxy" }],
            "initContainers": [{ "name": "istio-init", "args": [
                "istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT",
                "-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020",
            ] }],
        },
        "status": { "phase": "Running" },
    })
}

/// The same without a sidecar.
pub(crate) fn bare_pod(namespace: &str, name: &str) -> Value {
    let mut pod = pod(namespace, name, "bare");
    pod["spec"] = json!({ "containers": [{ "name": "app" }] });
    pod
}

/// A Deployment whose pods have the label `app` with its name.
pub(crate) fn deployment(namespace: &str, name: &str) -> Value {
    json!({
        "metadata": { "namespace": namespace, "name": name, "creationTimestamp": "2026-01-01T00:00:00Z" },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [{ "name": "app" }] } },
        },
        "status": { "readyReplicas": 1 },
    })
}

/// A namespace with these labels.
pub(crate) fn namespace(name: &str, labels: &Value) -> Value {
    json!({ "metadata": { "name": name, "labels": labels } })
}

/// Makes the Deployment, its ReplicaSet and one pod of it.
pub(crate) fn deploy(fake: &FakeCluster, namespace: &str, name: &str) {
    let owned_by = |kind: &str, name: &str| json!([{ "apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "1", "controller": true }]);
    let set = format!("{name}-1");
    let mut pod = pod(namespace, &format!("{name}-1-a"), name);
    pod["metadata"]["ownerReferences"] = owned_by("ReplicaSet", &set);
    fake.hold("deployments", deployment(namespace, name));
    fake.hold(
        "replicasets",
        json!({ "metadata": {
            "namespace": namespace, "name": set, "ownerReferences": owned_by("Deployment", name),
        } }),
    );
    fake.hold("pods", pod);
}
