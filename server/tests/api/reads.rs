//! Reads: what a caller may not see, and lists.

use http::StatusCode;
use serde_json::json;

use crate::{
    fake_cluster::FakeCluster,
    support::{TestServer, database},
    things::pod,
};

#[tokio::test]
async fn a_level_without_a_setting_inherits_everything_and_says_from_where() {
    let server = TestServer::new().await;
    let answer = server.get("/api/v1/settings/namespaces/shop").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(answer.body["stored"].is_null());
    let fields = answer.body["inForce"].as_array().expect("six fields");
    assert_eq!(fields.len(), 6);
    assert!(
        fields.iter().all(|field| field["origin"] == "builtIn"),
        "{fields:?}"
    );
}

#[tokio::test]
async fn a_cluster_without_our_webhook_says_that_settings_are_only_stored() {
    let server = TestServer::new().await;
    let mut checked = server.get("/api/v1/meshes").await;
    for _ in 0..200 {
        checked = server.get("/api/v1/meshes").await;
        if checked.body["items"][0]["delivery"]["state"] != "unknown" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let delivery = &checked.body["items"][0]["delivery"];
    assert_eq!(delivery["state"], "webhookAbsent");
    assert!(
        delivery["wayOut"]
            .as_str()
            .is_some_and(|way| way.contains("sidestep install")),
        "{delivery}"
    );
}

#[tokio::test]
async fn a_caller_who_may_not_list_pods_sees_none() {
    let fake = FakeCluster::default();
    fake.forbid("pods");
    let server = TestServer::with(fake, &database()).await;
    let answer = server.get("/api/v1/pods").await;
    assert_eq!(
        (answer.status, answer.body["total"].as_u64()),
        (StatusCode::OK, Some(0))
    );
    let answer = server.get("/api/v1/pods?namespace=shop").await;
    assert!(answer.problem().is("forbidden"), "{answer:?}");
}

#[tokio::test]
async fn the_root_namespace_has_one_address() {
    let server = TestServer::new().await;
    let problem = server
        .get("/api/v1/settings/namespaces/istio-system")
        .await
        .problem();
    assert_eq!(problem.status, 422);
    assert!(
        problem.errors[0].message.contains("/api/v1/settings/global"),
        "{problem:?}"
    );
    assert_eq!(server.get("/api/v1/settings/global").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_does_not_exist_is_a_404_that_names_it() {
    let server = TestServer::new().await;
    for (path, named) in [
        ("/api/v1/settings/namespaces/nowhere", "namespace `nowhere`"),
        (
            "/api/v1/settings/namespaces/shop/workloads/cart",
            "setting `shop/cart`",
        ),
        ("/api/v1/audit/none", "change `none`"),
        ("/api/v1/nothing", "no operation"),
    ] {
        let problem = server.get(path).await.problem();
        assert_eq!(problem.status, 404, "{path}");
        assert!(problem.detail.contains(named), "{path}: {problem:?}");
    }
}

#[tokio::test]
async fn a_cluster_without_the_resource_is_read_all_the_same() {
    let fake = FakeCluster::default();
    fake.uninstall();
    let server = TestServer::with(fake, &database()).await;
    assert_eq!(server.get("/api/v1/pods").await.status, StatusCode::OK);
    let problem = server.get("/api/v1/settings/global").await.problem();
    assert!(problem.is("not-installed"), "{problem:?}");
    assert!(
        problem
            .way_out
            .is_some_and(|way| way.contains("sidestep install"))
    );
    let missing = server.state.cluster.missing().expect("the console is not ready");
    assert!(missing.contains("not installed"), "{missing}");
}

#[tokio::test]
async fn what_is_no_name_never_reaches_the_cluster() {
    let server = TestServer::new().await;
    for path in [
        "/api/v1/pods/shop%2Fpods%2Fweb%3Fx=/y",
        "/api/v1/pods/shop/a%2Fb",
        "/api/v1/pods/Shop/web",
    ] {
        assert_eq!(server.get(path).await.problem().status, 422, "{path}");
    }
}

#[tokio::test]
async fn parameters_that_mean_nothing_are_refused() {
    let server = TestServer::new().await;
    for path in [
        "/api/v1/pods?staled=true",
        "/api/v1/pods?limit=0",
        "/api/v1/pods?cursor=x",
        "/api/v1/pods?stale=true",
        "/api/v1/namespaces?cursor=x",
        "/api/v1/audit?cursor=x",
    ] {
        assert_eq!(server.get(path).await.problem().status, 422, "{path}");
    }
}

#[tokio::test]
async fn what_a_pod_has_from_its_environment_is_running_and_no_difference() {
    let fake = FakeCluster::default();
    let mut web = pod("shop", "web", "web");
    web["spec"]["initContainers"][0]["env"] = json!([
        { "name": "ISTIO_OUTBOUND_PORTS", "value": "3306" },
        { "name": "ISTIO_META_DNS_CAPTURE", "value": "true" },
    ]);
    fake.hold("pods", web);
    let server = TestServer::with(fake, &database()).await;
    let detail = server.get("/api/v1/pods/shop/web").await.body;
    assert_eq!(detail["state"]["is"], "current", "{detail}");
    let values = detail["running"]["values"].as_array().expect("values");
    let included = values
        .iter()
        .find(|value| value["field"] == "includeOutboundPorts");
    assert_eq!(included.expect("a field")["text"], "3306");
    let listed = server.get("/api/v1/pods?namespace=shop").await.body;
    assert_eq!(listed["items"][0]["state"]["is"], "current", "{listed}");
}
