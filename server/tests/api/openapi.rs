//! The committed description of the API is the one that the code gives.

use std::path::Path;

use crate::support::TestServer;

#[test]
fn the_committed_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == server::api::openapi(),
        "server/openapi.json is old: run `cargo xtask openapi`"
    );
}

#[tokio::test]
async fn the_served_document_describes_every_path() {
    let server = TestServer::new().await;
    let document = server.get(api::path::OPENAPI).await.body;
    assert_eq!(document["openapi"].as_str().map(|v| &v[..3]), Some("3.1"));
    for path in [
        api::path::MESHES,
        api::path::NAMESPACES,
        api::path::SETTINGS_GLOBAL,
        api::path::SETTINGS_NAMESPACE,
        api::path::SETTINGS_WORKLOADS,
        api::path::SETTINGS_WORKLOAD,
        api::path::DEPLOYMENTS,
        api::path::DEPLOYMENT,
        api::path::PODS,
        api::path::POD,
        api::path::AUDIT,
        api::path::AUDIT_CHANGE,
        api::path::EVENTS,
    ] {
        assert!(document["paths"][path].is_object(), "{path} is not described");
    }
}
