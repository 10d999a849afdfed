//! Settings that belong to somebody else: said when read, refused when written, unless told otherwise.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TestServer};

const STORED: (&str, &str) = ("if-match", "\"u.1\"");

/// A stored setting of the shop whose metadata has `marks` too.
fn hold(server: &TestServer, marks: &Value) {
    let mut setting = json!({
        "metadata": { "namespace": "shop", "name": "default", "uid": "u", "generation": 1 },
        "spec": { "traffic": { "excludeInboundPorts": ["80"] } },
    });
    for (name, value) in marks.as_object().expect("an object") {
        setting["metadata"][name] = value.clone();
    }
    server.fake.hold("sidecarsettings", setting);
}

async fn delete(server: &TestServer, query: &str) -> Answer {
    let url = format!("/api/v1/settings/namespaces/shop{query}");
    let request = Request::delete(url)
        .header(STORED.0, STORED.1)
        .body(Body::empty());
    server.send(request.expect("a request")).await
}

#[tokio::test]
async fn a_setting_that_git_would_undo_is_written_only_when_told_so() {
    let server = TestServer::new().await;
    hold(
        &server,
        &json!({ "labels": { "argocd.argoproj.io/instance": "shop" } }),
    );
    let read = server.get("/api/v1/settings/namespaces/shop").await.body;
    assert_eq!(read["owner"]["kind"], "argoCd");
    assert_eq!(read["owner"]["revertsBy"], "regularly");
    assert_eq!(
        read["owner"]["sentence"],
        "It belongs to Argo CD (application `shop`)."
    );

    let mut body = json!({ "traffic": { "excludeInboundPorts": ["81"] } });
    let refused = server.put(STORED, &body).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let problem = refused.problem();
    assert!(problem.is("owned"), "{problem:?}");
    assert!(
        problem.detail.contains("Argo CD (application `shop`)"),
        "{problem:?}"
    );
    let way_out = problem.way_out.expect("a way out");
    assert!(
        way_out.contains("Git") && way_out.contains("overrideOwner"),
        "{way_out}"
    );
    assert!(delete(&server, "").await.problem().is("owned"));
    assert!(server.fake.writes().is_empty());
    let history = server.get("/api/v1/audit").await.body;
    assert_eq!(history["total"], 0, "nothing was tried");

    body["overrideOwner"] = json!(true);
    assert_eq!(server.put(STORED, &body).await.status, StatusCode::OK);
    hold(
        &server,
        &json!({ "labels": { "argocd.argoproj.io/instance": "shop" } }),
    );
    assert_eq!(
        delete(&server, "?overrideOwner=true").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_owner_that_writes_only_at_an_upgrade_is_named_and_refuses_nothing() {
    let server = TestServer::new().await;
    hold(
        &server,
        &json!({ "managedFields": [{ "manager": "helm", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": {} }] }),
    );
    let read = server.get("/api/v1/settings/namespaces/shop").await.body;
    assert_eq!(
        (&read["owner"]["kind"], &read["owner"]["revertsBy"]),
        (&json!("helm"), &json!("atUpgrade"))
    );
    let saved = server.put(STORED, &json!({ "traffic": {} })).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
}

#[tokio::test]
async fn who_wrote_only_the_status_owns_nothing() {
    let server = TestServer::new().await;
    hold(
        &server,
        &json!({ "managedFields": [{ "manager": "argocd-controller", "operation": "Update", "subresource": "status" }] }),
    );
    let read = server.get("/api/v1/settings/namespaces/shop").await.body;
    assert_eq!(read["owner"], Value::Null);
}
