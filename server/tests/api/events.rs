//! The stream of changes.

use std::time::{Duration, Instant};

use api::mesh::DeliveryState;
use axum::body::{Body, BodyDataStream};
use futures::StreamExt;
use http::{Request, StatusCode};
use serde_json::json;
use server::router::{Serving, router};
use tower::ServiceExt;

use crate::{
    support::TestServer,
    things::{deployment, namespace, pod},
};

/// Long enough for anything that should come.
const PATIENCE: Duration = Duration::from_secs(10);
/// At most one event of a kind comes in this time.
const PAUSE: Duration = Duration::from_millis(500);

/// A listener, and what has come in but was not asked for yet.
struct Listener {
    body: BodyDataStream,
    text: String,
}

impl Listener {
    /// Subscribes and takes the `ready`.
    async fn of(server: &TestServer) -> Self {
        let request = Request::get(api::path::EVENTS).body(Body::empty());
        let response = server.router.clone().oneshot(request.expect("a request")).await;
        let response = response.expect("a router never fails");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut listener = Self {
            body: response.into_body().into_data_stream(),
            text: String::new(),
        };
        assert_eq!(listener.next().await.as_deref(), Some("ready"));
        listener
    }

    /// The name of the next event; `None`: the stream has ended.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let name = event
                    .strip_prefix("event: ")
                    .and_then(|event| event.split_once('\n'));
                let (name, data) = name.unwrap_or_else(|| panic!("no event: {event}"));
                assert_eq!(data, "data: {}");
                return Some(name.to_owned());
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await;
            let chunk = chunk
                .expect("an event in time")?
                .expect("a stream that does not break");
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// As many events as are expected, by name. One too many is found by who asks next.
    async fn gets(&mut self, expected: &[&str]) {
        let mut events = Vec::new();
        for _ in expected {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events.sort_unstable();
        assert_eq!(events, expected);
    }
}

/// A server that has found out in which state delivery is: in its first moments that is a change like any other.
async fn settled() -> TestServer {
    let server = TestServer::new().await;
    let since = Instant::now();
    while server.state.cluster.delivery.now().state == DeliveryState::Unknown {
        assert!(since.elapsed() < PATIENCE, "delivery is not checked");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server
}

#[tokio::test]
async fn each_change_is_told_by_the_kinds_of_things_that_it_touches() {
    let server = settled().await;
    let mut listener = Listener::of(&server).await;
    let fake = &server.fake;
    fake.store("shop", "default", &json!({ "traffic": {} }));
    listener.gets(&["pods", "settings"]).await;
    fake.hold("pods", pod("shop", "web", "web"));
    listener.gets(&["pods"]).await;
    fake.hold("deployments", deployment("shop", "web"));
    listener.gets(&["pods", "workloads"]).await;
    fake.hold("namespaces", namespace("bank", &json!({})));
    listener.gets(&["namespaces", "pods"]).await;
    let mesh = json!({ "metadata": { "namespace": "istio-system", "name": "istio" } });
    fake.hold("configmaps", mesh);
    listener.gets(&["mesh", "pods"]).await;
    fake.lose("pods", "shop", "web");
    listener.gets(&["pods"]).await;
}

#[tokio::test]
async fn a_save_is_told_and_so_is_its_record() {
    let server = settled().await;
    let mut listener = Listener::of(&server).await;
    let body = json!({ "traffic": { "excludeInboundPorts": ["80"] } });
    let saved = server.put(("if-none-match", "*"), &body).await;
    assert_eq!(saved.status, StatusCode::CREATED);
    listener.gets(&["history", "pods", "settings"]).await;
}

#[tokio::test]
async fn many_changes_are_one_event_in_half_a_second_and_the_first_comes_at_once() {
    let server = settled().await;
    let mut listener = Listener::of(&server).await;
    let fake = server.fake.clone();
    let busy = tokio::spawn(async move {
        loop {
            fake.hold("pods", pod("shop", "web", "web"));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let mut last = Instant::now();
    for number in 0..3 {
        listener.gets(&["pods"]).await;
        let waited = last.elapsed();
        last = Instant::now();
        if number == 0 {
            assert!(waited < PAUSE, "{waited:?}");
        } else {
            // The clock of the server and this one do not start in the same moment.
            assert!(waited > PAUSE / 2, "{waited:?}");
        }
    }
    busy.abort();
}

#[tokio::test]
async fn nothing_is_lost_after_ready() {
    let server = TestServer::new().await;
    for number in 0..20 {
        let mut listener = Listener::of(&server).await;
        let name = format!("web-{number}");
        server.fake.hold("pods", pod("shop", &name, "web"));
        while listener.next().await.as_deref() != Some("pods") {}
    }
}

#[tokio::test]
async fn the_stream_ends_when_the_process_stops() {
    let server = TestServer::new().await;
    let mut listener = Listener::of(&server).await;
    server.state.stopping.begin();
    while listener.next().await.is_some() {}
}

#[tokio::test]
async fn it_is_for_callers_that_the_cluster_knows() {
    let server = TestServer::new().await;
    let request = Request::get(api::path::EVENTS)
        .header("authorization", "Basic YTpi")
        .body(Body::empty());
    let answer = server.send(request.expect("a request")).await;
    assert!(answer.problem().is("unauthenticated"));
}

#[tokio::test]
async fn it_is_never_compressed_nor_kept_back() {
    let server = TestServer::new().await;
    let console = router(
        &server.state,
        &Serving {
            site: None,
            loopback: true,
        },
    );
    let request = Request::get(api::path::EVENTS)
        .header("accept-encoding", "br, gzip")
        .body(Body::empty());
    let response = console
        .oneshot(request.expect("a request"))
        .await
        .expect("an answer");
    assert!(!response.headers().contains_key("content-encoding"));
    assert_eq!(response.headers()["x-accel-buffering"], "no");
}
