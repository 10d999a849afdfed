//! What would come of a setting, before it is saved.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::{
    fake_cluster::{FakeCluster, NextWrite},
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
async fn without_a_control_plane_there_is_no_level_to_preview_as_there_is_none_to_save() {
    let fake = shop();
    fake.lose("configmaps", "istio-system", "istio-sidecar-injector");
    let server = TestServer::with(fake, &database()).await;
    let traffic = json!({ "traffic": { "excludeInboundPorts": ["7001"] } });
    let shop = json!({ "kind": "namespace", "namespace": "shop" });
    let saved = server.put(("if-none-match", "*"), &traffic).await.problem();
    for level in [json!({ "kind": "global" }), shop] {
        let problem = preview(&server, level.clone(), traffic.clone()).await.problem();
        assert_eq!(
            (problem.status, &problem.detail),
            (503, &saved.detail),
            "{level}: {problem:?}"
        );
    }
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

/// A preview with what the cluster says to it.
async fn tried(server: &TestServer, level: Value, setting: Option<Value>) -> Value {
    let mut body = json!({ "level": level, "dryRun": true });
    if let Some(setting) = setting {
        body["setting"] = setting;
    }
    let request = Request::post("/api/v1/settings:preview")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await.body
}

fn of_shop() -> Value {
    json!({ "kind": "namespace", "namespace": "shop" })
}

#[tokio::test]
async fn it_tells_who_changes_who_is_shielded_and_who_needs_a_restart() {
    let fake = shop();
    let mut nearer = selecting("web");
    nearer["traffic"] = json!({ "excludeInboundPorts": [] });
    fake.store("shop", "quiet", &nearer);
    let server = TestServer::with(fake, &database()).await;
    let traffic = json!({ "traffic": { "excludeInboundPorts": ["7001"] } });
    let told = preview(&server, of_shop(), traffic).await.body;
    let impact = &told["impact"];
    assert_eq!(
        [
            &impact["workloadsChanged"],
            &impact["workloadsShielded"],
            &impact["podsChanged"],
            &impact["podsShielded"]
        ],
        [1, 1, 1, 1],
        "{told}"
    );
    assert_eq!(
        [
            &impact["staleBefore"],
            &impact["staleAfter"],
            &impact["newlyStale"]
        ],
        [0, 1, 1]
    );
    // Who changes comes first.
    assert_eq!(names(&told), ["shop/cart", "shop/web"]);
    let (cart, web) = (&told["workloads"][0], &told["workloads"][1]);
    assert_eq!(
        (&cart["changes"], &cart["stale"]),
        (&json!(["excludeInboundPorts"]), &json!(1))
    );
    assert_eq!(
        web["shielded"],
        json!([{ "field": "excludeInboundPorts", "origin": "workload/quiet" }])
    );
    assert_eq!(
        told["changes"],
        json!([{ "field": "excludeInboundPorts", "before": "inherit", "after": "7001" }])
    );
}

#[tokio::test]
async fn pods_that_a_new_selector_leaves_out_are_counted_and_named_too() {
    let fake = shop();
    fake.store("shop", "x", &selecting("web"));
    let server = TestServer::with(fake, &database()).await;
    let told = preview(&server, workload("x"), selecting("cart")).await.body;
    assert_eq!(names(&told), ["shop/cart", "shop/web"]);
    assert_eq!(
        (
            &told["impact"]["workloadsChanged"],
            &told["impact"]["podsChanged"]
        ),
        (&json!(2), &json!(2)),
        "{told}"
    );
    assert_eq!(
        told["changes"][0],
        json!({ "field": "selector", "before": "app=web", "after": "app=cart" })
    );
}

#[tokio::test]
async fn a_removal_is_previewed_with_the_lines_that_go() {
    let fake = shop();
    fake.store(
        "shop",
        "default",
        &json!({ "traffic": { "excludeInboundPorts": ["7001"] } }),
    );
    let server = TestServer::with(fake, &database()).await;
    let told = tried(&server, of_shop(), None).await;
    assert_eq!(told["changes"][0]["after"], "inherit", "{told}");
    let diff = told["diff"].as_str().expect("a diff");
    assert!(
        diff.lines().any(|line| line.starts_with("-kind: SidecarSetting")),
        "{diff}"
    );
    assert_eq!(told["dryRun"]["accepted"], true);
    let kubectl = told["snippets"][1]["text"].as_str().expect("a line");
    assert_eq!(kubectl, "kubectl delete sidecarsetting default --namespace shop");
    assert_eq!(server.fake.writes(), Vec::<String>::new());
    assert!(server.fake.spec("shop/default").is_some());
}

#[tokio::test]
async fn what_the_cluster_would_refuse_is_told_before_and_nothing_is_written() {
    let server = TestServer::with(shop(), &database()).await;
    let traffic = json!({ "traffic": { "excludeInboundPorts": ["7001"] } });
    let taken = tried(&server, of_shop(), Some(traffic.clone())).await;
    assert_eq!(taken["dryRun"], json!({ "accepted": true }), "{taken}");
    server.fake.next_write(NextWrite::Refused(json!({
        "kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
        "message": "sidecarsettings is forbidden: exceeded quota",
    })));
    let refused = tried(&server, of_shop(), Some(traffic)).await;
    assert_eq!(refused["dryRun"]["accepted"], false, "{refused}");
    let why = refused["dryRun"]["problem"]["detail"].as_str().expect("why");
    assert!(why.contains("exceeded quota"), "{why}");
    assert_eq!(server.fake.writes(), Vec::<String>::new());
    assert!(server.fake.spec("shop/default").is_none());
}

#[tokio::test]
async fn remarks_that_come_and_go_are_told_apart_from_those_that_stay() {
    let fake = shop();
    // It has no effect: everything is included anyway.
    fake.store(
        "shop",
        "default",
        &json!({ "traffic": { "includeOutboundPorts": ["7001"] } }),
    );
    let server = TestServer::with(fake, &database()).await;
    let codes = |told: &Value, which: &str| -> Vec<String> {
        let lints = told[which].as_array().expect("lints").iter();
        lints
            .map(|lint| lint["code"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let same = json!({ "traffic": { "includeOutboundPorts": ["7001"] } });
    let told = preview(&server, of_shop(), same).await.body;
    assert!(!codes(&told, "lints").is_empty(), "{told}");
    assert_eq!(
        (codes(&told, "newLints"), codes(&told, "resolvedLints")),
        (vec![], vec![])
    );
    let gone = preview(&server, of_shop(), json!({ "traffic": {} })).await.body;
    assert_eq!(codes(&gone, "resolvedLints"), codes(&told, "lints"), "{gone}");
    let back = TestServer::with(shop(), &database()).await;
    let new = json!({ "traffic": { "includeOutboundPorts": ["7001"] } });
    let new = preview(&back, of_shop(), new).await.body;
    assert_eq!(codes(&new, "newLints"), codes(&new, "lints"), "{new}");
}

#[tokio::test]
async fn the_root_namespace_is_no_level_of_its_own() {
    let server = TestServer::with(shop(), &database()).await;
    let root = json!({ "kind": "namespace", "namespace": "istio-system" });
    let refused = preview(&server, root, json!({ "traffic": {} })).await;
    assert_eq!(refused.problem().errors[0].path, "level");
}

#[tokio::test]
async fn a_pod_that_ends_already_needs_no_restart() {
    let fake = shop();
    let mut ending = crate::things::pod("shop", "web-1-a", "web");
    ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    fake.hold("pods", ending);
    let server = TestServer::with(fake, &database()).await;
    let traffic = json!({ "traffic": { "excludeInboundPorts": ["7001"] } });
    let told = preview(&server, of_shop(), traffic).await.body;
    assert_eq!(told["impact"]["newlyStale"], 1, "{told}");
}
