//! The webhook before the first lists are in.

use axum::body::Body;
use http::{Request, StatusCode};
use server::{admission, cluster::Cluster, install::WEBHOOK_PATH};
use tower::ServiceExt;

use crate::support::TestServer;

#[tokio::test]
async fn until_the_settings_are_read_the_answer_is_503_never_nothing_to_do() {
    // Nobody answers at this address, so no list ever comes in.
    let config = kube::Config::new("http://127.0.0.1:9".parse().expect("a URL"));
    let client = kube::Client::try_from(config).expect("a client");
    let cluster = Cluster::watch("test", "", client.clone(), &client);
    let request = Request::post(WEBHOOK_PATH)
        .body(Body::from("{}"))
        .expect("a request");
    let response = admission::router(cluster)
        .oneshot(request)
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_review_that_cannot_be_read_is_answered_as_invalid() {
    let server = TestServer::new().await;
    let request = Request::post(WEBHOOK_PATH)
        .body(Body::from("{"))
        .expect("a request");
    let response = admission::router(server.state.cluster.clone())
        .oneshot(request)
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
}
