//! What would come of a setting, before it is saved.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::{
    fake_cluster::FakeCluster,
    support::{Answer, TestServer, database},
    things::{bare_pod, deploy, namespace},
};

fn shop() -> FakeCluster {
    let fake = FakeCluster::default();
    let injects = json!({ "istio-injection": "enabled" });
    fake.hold("namespaces", namespace("shop", &injects));
    fake.hold("namespaces", namespace("bank", &injects));
    deploy(&fake, "shop", "web");
    deploy(&fake, "shop", "cart");
    deploy(&fake, "bank", "web");
    fake
}

async fn preview(server: &TestServer, level: Value, setting: Value) -> Answer {
    let body = json!({ "level": level, "setting": setting }).to_string();
    let request = Request::post("/api/v1/settings:preview")
        .header("content-type", "application/json")
        .body(Body::from(body));
    server.send(request.expect("a request")).await
}

fn workload(name: &str) -> Value {
    json!({ "kind": "workload", "namespace": "shop", "name": name })
}

fn selecting(app: &str) -> Value {
    json!({ "selector": { "matchLabels": { "app": app } }, "traffic": { "excludeInboundPorts": ["7001"] } })
}

fn names(preview: &Value) -> Vec<String> {
    let workloads = preview["workloads"].as_array().expect("workloads");
    let name = |workload: &Value| format!("{}/{}", workload["namespace"], workload["name"]).replace('"', "");
    workloads.iter().map(name).collect()
}

#[tokio::test]
async fn a_selector_tells_its_workloads_before_it_has_a_name_and_nothing_is_written() {
    let server = TestServer::with(shop(), &database()).await;
    let answer = preview(&server, workload(""), selecting("web")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(names(&answer.body), ["shop/web"]);
    assert_eq!(answer.body["workloadsTotal"], 1);
    assert_eq!(answer.body["pods"]["injected"], 1);
    let none = preview(&server, workload(""), selecting("nobody")).await;
    assert_eq!(names(&none.body), Vec::<String>::new());
    assert_eq!(server.fake.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_packet_is_traced_with_the_values_as_they_would_be_and_a_bad_one_is_refused_in_its_place() {
    let server = TestServer::with(shop(), &database()).await;
    let asked = async |packet: Value| {
        let level = json!({ "kind": "namespace", "namespace": "shop" });
        let setting = json!({ "traffic": { "excludeOutboundIPRanges": ["47.100.20.144/32"] } });
        let body = json!({ "level": level, "setting": setting, "packet": packet }).to_string();
        let request = Request::post("/api/v1/settings:preview")
            .header("content-type", "application/json")
            .body(Body::from(body));
        server.send(request.expect("a request")).await
    };
    let round = asked(json!({ "address": "47.100.20.144", "port": "80" })).await;
    assert_eq!(round.body["trace"]["verdict"], "bypass", "{round:?}");
    assert_eq!(round.body["trace"]["origin"], "namespace");
    let other = asked(json!({ "address": "47.100.20.145", "port": "80" })).await;
    assert_eq!(other.body["trace"]["verdict"], "outbound-proxy");
    let inbound = asked(json!({ "direction": "inbound", "port": "8080" })).await;
    assert_eq!(inbound.body["trace"]["verdict"], "inbound-proxy");
    let bad = asked(json!({ "address": "host", "port": "80" })).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bad.body["errors"][0]["path"], "packet.address");
}

#[tokio::test]
async fn a_level_is_for_all_workloads_below_it() {
    let server = TestServer::with(shop(), &database()).await;
    let traffic = json!({ "traffic": { "excludeInboundPorts": ["7001"] } });
    let global = preview(&server, json!({ "kind": "global" }), traffic.clone()).await;
    assert_eq!(names(&global.body), ["bank/web", "shop/cart", "shop/web"]);
    let bank = json!({ "kind": "namespace", "namespace": "bank" });
    let bank = preview(&server, bank, traffic).await;
    assert_eq!(names(&bank.body), ["bank/web"]);
    let field = &bank.body["inForce"][4];
    assert_eq!(
        (&field["field"], &field["text"]),
        (&json!("excludeInboundPorts"), &json!("7001"))
    );
}

#[tokio::test]
async fn who_overrules_it_is_told_by_the_priority_that_is_typed() {
    let fake = shop();
    fake.store(
        "shop",
        "a",
        &json!({ "selector": { "matchLabels": { "app": "web" } }, "traffic": {} }),
    );
    let server = TestServer::with(fake, &database()).await;
    let settings = async |priority: i32| {
        let mut setting = selecting("web");
        setting["priority"] = json!(priority);
        preview(&server, workload("b"), setting).await.body["workloads"][0]["settings"].clone()
    };
    assert_eq!(settings(0).await, json!(["a", "b"]));
    assert_eq!(settings(1).await, json!(["b", "a"]));
}

#[tokio::test]
async fn a_pod_that_nobody_owns_is_a_workload_and_one_without_effect_says_why() {
    let fake = FakeCluster::default();
    fake.hold("pods", bare_pod("shop", "alone"));
    let server = TestServer::with(fake, &database()).await;
    let answer = preview(&server, workload(""), selecting("bare")).await;
    let told = &answer.body["workloads"][0];
    assert_eq!((&told["kind"], &told["name"]), (&json!("Pod"), &json!("alone")));
    let why = told["notApplicable"].as_str().expect("a reason");
    assert!(why.contains("no sidecar"), "{why}");
}

#[tokio::test]
async fn what_could_not_be_saved_is_refused_with_the_same_words() {
    let server = TestServer::with(shop(), &database()).await;
    let wrong = preview(
        &server,
        workload("x"),
        json!({ "traffic": { "excludeInboundPorts": ["0"] } }),
    )
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let paths: Vec<String> = wrong
        .problem()
        .errors
        .into_iter()
        .map(|error| error.path)
        .collect();
    assert_eq!(paths, ["traffic.excludeInboundPorts[0]", "selector"]);
    let nowhere = json!({ "kind": "namespace", "namespace": "nowhere" });
    let nowhere = preview(&server, nowhere, json!({ "traffic": {} })).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn it_shows_no_workload_that_the_caller_may_not_see() {
    let fake = shop();
    fake.forbid_when(|asked| asked["resource"] == "pods" && asked["namespace"] != "bank");
    let server = TestServer::with(fake, &database()).await;
    let global = preview(&server, json!({ "kind": "global" }), json!({ "traffic": {} })).await;
    assert_eq!(names(&global.body), ["bank/web"]);
    server.fake.forbid("sidecarsettings");
    let server = TestServer::with(server.fake, &database()).await;
    let refused = preview(&server, json!({ "kind": "global" }), json!({ "traffic": {} })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
