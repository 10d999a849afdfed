//! A server for a test, and requests to it.

use api::Problem;
use axum::{Router, body::Body};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use server::{
    caller::Callers, clock::Clock, cluster::Cluster, history::History, outbound_policy::Istiods,
    restarts::store::Restarts, router, state::State, stopping::Stopping, verify::store::Verifications,
};
use tower::ServiceExt;

use crate::fake_cluster::FakeCluster;

/// The real router over a fake cluster and a real history.
pub(crate) struct TestServer {
    pub(crate) fake: FakeCluster,
    pub(crate) state: State,
    pub(crate) router: Router,
}

/// A fresh SQLite file's URL; the file goes with the machine's temporary folder.
pub(crate) fn database() -> String {
    format!(
        "sqlite://{}/sidestep-test-{}.db",
        std::env::temp_dir().display(),
        uuid::Uuid::now_v7()
    )
}

/// A fresh database of every kind at hand: a SQLite file, and one in the PostgreSQL server that `make test` starts where
/// it can (it counts as skipped where it cannot).
pub(crate) async fn databases() -> Vec<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by their environment which server there is"
    )]
    let server = std::env::var("SIDESTEP_POSTGRES");
    let mut urls = vec![database()];
    if let Ok(server) = server {
        sqlx::any::install_default_drivers();
        let name = format!("t{}", uuid::Uuid::now_v7().simple());
        let admin = sqlx::AnyPool::connect(&format!("{server}/postgres"))
            .await
            .expect("PostgreSQL answers");
        let create = sqlx::AssertSqlSafe(format!("create database {name}"));
        sqlx::query(create).execute(&admin).await.expect("a database");
        urls.push(format!("{server}/{name}"));
    }
    urls
}

impl TestServer {
    /// A server whose cluster is empty, with all lists in.
    pub(crate) async fn new() -> Self {
        Self::with(FakeCluster::default(), &database()).await
    }

    pub(crate) async fn with(fake: FakeCluster, database: &str) -> Self {
        let clock = Clock::system();
        let history = History::open(database, clock.clone()).await.expect("a history");
        let client = fake.client();
        let cluster = Cluster::watch("test", "https://cluster.test", client.clone(), &client);
        let config = kube::Config::new("https://cluster.test".parse().expect("a URL"));
        let state = State {
            cluster,
            restarts: Restarts::new(&history, clock.clone()),
            verifications: Verifications::new(&history, clock.clone()),
            debug_image: "debug.test/curl".into(),
            history,
            callers: Callers::with_client(config, Some(client)),
            istiods: Istiods::default(),
            reason_required: false,
            clock,
            stopping: Stopping::default(),
        };
        let router = router::api_only(&state);
        let server = Self { fake, state, router };
        server.ready().await;
        server
    }

    /// Lets the console ask these for their own word.
    pub(crate) fn ask_istiod(&mut self, istiods: Istiods) {
        self.state.istiods = istiods;
        self.router = router::api_only(&self.state);
    }

    /// Makes a reason mandatory.
    pub(crate) fn require_reason(&mut self) {
        self.state.reason_required = true;
        self.router = router::api_only(&self.state);
    }

    async fn ready(&self) {
        for _ in 0..500 {
            if self.state.cluster.ready().is_ok() && self.state.cluster.contact.unreachable().is_none() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("not ready: {:?}", self.state.cluster.missing());
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(
            self.router
                .clone()
                .oneshot(request)
                .await
                .expect("a router never fails"),
        )
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request"))
            .await
    }

    /// `PUT` of the shop's setting with this precondition.
    pub(crate) async fn put(&self, precondition: (&str, &str), body: &Value) -> Answer {
        let request = Request::put("/api/v1/settings/namespaces/shop")
            .header(precondition.0, precondition.1)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        self.send(request.expect("a request")).await
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The problem in it; a test fails where it is none.
    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(self.headers["content-type"], api::problem::MEDIA_TYPE, "{self:?}");
        let problem: Problem = serde_json::from_value(self.body.clone()).expect("a problem");
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }
}
