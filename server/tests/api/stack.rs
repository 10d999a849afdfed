//! What every answer carries, and what no request gets past.

use axum::body::Body;
use http::{Request, StatusCode};
use server::router::{Serving, router};
use tower::{Layer, ServiceExt};
use tower_http::decompression::DecompressionLayer;

use crate::support::{Answer, TestServer};

#[tokio::test]
async fn every_answer_forbids_sniffing_framing_and_foreign_content() {
    let server = TestServer::new().await;
    for path in ["/api/v1/meshes", "/api/v1/nothing"] {
        let headers = server.get(path).await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .is_ok_and(|p| p.contains("frame-ancestors 'none'"))
        );
        assert!(headers.contains_key("x-request-id"), "{path}");
    }
}

#[tokio::test]
async fn a_problem_names_its_request() {
    let server = TestServer::new().await;
    let request = Request::get("/api/v1/nothing")
        .header("x-request-id", "abc")
        .body(Body::empty());
    let answer = server.send(request.expect("a request")).await;
    assert_eq!(answer.problem().request_id.as_deref(), Some("abc"));
    assert_eq!(answer.headers["x-request-id"], "abc");
}

#[tokio::test]
async fn a_compressed_problem_names_its_request_too() {
    let server = TestServer::new().await;
    let console = router(
        &server.state,
        &Serving {
            site: None,
            loopback: true,
        },
    );
    // It asks for gzip, as a browser does, and unpacks the answer.
    let browser = DecompressionLayer::new().layer(console);
    let request = Request::get("/api/v1/audit/none")
        .header("x-request-id", "abc")
        .body(Body::empty());
    let response = browser
        .oneshot(request.expect("a request"))
        .await
        .expect("an answer");
    let answer = Answer::of(response.map(Body::new)).await;
    assert_eq!(answer.problem().request_id.as_deref(), Some("abc"));
}

#[tokio::test]
async fn a_page_of_another_site_cannot_write() {
    let server = TestServer::new().await;
    let request = Request::put("/api/v1/settings/global")
        .header("host", "127.0.0.1:8080")
        .header("origin", "https://evil.example")
        .header("if-none-match", "*")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"traffic":{}}"#));
    let answer = server.send(request.expect("a request")).await;
    assert!(answer.problem().is("cross-site"), "{answer:?}");
    assert!(server.fake.writes().is_empty());
}

#[tokio::test]
async fn a_foreign_name_for_this_machine_is_not_answered_in_local_mode() {
    let server = TestServer::new().await;
    let console = router(
        &server.state,
        &Serving {
            site: None,
            loopback: true,
        },
    );
    let ask = |host: &'static str| {
        let request = Request::get("/healthz")
            .header("host", host)
            .body(Body::empty())
            .expect("a request");
        let console = console.clone();
        async move { Answer::of(console.oneshot(request).await.expect("an answer")).await }
    };
    assert_eq!(ask("127.0.0.1:8080").await.status, StatusCode::OK);
    assert!(ask("evil.example").await.problem().is("wrong-host"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let server = TestServer::new().await;
    let request = Request::put("/api/v1/settings/global")
        .header("if-none-match", "*")
        .header("content-type", "application/json")
        .body(Body::from(vec![b' '; 65 * 1024]));
    let answer = server.send(request.expect("a request")).await;
    assert_eq!(answer.problem().status, 413);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let server = TestServer::new().await;
    for (kind, body, status) in [
        ("text/plain", "{}", 415),
        ("application/json", "{", 400),
        ("application/json", "{} {}", 422),
    ] {
        let request = Request::put("/api/v1/settings/global")
            .header("if-none-match", "*")
            .header("content-type", kind)
            .body(Body::from(body));
        assert_eq!(
            server.send(request.expect("a request")).await.problem().status,
            status,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_a_problem_too() {
    let server = TestServer::new().await;
    let request = Request::post("/api/v1/settings/global")
        .body(Body::empty())
        .expect("a request");
    let answer = server.send(request).await;
    assert_eq!(answer.problem().status, 405);
    assert!(answer.headers.contains_key("allow"), "{answer:?}");
}
