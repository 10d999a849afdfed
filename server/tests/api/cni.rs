//! Pods under Istio CNI that have no template here: their annotations are the injector's as much as anybody's.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::{
    fake_cluster::FakeCluster,
    support::{TestServer, database},
    things::{namespace, pod},
};

const TRAFFIC: &str = "traffic.sidecar.istio.io";

fn mesh() -> FakeCluster {
    let fake = FakeCluster::default();
    fake.hold(
        "namespaces",
        namespace("shop", &json!({ "istio-injection": "enabled" })),
    );
    let values = json!({
        "pilot": { "cni": { "enabled": true } },
        "global": { "proxy": {
            "includeIPRanges": "*", "excludeIPRanges": "", "includeInboundPorts": "*", "excludeInboundPorts": "",
            "includeOutboundPorts": "", "excludeOutboundPorts": "", "statusPort": 15020,
        } },
    });
    fake.hold(
        "configmaps",
        json!({
            "metadata": {
                "name": "istio-sidecar-injector", "namespace": "istio-system", "labels": { "istio.io/rev": "default" },
            },
            "data": { "values": values.to_string() },
        }),
    );
    fake
}

/// A pod as the injector leaves it when nothing but these excluded outbound ports was set.
fn injected(name: &str, ports: Option<&str>) -> Value {
    let mut pod = pod("shop", name, "web");
    let container = &mut pod["spec"]["initContainers"][0];
    container["name"] = json!("istio-validation");
    let args = container["args"].as_array_mut().expect("arguments");
    args.extend(["--run-validation", "--skip-rule-apply"].map(Value::from));
    args.extend(ports.into_iter().flat_map(|ports| ["-o", ports]).map(Value::from));
    let annotations = &mut pod["metadata"]["annotations"];
    *annotations = json!({
        "sidecar.istio.io/interceptionMode": "REDIRECT",
        (format!("{TRAFFIC}/includeOutboundIPRanges")): "*",
        (format!("{TRAFFIC}/includeInboundPorts")): "*",
        (format!("{TRAFFIC}/excludeInboundPorts")): "15020",
    });
    if let Some(ports) = ports {
        annotations[format!("{TRAFFIC}/excludeOutboundPorts")] = json!(ports);
    }
    pod
}

fn excluding(port: &str) -> Value {
    json!({ "traffic": { "excludeInboundPorts": [port] } })
}

/// The state of the pod `web`.
async fn state(fake: FakeCluster, pod: Value) -> Value {
    fake.hold("pods", pod);
    let server = TestServer::with(fake, &database()).await;
    let answer = server.get("/api/v1/pods?namespace=shop").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body["items"][0]["state"].clone()
}

#[tokio::test]
async fn what_the_injector_wrote_keeps_no_setting_from_a_pod() {
    let stale = json!({ "is": "stale", "fields": ["excludeInboundPorts"] });
    let mut of_rollout = injected("web", None);
    of_rollout["metadata"]["ownerReferences"] = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "1", "controller": true }]);
    for pod in [injected("web", None), of_rollout] {
        assert_eq!(state(mesh(), pod.clone()).await, json!({ "is": "current" }));
        let fake = mesh();
        fake.store("shop", "default", &excluding("7001"));
        assert_eq!(state(fake, pod).await, stale);
    }
}

#[tokio::test]
async fn a_value_that_somebody_may_have_set_on_the_pod_is_not_known_to_be_stale() {
    let unknown = state(mesh(), injected("web", Some("3306"))).await;
    assert_eq!(unknown["is"], "unknown");
    assert!(
        unknown["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("`excludeOutboundPorts`")),
        "{unknown}"
    );
    // What else differs is proven all the same.
    let fake = mesh();
    fake.store("shop", "default", &excluding("7001"));
    assert_eq!(
        state(fake, injected("web", Some("3306"))).await,
        json!({ "is": "stale", "fields": ["excludeInboundPorts"] })
    );
    // Our webhook wrote it, from a setting that is gone.
    let mut ours = injected("web", Some("3306"));
    ours["metadata"]["annotations"]["sidestep.dev/applied"] =
        json!("excludeOutboundPorts=namespace,hash=0f1e2d3c4b5a6978");
    assert_eq!(
        state(mesh(), ours).await,
        json!({ "is": "stale", "fields": ["excludeOutboundPorts"] })
    );
}

#[tokio::test]
async fn a_preview_counts_such_a_pod_among_those_that_change() {
    let fake = mesh();
    fake.hold("pods", injected("web", None));
    let server = TestServer::with(fake, &database()).await;
    let level = json!({ "kind": "namespace", "namespace": "shop" });
    let body = json!({ "level": level, "setting": excluding("7001") }).to_string();
    let request = Request::post("/api/v1/settings:preview")
        .header("content-type", "application/json")
        .body(Body::from(body));
    let preview = server.send(request.expect("a request")).await.body;
    assert_eq!(preview["impact"]["newlyStale"], 1, "{preview}");
    assert_eq!(preview["impact"]["podsShielded"], 0, "{preview}");
    assert_eq!(
        preview["workloads"][0]["changes"],
        json!(["excludeInboundPorts"]),
        "{preview}"
    );
}
