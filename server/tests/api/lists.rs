//! Lists: their order, their pages, their filters.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    fake_cluster::FakeCluster,
    support::{TestServer, database},
    things::{bare_pod, deploy, deployment, namespace, pod},
};

/// Every item of a list, by pages of `limit`, as `namespace/name`.
async fn pages(server: &TestServer, list: &str, limit: usize) -> Vec<String> {
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = server.get(&format!("{list}limit={limit}{cursor}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let items = answer.body["items"].as_array().expect("items");
        assert!(items.len() <= limit, "{answer:?}");
        seen.extend(items.iter().map(key));
        match answer.body["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

fn key(row: &Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text("namespace"), text("name"))
}

async fn names(server: &TestServer, list: &str) -> Vec<String> {
    pages(server, list, 500).await
}

/// Five pods that differ in every column: stale, current, current with an owner, without a sidecar, unknown.
fn five_pods() -> FakeCluster {
    let fake = FakeCluster::default();
    fake.hold("namespaces", namespace("bank", &json!({})));
    fake.store(
        "bank",
        "default",
        &json!({ "traffic": { "excludeInboundPorts": ["80"] } }),
    );
    let mut old = pod("bank", "web-b", "web");
    old["metadata"]["creationTimestamp"] = json!("2025-01-01T00:00:00Z");
    fake.hold("pods", old);
    let mut waiting = pod("shop", "cart", "cart");
    waiting["status"]["phase"] = json!("Pending");
    fake.hold("pods", waiting);
    deploy(&fake, "shop", "web");
    fake.hold("pods", bare_pod("shop", "bare"));
    let mut own = pod("shop", "own", "own");
    own["spec"]["initContainers"][0]["args"] = json!(["sh", "-c", "true"]);
    fake.hold("pods", own);
    fake
}

#[tokio::test]
async fn pods_are_sorted_by_every_column_in_both_directions_and_pages_cover_them_once() {
    let server = TestServer::with(five_pods(), &database()).await;
    let by_name = ["shop/bare", "shop/cart", "shop/own", "shop/web-1-a", "bank/web-b"];
    let by_namespace = ["bank/web-b", "shop/bare", "shop/cart", "shop/own", "shop/web-1-a"];
    let by_status = ["shop/cart", "bank/web-b", "shop/bare", "shop/own", "shop/web-1-a"];
    let by_state = ["bank/web-b", "shop/own", "shop/cart", "shop/web-1-a", "shop/bare"];
    for (column, expected) in [
        ("name", by_name),
        ("namespace", by_namespace),
        ("status", by_status),
        // All but the last have no owner.
        ("owner", by_namespace),
        ("state", by_state),
        ("created", by_namespace),
    ] {
        let mut expected = expected.map(str::to_owned);
        for sort in [column.to_owned(), format!("-{column}")] {
            for limit in [1, 2, 5, 6] {
                let list = format!("/api/v1/pods?sort={sort}&");
                assert_eq!(pages(&server, &list, limit).await, expected, "{sort} by {limit}");
            }
            expected.reverse();
        }
    }
    assert_eq!(names(&server, "/api/v1/pods?").await, by_namespace);
}

#[tokio::test]
async fn pods_are_filtered_by_name_state_sidecar_and_owner() {
    let server = TestServer::with(five_pods(), &database()).await;
    for (filter, expected) in [
        ("q=WEB", &["bank/web-b", "shop/web-1-a"][..]),
        ("q=shop", &[]),
        ("state=stale", &["bank/web-b"]),
        ("state=unknown", &["shop/own"]),
        ("state=current", &["shop/cart", "shop/web-1-a"]),
        ("state=notApplicable", &["shop/bare"]),
        ("sidecar=none", &["shop/bare"]),
        ("sidecar=classic&namespace=bank", &["bank/web-b"]),
        ("sidecar=native", &[]),
        ("owner=web", &["shop/web-1-a"]),
    ] {
        assert_eq!(
            names(&server, &format!("/api/v1/pods?{filter}&")).await,
            expected,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn a_page_goes_on_where_it_was_when_pods_come_and_go() {
    let fake = five_pods();
    let server = TestServer::with(fake.clone(), &database()).await;
    let first = server.get("/api/v1/pods?sort=-name&limit=2").await;
    let next = first.body["next"].as_str().expect("there is more").to_owned();
    // The last one seen goes, and one comes that belongs before it.
    fake.lose("pods", "bank", "web-b");
    fake.hold("pods", pod("shop", "zebra", "zebra"));
    let pods = &server.state.cluster.stores.pods;
    let patience = std::time::Duration::from_secs(5);
    assert!(
        pods.wait_until(patience, |pods| {
            pods.get("shop", "zebra").is_some() && pods.get("bank", "web-b").is_none()
        })
        .await
    );
    let rest = server
        .get(&format!("/api/v1/pods?sort=-name&cursor={next}"))
        .await;
    let rest: Vec<String> = rest.body["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(key)
        .collect();
    assert_eq!(rest, ["shop/own", "shop/cart", "shop/bare"]);
}

#[tokio::test]
async fn a_cursor_of_another_order_or_list_is_refused() {
    let server = TestServer::with(five_pods(), &database()).await;
    let page = server.get("/api/v1/pods?sort=name&limit=1").await;
    let cursor = page.body["next"].as_str().expect("there is more");
    for list in [
        "pods?sort=-name",
        "pods?sort=created",
        "pods?",
        "deployments?sort=name",
        "namespaces?",
    ] {
        let problem = server
            .get(&format!("/api/v1/{list}&cursor={cursor}"))
            .await
            .problem();
        assert_eq!(
            (problem.status, problem.errors[0].path.as_str()),
            (422, "cursor"),
            "{list}"
        );
    }
}

#[tokio::test]
async fn an_unknown_column_is_refused_with_the_known_ones() {
    let server = TestServer::new().await;
    for (list, columns) in [
        (
            "pods",
            "name, namespace, status, restarts, owner, state, node, created",
        ),
        ("deployments", "name, namespace, ready, stale, created"),
    ] {
        let problem = server.get(&format!("/api/v1/{list}?sort=-age")).await.problem();
        assert_eq!(problem.status, 422, "{problem:?}");
        assert_eq!(problem.errors[0].path, "sort");
        assert!(problem.errors[0].message.contains(columns), "{problem:?}");
    }
}

/// `web` with a stale pod, `api` without pods but with more ready replicas, `cart` with a current pod.
fn three_deployments() -> FakeCluster {
    let fake = FakeCluster::default();
    fake.hold("namespaces", namespace("bank", &json!({})));
    fake.store(
        "bank",
        "default",
        &json!({ "traffic": { "excludeInboundPorts": ["80"] } }),
    );
    deploy(&fake, "bank", "web");
    deploy(&fake, "shop", "cart");
    let mut ready = deployment("shop", "api");
    ready["status"]["readyReplicas"] = json!(2);
    ready["metadata"]["creationTimestamp"] = json!("2025-01-01T00:00:00Z");
    fake.hold("deployments", ready);
    fake
}

#[tokio::test]
async fn deployments_are_sorted_and_filtered() {
    let server = TestServer::with(three_deployments(), &database()).await;
    for (sort, expected) in [
        ("name", ["shop/api", "shop/cart", "bank/web"]),
        ("namespace", ["bank/web", "shop/api", "shop/cart"]),
        ("ready", ["bank/web", "shop/cart", "shop/api"]),
        ("stale", ["shop/api", "shop/cart", "bank/web"]),
        ("created", ["shop/api", "bank/web", "shop/cart"]),
    ] {
        let mut expected = expected.map(str::to_owned);
        for sort in [sort.to_owned(), format!("-{sort}")] {
            for limit in [1, 2, 3] {
                let list = format!("/api/v1/deployments?sort={sort}&");
                assert_eq!(pages(&server, &list, limit).await, expected, "{sort} by {limit}");
            }
            expected.reverse();
        }
    }
    for (filter, expected) in [
        ("stale=true", &["bank/web"][..]),
        ("stale=false", &["shop/api", "shop/cart"]),
        ("q=A", &["shop/api", "shop/cart"]),
        ("namespace=shop&q=cart", &["shop/cart"]),
    ] {
        let list = format!("/api/v1/deployments?{filter}&");
        assert_eq!(names(&server, &list).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn pods_that_may_not_be_listed_are_not_counted_and_cannot_be_found_out_by_a_filter() {
    let fake = three_deployments();
    fake.forbid("pods");
    let server = TestServer::with(fake, &database()).await;
    let all = server.get("/api/v1/deployments").await;
    let items = all.body["items"].as_array().expect("items");
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|row| row["pods"]["total"] == 0), "{items:?}");
    assert!(names(&server, "/api/v1/deployments?stale=true&").await.is_empty());
    assert_eq!(
        names(&server, "/api/v1/deployments?sort=-stale&").await,
        ["shop/cart", "shop/api", "bank/web"]
    );
}

#[tokio::test]
async fn namespaces_come_in_pages_and_are_searched() {
    let fake = FakeCluster::default();
    for name in ["bank", "books", "shop-eu"] {
        fake.hold("namespaces", namespace(name, &json!({})));
    }
    let server = TestServer::with(fake, &database()).await;
    let all = ["/bank", "/books", "/istio-system", "/shop", "/shop-eu"];
    for limit in [1, 2, 5, 6] {
        assert_eq!(pages(&server, "/api/v1/namespaces?", limit).await, all, "{limit}");
    }
    let page = server.get("/api/v1/namespaces?q=SHOP&limit=1").await;
    assert_eq!(page.body["total"], 2);
    assert_eq!(
        names(&server, "/api/v1/namespaces?q=SHOP&").await,
        ["/shop", "/shop-eu"]
    );
}

#[tokio::test]
async fn the_root_namespace_is_told_with_the_global_setting() {
    let fake = FakeCluster::default();
    fake.store("istio-system", "default", &json!({ "traffic": {} }));
    let server = TestServer::with(fake, &database()).await;
    let page = server.get("/api/v1/namespaces").await;
    let rows = page.body["items"].as_array().expect("items").iter();
    let told: Vec<_> = rows
        .map(|row| {
            let name = row["name"].as_str().unwrap_or_default();
            (name, row["isRoot"] == true, row["hasSetting"] == true)
        })
        .collect();
    assert_eq!(told, [("istio-system", true, true), ("shop", false, false)]);
}
