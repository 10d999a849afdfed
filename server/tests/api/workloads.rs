//! A Deployment with what its next pods get.

use serde_json::{Value, json};

use crate::{
    fake_cluster::FakeCluster,
    support::{TestServer, database},
    things::{deploy, deployment, namespace},
};

const WEB: &str = "/api/v1/deployments/shop/web";

fn injecting() -> FakeCluster {
    let fake = FakeCluster::default();
    fake.hold(
        "namespaces",
        namespace("shop", &json!({ "istio-injection": "enabled" })),
    );
    fake
}

fn field<'a>(detail: &'a Value, name: &str) -> (&'a str, &'a str) {
    let fields = detail["desired"].as_array().expect("six fields");
    let field = fields.iter().find(|field| field["field"] == name);
    let field = field.unwrap_or_else(|| panic!("no {name}: {detail}"));
    (
        field["text"].as_str().expect("a text"),
        field["origin"].as_str().expect("an origin"),
    )
}

#[tokio::test]
async fn its_next_pod_gets_what_the_levels_and_its_template_say() {
    let fake = injecting();
    deploy(&fake, "shop", "web");
    let mut web = deployment("shop", "web");
    web["spec"]["paused"] = json!(true);
    web["spec"]["strategy"] = json!({ "type": "Recreate" });
    web["spec"]["template"]["metadata"]["annotations"] =
        json!({ "traffic.sidecar.istio.io/excludeOutboundPorts": "3306" });
    web["status"]["conditions"] = json!([{
        "type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "not enough",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }]);
    fake.hold("deployments", web);
    let workload = |label: &str, priority: i32, port: &str| {
        json!({
            "selector": { "matchLabels": { "app": label } }, "priority": priority,
            "traffic": { "excludeInboundPorts": [port] },
        })
    };
    fake.store("shop", "second", &workload("web", 0, "82"));
    fake.store("shop", "also", &workload("web", 0, "81"));
    fake.store("shop", "first", &workload("web", 7, "80"));
    fake.store("shop", "other", &workload("cart", 9, "83"));
    let server = TestServer::with(fake, &database()).await;

    let detail = server.get(WEB).await.body;
    assert_eq!(field(&detail, "excludeInboundPorts"), ("80", "workload/first"));
    assert_eq!(field(&detail, "excludeOutboundPorts"), ("3306", "pod"));
    assert_eq!(detail["workloadSettings"], json!(["first", "also", "second"]));
    assert_eq!(
        (&detail["strategy"], &detail["paused"]),
        (&json!("Recreate"), &json!(true))
    );
    assert_eq!(
        detail["conditions"],
        json!([{
            "kind": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "not enough",
            "since": "2026-01-01T00:00:00Z",
        }])
    );
    assert!(detail["notApplicable"].is_null(), "{detail}");
    assert_eq!((&detail["replicas"], &detail["ready"]), (&json!(2), &json!(1)));
    assert_eq!(
        detail["pods"],
        json!({ "total": 1, "injected": 1, "stale": 1, "unknown": 0 })
    );
}

#[tokio::test]
async fn a_template_whose_pods_settings_cannot_reach_says_why() {
    let none = json!({});
    let enabled = json!({ "istio-injection": "enabled" });
    for (labels, template, words) in [
        (&enabled, json!({}), None),
        (
            &enabled,
            json!({ "spec": { "hostNetwork": true } }),
            Some("node's network"),
        ),
        (
            &enabled,
            json!({ "metadata": { "labels": { "sidecar.istio.io/inject": "false" } } }),
            Some("no sidecar: its template says"),
        ),
        (
            &enabled,
            json!({ "metadata": { "annotations": { "sidecar.istio.io/inject": "false" } } }),
            Some("no sidecar: its template says"),
        ),
        (
            &enabled,
            json!({ "metadata": { "annotations": { "sidecar.istio.io/interceptionMode": "NONE" } } }),
            Some("NONE"),
        ),
        (
            &enabled,
            json!({ "metadata": { "annotations": { "inject.istio.io/templates": "gateway" } } }),
            Some("gateway"),
        ),
        (&none, json!({}), Some("neither its namespace asks")),
        (
            &none,
            json!({ "metadata": { "labels": { "sidecar.istio.io/inject": "true" } } }),
            None,
        ),
        (
            &json!({ "istio-injection": "disabled" }),
            json!({ "metadata": { "labels": { "sidecar.istio.io/inject": "true" } } }),
            Some("`istio-injection=disabled`"),
        ),
        (&json!({ "istio.io/rev": "default" }), json!({}), None),
        (
            &json!({ "istio.io/rev": "gone" }),
            json!({}),
            Some("no control plane"),
        ),
        (
            &json!({ "istio.io/dataplane-mode": "ambient" }),
            json!({}),
            Some("ambient"),
        ),
        (
            &none,
            json!({ "metadata": { "labels": { "istio.io/dataplane-mode": "ambient" } } }),
            Some("ambient"),
        ),
    ] {
        let fake = FakeCluster::default();
        fake.hold("namespaces", namespace("shop", labels));
        let mut web = deployment("shop", "web");
        web["spec"]["template"] = template.clone();
        fake.hold("deployments", web);
        let server = TestServer::with(fake, &database()).await;
        let detail = server.get(WEB).await.body;
        let said = detail["notApplicable"].as_str();
        match words {
            None => assert_eq!(said, None, "{labels} {template}"),
            Some(words) => assert!(
                said.is_some_and(|said| said.contains(words)),
                "{labels} {template}: {detail}"
            ),
        }
    }
}

/// A configuration of Istio's with these webhooks: what each selects of namespaces and of pods.
fn injector(webhooks: &[(&str, Value, Value)]) -> Value {
    let webhook = |(name, namespaces, pods): &(&str, Value, Value)| {
        json!({
            "name": format!("{name}.sidecar-injector.istio.io"), "namespaceSelector": namespaces, "objectSelector": pods,
            "clientConfig": {}, "sideEffects": "None", "admissionReviewVersions": ["v1"],
        })
    };
    json!({
        "metadata": { "name": "istio-sidecar-injector", "labels": { "istio.io/rev": "default" } },
        "webhooks": webhooks.iter().map(webhook).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn the_selectors_of_istios_webhooks_decide_whose_pods_are_injected() {
    let is = |key: &str, operator: &str, values: &[&str]| json!({ "key": key, "operator": operator, "values": values });
    let all = |expressions: &[Value]| json!({ "matchExpressions": expressions });
    let enabled = (
        "namespace",
        all(&[is("istio-injection", "In", &["enabled"])]),
        all(&[is("sidecar.istio.io/inject", "NotIn", &["false"])]),
    );
    let unlabelled = |key: &str| {
        all(&[
            is(key, "DoesNotExist", &[]),
            is("istio.io/rev", "DoesNotExist", &[]),
        ])
    };
    let by_default = (
        "auto",
        unlabelled("istio-injection"),
        unlabelled("sidecar.istio.io/inject"),
    );
    let never = json!({ "matchLabels": { "istio.io/deactivated": "never-match" } });
    let deactivated = ("namespace", never.clone(), never);
    for (webhooks, labels, words) in [
        (
            vec![enabled.clone()],
            json!({ "istio-injection": "enabled" }),
            None,
        ),
        (
            vec![enabled.clone()],
            json!({}),
            Some("neither its namespace asks"),
        ),
        (vec![enabled.clone(), by_default.clone()], json!({}), None),
        (
            vec![enabled, by_default],
            json!({ "istio-injection": "disabled" }),
            Some("`istio-injection=disabled`"),
        ),
        (
            vec![deactivated],
            json!({ "istio-injection": "enabled" }),
            Some("no webhook of Istio's selects"),
        ),
    ] {
        let fake = FakeCluster::default();
        fake.hold("namespaces", namespace("shop", &labels));
        fake.hold("deployments", deployment("shop", "web"));
        fake.hold("mutatingwebhookconfigurations", injector(&webhooks));
        let server = TestServer::with(fake, &database()).await;
        let detail = server.get(WEB).await.body;
        let said = detail["notApplicable"].as_str();
        assert_eq!(said.is_some(), words.is_some(), "{webhooks:?} {labels}: {detail}");
        let says = |words: &str| said.is_some_and(|said| said.contains(words));
        assert!(words.is_none_or(says), "{webhooks:?} {labels}: {detail}");
    }
}

#[tokio::test]
async fn it_is_read_with_the_callers_rights() {
    let fake = injecting();
    deploy(&fake, "shop", "web");
    fake.forbid_when(|asked| asked["resource"] == "pods");
    let server = TestServer::with(fake.clone(), &database()).await;
    let detail = server.get(WEB).await.body;
    assert_eq!(
        detail["pods"]["total"], 0,
        "pods that the caller may not list are not counted"
    );
    fake.forbid_when(|asked| asked["resource"] == "deployments" && asked["verb"] == "get");
    assert!(server.get(WEB).await.problem().is("forbidden"));
}

#[tokio::test]
async fn one_that_does_not_exist_is_a_404_that_names_it() {
    let server = TestServer::new().await;
    let problem = server.get(WEB).await.problem();
    assert_eq!(problem.status, 404);
    assert!(problem.detail.contains("Deployment `shop/web`"), "{problem:?}");
    assert_eq!(
        server
            .get("/api/v1/deployments/shop/a%2Fb")
            .await
            .problem()
            .status,
        422
    );
}
