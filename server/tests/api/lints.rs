//! What is remarkable, told to those who may see what it is about.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    fake_cluster::FakeCluster,
    support::{TestServer, database},
    things::{deploy, deployment, namespace},
};

/// A shop whose `web` listens on 8080 behind port 80 of a Service, and whose `cart` calls it.
fn shop() -> FakeCluster {
    let fake = FakeCluster::default();
    fake.hold(
        "namespaces",
        namespace("shop", &json!({ "istio-injection": "enabled" })),
    );
    deploy(&fake, "shop", "web");
    deploy(&fake, "shop", "cart");
    let mut web = deployment("shop", "web");
    web["spec"]["template"]["spec"]["containers"][0]["ports"] =
        json!([{ "name": "http", "containerPort": 8080 }]);
    web["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] =
        json!({ "httpGet": { "port": "http" } });
    fake.hold("deployments", web);
    fake.hold(
        "services",
        json!({
            "metadata": { "namespace": "shop", "name": "web" },
            "spec": { "selector": { "app": "web" }, "ports": [{ "port": 80, "targetPort": "http" }] },
        }),
    );
    fake
}

fn excluding(port: &str) -> Value {
    json!({ "selector": { "matchLabels": { "app": "web" } }, "traffic": { "excludeInboundPorts": [port] } })
}

async fn lints(server: &TestServer, query: &str) -> Vec<Value> {
    let answer = server.get(&format!("/api/v1/lints{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(
        answer.body["total"],
        answer.body["items"].as_array().expect("items").len()
    );
    answer.body["items"].as_array().expect("items").clone()
}

fn codes(lints: &[Value]) -> Vec<&str> {
    lints
        .iter()
        .map(|lint| lint["code"].as_str().expect("a code"))
        .collect()
}

#[tokio::test]
async fn a_mesh_without_settings_has_nothing_remarkable() {
    let server = TestServer::with(shop(), &database()).await;
    assert_eq!(lints(&server, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_port_that_clients_speak_mtls_to_is_told_with_its_service_and_the_rule_that_helps() {
    let fake = shop();
    fake.store("shop", "web", &excluding("8080"));
    let server = TestServer::with(fake, &database()).await;
    let all = lints(&server, "").await;
    assert_eq!(codes(&all), ["auto-mtls-breaks", "probe-port-excluded"]);
    assert_eq!(all[0]["clients"], json!(["shop"]));
    assert_eq!(
        all[0]["about"],
        json!([{ "kind": "Deployment", "namespace": "shop", "name": "web" }])
    );
    assert!(
        all[0]["snippet"]
            .as_str()
            .is_some_and(|yaml| yaml.contains("mode: DISABLE")),
        "{:?}",
        all[0]
    );

    let rule = json!({
        "metadata": { "namespace": "shop", "name": "web" },
        "spec": { "host": "web", "trafficPolicy": { "tls": { "mode": "DISABLE" } } },
    });
    server.fake.hold("destinationrules", rule);
    for _ in 0..200 {
        if codes(&lints(&server, "").await) == ["probe-port-excluded"] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the rule does not silence it");
}

#[tokio::test]
async fn policies_that_stop_to_apply_are_named() {
    let fake = shop();
    fake.store("shop", "web", &excluding("8080"));
    fake.hold("peerauthentications", json!({
        "metadata": { "namespace": "istio-system", "name": "default" }, "spec": { "mtls": { "mode": "STRICT" } },
    }));
    fake.hold(
        "authorizationpolicies",
        json!({
            "metadata": { "namespace": "shop", "name": "only-cart" }, "spec": { "rules": [{ "from": [] }] },
        }),
    );
    let server = TestServer::with(fake, &database()).await;
    let all = lints(&server, "?severity=warning").await;
    assert_eq!(
        codes(&all),
        ["strict-not-enforced", "authorization-policy-not-enforced"]
    );
    assert!(
        all[0]["sentence"]
            .as_str()
            .is_some_and(|text| text.contains("istio-system/default"))
    );
    assert!(
        all[1]["sentence"]
            .as_str()
            .is_some_and(|text| text.contains("shop/only-cart"))
    );
}

#[tokio::test]
async fn what_is_true_of_a_level_is_said_once_with_all_that_it_is_about() {
    let fake = shop();
    let traffic = json!({ "traffic": { "includeOutboundPorts": ["7001"] } });
    fake.store("istio-system", "default", &traffic);
    let server = TestServer::with(fake, &database()).await;
    let all = lints(&server, "").await;
    assert_eq!(codes(&all), ["include-outbound-ports-without-effect"]);
    assert_eq!(
        all[0]["aboutTotal"], 3,
        "the setting and both Deployments: {:?}",
        all[0]
    );
    assert_eq!(lints(&server, "?q=cart").await[0]["aboutTotal"], 1);
    assert_eq!(lints(&server, "?code=system-port").await.len(), 0);
    assert_eq!(lints(&server, "?namespace=shop").await[0]["aboutTotal"], 2);
}

#[tokio::test]
async fn details_and_previews_say_the_same() {
    let server = TestServer::with(shop(), &database()).await;
    let body = json!({ "level": { "kind": "workload", "namespace": "shop", "name": "" }, "setting": excluding("80") });
    let request = http::Request::post("/api/v1/settings:preview")
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_string()));
    let preview = server.send(request.expect("a request")).await;
    let told = preview.body["lints"].as_array().expect("lints");
    assert_eq!(codes(told), ["service-port-not-container-port"], "{preview:?}");
    assert_eq!(told[0]["wayOut"], "write 8080 instead of 80");

    server.fake.store("shop", "web", &excluding("80"));
    for path in ["/api/v1/deployments/shop/web", "/api/v1/pods/shop/web-1-a"] {
        let mut detail = server.get(path).await;
        for _ in 0..200 {
            if detail.body["lints"].is_array() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            detail = server.get(path).await;
        }
        let told = detail.body["lints"].as_array().expect("lints");
        assert_eq!(codes(told), ["service-port-not-container-port"], "{path}");
    }
}

#[tokio::test]
async fn who_may_not_see_services_or_policies_is_not_told_of_them() {
    let seen = async |forbidden: &[&'static str]| {
        let fake = shop();
        fake.store("shop", "web", &excluding("8080"));
        for resource in forbidden {
            fake.forbid(resource);
        }
        let server = TestServer::with(fake, &database()).await;
        codes(&lints(&server, "").await)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(seen(&[]).await, ["auto-mtls-breaks", "probe-port-excluded"]);
    assert_eq!(seen(&["services"]).await, ["probe-port-excluded"]);
    assert_eq!(seen(&["peerauthentications"]).await, ["probe-port-excluded"]);
    assert_eq!(seen(&["pods"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn parameters_that_mean_nothing_are_refused() {
    let server = TestServer::new().await;
    for query in [
        "?code=other",
        "?severity=bad",
        "?limit=0",
        "?cursor=x",
        "?staled=1",
    ] {
        let answer = server.get(&format!("/api/v1/lints{query}")).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{query}: {answer:?}"
        );
    }
}
