//! What a level's answer says beside what is stored: its pods, and whether the caller may save.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    fake_cluster::FakeCluster,
    support::{TestServer, database},
    things::{bare_pod, namespace, pod},
};

const CREATE: (&str, &str) = ("if-none-match", "*");

fn shop_and_bank() -> FakeCluster {
    let fake = FakeCluster::default();
    fake.hold("namespaces", namespace("bank", &json!({})));
    fake.hold("pods", pod("shop", "web", "web"));
    fake.hold("pods", pod("shop", "cart", "cart"));
    fake.hold("pods", bare_pod("shop", "bare"));
    fake.hold("pods", pod("bank", "web", "web"));
    fake
}

fn counts(total: usize, injected: usize, stale: usize) -> Value {
    json!({ "total": total, "injected": injected, "stale": stale, "unknown": 0 })
}

#[tokio::test]
async fn a_save_answers_with_the_pods_that_are_stale_by_it() {
    let server = TestServer::with(shop_and_bank(), &database()).await;
    let before = server.get("/api/v1/settings/namespaces/shop").await;
    assert_eq!(before.body["pods"], counts(3, 2, 0));
    let body = json!({ "traffic": { "excludeInboundPorts": ["80"] } });
    // Over and over: what was counted before the write must never be served after it.
    for port in 80..100 {
        let stored = server.get("/api/v1/settings/namespaces/shop").await;
        let saved = match stored.headers.get("etag") {
            None => server.put(CREATE, &body).await,
            Some(etag) => {
                let body = json!({ "traffic": { "excludeInboundPorts": [port.to_string()] } });
                server
                    .put(("if-match", etag.to_str().expect("text")), &body)
                    .await
            }
        };
        assert!(saved.status.is_success(), "{saved:?}");
        assert_eq!(saved.body["pods"], counts(3, 2, 2), "{saved:?}");

        let version = saved.headers["etag"].to_str().expect("text").to_owned();
        let inherits = server
            .put(("if-match", &version), &json!({ "traffic": {} }))
            .await;
        assert_eq!(inherits.body["pods"], counts(3, 2, 0), "{inherits:?}");
    }
}

#[tokio::test]
async fn each_level_counts_its_own_pods() {
    let fake = shop_and_bank();
    fake.store(
        "shop",
        "web",
        &json!({ "selector": { "matchLabels": { "app": "web" } }, "traffic": { "excludeInboundPorts": ["80"] } }),
    );
    let server = TestServer::with(fake, &database()).await;
    for (level, expected) in [
        ("global", counts(4, 3, 1)),
        ("namespaces/shop", counts(3, 2, 1)),
        ("namespaces/bank", counts(1, 1, 0)),
        ("namespaces/shop/workloads/web", counts(1, 1, 1)),
    ] {
        let answer = server.get(&format!("/api/v1/settings/{level}")).await;
        assert_eq!(answer.body["pods"], expected, "{level}");
    }
    let workloads = server.get("/api/v1/settings/namespaces/shop/workloads").await;
    assert_eq!(
        workloads.body["items"][0]["pods"],
        counts(1, 1, 1),
        "{workloads:?}"
    );
}

#[tokio::test]
async fn a_pod_that_cannot_be_judged_is_counted_as_such() {
    let fake = shop_and_bank();
    // One replaces what Istio injects; of the other namespace the revision is gone.
    let mut own = pod("shop", "own", "own");
    own["spec"]["initContainers"][0]["args"] = json!(["sh", "-c", "true"]);
    fake.hold("pods", own);
    fake.hold(
        "namespaces",
        namespace("bank", &json!({ "istio.io/rev": "gone" })),
    );
    fake.store(
        "shop",
        "own",
        &json!({ "selector": { "matchLabels": { "app": "own" } }, "traffic": {} }),
    );
    let server = TestServer::with(fake, &database()).await;
    for (level, injected, unknown) in [
        ("global", 4, 2),
        ("namespaces/shop", 3, 1),
        ("namespaces/bank", 1, 1),
        ("namespaces/shop/workloads/own", 1, 1),
    ] {
        let answer = server.get(&format!("/api/v1/settings/{level}")).await;
        let pods = &answer.body["pods"];
        assert_eq!(
            (&pods["injected"], &pods["unknown"]),
            (&json!(injected), &json!(unknown)),
            "{level}"
        );
        assert_eq!(pods["stale"], 0, "nothing is proven: {level}");
    }
    let meshes = server.get("/api/v1/meshes").await;
    assert_eq!(meshes.body["items"][0]["pods"]["unknown"], 2, "{meshes:?}");
}

#[tokio::test]
async fn only_pods_that_the_caller_may_list_are_counted() {
    let fake = shop_and_bank();
    fake.forbid_when(|asked| asked["resource"] == "pods" && asked["namespace"] != "shop");
    let server = TestServer::with(fake, &database()).await;
    for (level, expected) in [
        ("global", counts(3, 2, 0)),
        ("namespaces/shop", counts(3, 2, 0)),
        ("namespaces/bank", counts(0, 0, 0)),
    ] {
        let answer = server.get(&format!("/api/v1/settings/{level}")).await;
        assert_eq!(answer.body["pods"], expected, "{level}");
    }
}

#[tokio::test]
async fn a_caller_who_may_not_save_is_told_why_before_trying() {
    let fake = FakeCluster::default();
    fake.forbid_when(|asked| asked["resource"] == "sidecarsettings" && asked["verb"] == "create");
    let server = TestServer::with(fake.clone(), &database()).await;
    let answer = server.get("/api/v1/settings/namespaces/shop").await;
    let refused = answer.body["refused"].as_str().expect("a sentence");
    assert!(
        refused.contains("`ada` may not create") && refused.contains("`shop`"),
        "{refused}"
    );
    let answer = server.get("/api/v1/settings/global").await;
    let refused = answer.body["refused"].as_str().expect("a sentence");
    assert!(
        refused.contains("`istio-system`"),
        "where it is stored: {refused}"
    );

    // What is there would be changed, and that they may.
    fake.store("shop", "default", &json!({ "traffic": {} }));
    let answer = server.get("/api/v1/settings/namespaces/shop").await;
    assert!(answer.body["refused"].is_null(), "{answer:?}");
}

#[tokio::test]
async fn a_role_for_settings_of_one_name_is_enough() {
    let fake = FakeCluster::default();
    fake.store("shop", "default", &json!({ "traffic": {} }));
    fake.forbid_when(|asked| asked["verb"] == "update" && asked["name"] != "default");
    let server = TestServer::with(fake, &database()).await;
    let answer = server.get("/api/v1/settings/namespaces/shop").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body["refused"].is_null(), "{answer:?}");
}

#[tokio::test]
async fn a_cluster_that_cannot_be_asked_about_rights_refuses_nothing_in_advance() {
    let fake = FakeCluster::default();
    fake.hold("pods", pod("shop", "web", "web"));
    let server = TestServer::with(fake.clone(), &database()).await;
    fake.fail_reviews();
    let answer = server.get("/api/v1/settings/namespaces/shop").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(answer.body["refused"].is_null(), "{answer:?}");
    assert_eq!(answer.body["pods"], counts(0, 0, 0));
}
