//! Restart plans over REST, and their store on every kind of database.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use api::restart::{PlannedWorkload, RestartOptions, RestartPlan, Scope, WorkloadName};
use axum::body::Body;
use domain::restart::{Approver, Event, RunState};
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use server::{clock::Clock, history::History, restarts::store::Restarts};

use crate::{
    fake_cluster::FakeCluster,
    support::{Answer, TestServer, database, databases},
    things::{deploy, namespace, pod},
};

/// Stale pods of a Deployment, and one that nobody owns.
async fn stale() -> TestServer {
    let fake = FakeCluster::default();
    fake.hold(
        "namespaces",
        namespace("shop", &json!({ "istio-injection": "enabled" })),
    );
    deploy(&fake, "shop", "web");
    fake.hold("pods", pod("shop", "shell", "shell"));
    fake.store(
        "shop",
        "default",
        &json!({ "traffic": { "excludeInboundPorts": ["7001"] } }),
    );
    TestServer::with(fake, &database()).await
}

async fn post(server: &TestServer, path: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

fn shop() -> Value {
    json!({ "scope": { "is": "namespace", "namespace": "shop" } })
}

#[tokio::test]
async fn a_plan_names_what_differs_and_what_is_left_alone_and_stores_nothing() {
    let server = stale().await;
    let plan = post(&server, "/api/v1/restarts:plan", &shop()).await;
    assert_eq!(plan.status, StatusCode::OK, "{plan:?}");
    let web = &plan.body["workloads"][0];
    assert_eq!(
        (&web["kind"], &web["name"]),
        (&json!("Deployment"), &json!("web"))
    );
    assert_eq!(web["staleFields"], json!(["excludeInboundPorts"]));
    assert_eq!(web["remarks"][0]["code"], "not-all-ready");
    assert_eq!(plan.body["blocked"][0]["code"], "bare-pod");
    assert_eq!(plan.body["options"]["podsPerSecond"], 5);
    let list = server.get("/api/v1/restarts").await;
    assert_eq!(list.body, json!({ "items": [], "total": 0 }));
}

#[tokio::test]
async fn a_run_obeys_only_what_is_possible_and_says_how_it_stands() {
    let server = stale().await;
    let made = post(&server, "/api/v1/restarts", &shop()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let id = made.body["id"].as_str().expect("an id").to_owned();
    let tell = |command: &'static str| {
        let (server, path) = (&server, format!("/api/v1/restarts/{id}/{command}"));
        async move { post(server, &path, &Value::Null).await }
    };
    let refused = tell("pause").await;
    let problem = refused.problem();
    assert!(problem.is("wrong-state") && problem.status == 409, "{problem:?}");
    assert_eq!(problem.current.expect("how it stands")["state"], "planned");
    for (command, state) in [
        ("start", "running"),
        ("pause", "paused"),
        ("resume", "running"),
        ("cancel", "cancelled"),
    ] {
        let answer = tell(command).await;
        assert_eq!(answer.body["state"], state, "{command}: {answer:?}");
        assert_eq!(answer.body["approvedBy"], "ada");
    }
    let list = server.get("/api/v1/restarts?state=cancelled").await;
    assert_eq!(list.body["items"][0]["counts"]["skipped"], 1, "{list:?}");
    assert!(server.fake.writes().is_empty(), "nobody carries it out here");
}

#[tokio::test]
async fn where_the_consoles_account_may_not_restart_it_says_how_to_let_it() {
    let server = stale().await;
    let made = post(&server, "/api/v1/restarts", &shop()).await;
    let id = made.body["id"].as_str().expect("an id");
    // The caller is asked about a workload by its name, the console about all.
    server
        .fake
        .forbid_when(|asked| asked["verb"] == "patch" && asked["name"].is_null());
    let problem = post(&server, &format!("/api/v1/restarts/{id}/start"), &Value::Null)
        .await
        .problem();
    assert!(problem.is("executor-forbidden"), "{problem:?}");
    assert!(
        problem
            .way_out
            .is_some_and(|way| way.contains("sidestep install --restarts"))
    );
}

#[tokio::test]
async fn whoever_may_not_restart_a_workload_cannot_plan_it_nor_start_the_plan_of_another() {
    let server = stale().await;
    let made = post(&server, "/api/v1/restarts", &shop()).await;
    let id = made.body["id"].as_str().expect("an id");
    server.fake.forbid_when(|asked| asked["verb"] == "patch");
    let plan = post(&server, "/api/v1/restarts:plan", &shop()).await;
    let codes: Vec<&Value> = plan.body["blocked"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|b| &b["code"])
        .collect();
    assert_eq!(codes, ["forbidden", "bare-pod"], "{plan:?}");
    let problem = post(&server, &format!("/api/v1/restarts/{id}/start"), &Value::Null)
        .await
        .problem();
    assert!(problem.is("forbidden"), "{problem:?}");
}

/// A clock that a test moves, in seconds.
fn clock() -> (Clock, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(1_000));
    let read = seconds.clone();
    let now = move || Timestamp::from_second(read.load(Ordering::Relaxed)).expect("a time");
    (Clock::of(now), seconds)
}

fn two_workloads() -> RestartPlan {
    let workload = |name: &str| PlannedWorkload {
        workload: WorkloadName {
            kind: "Deployment".to_owned(),
            namespace: "shop".to_owned(),
            name: name.to_owned(),
        },
        wave: 0,
        pods: 2,
        stale_pods: 2,
        stale_fields: Vec::new(),
        remarks: Vec::new(),
    };
    RestartPlan {
        scope: Scope::Stale,
        options: RestartOptions::default(),
        reason: None,
        workloads: vec![workload("a"), workload("b")],
        blocked: Vec::new(),
        notices: Vec::new(),
    }
}

#[tokio::test]
async fn a_lease_that_is_lost_takes_no_more_events() {
    for url in databases().await {
        let (clock, seconds) = clock();
        let history = History::open(&url, clock.clone()).await.expect("a history");
        let restarts = Restarts::new(&history, clock);
        let mut stored = restarts.insert(two_workloads(), "ada").await.expect("stored");
        let id = stored.id.clone();
        let by = Approver {
            user: "ada".to_owned(),
            groups: Vec::new(),
        };
        assert_eq!(
            restarts.unclaimed().await.expect("read"),
            Vec::<String>::new(),
            "a plan is nobody's work"
        );
        restarts
            .append(&mut stored, &Event::Started { by }, None)
            .await
            .expect("started");
        assert_eq!(
            restarts.unclaimed().await.expect("read"),
            std::slice::from_ref(&id)
        );

        let claim = |driver: &'static str| restarts.claim(&id, driver);
        assert!(claim("one").await.expect("claimed"));
        assert!(!claim("other").await.expect("refused"), "one driver at a time");
        assert!(claim("one").await.expect("renewed"));
        assert!(restarts.unclaimed().await.expect("read").is_empty());
        let began = |item| Event::Began { item };
        assert!(
            restarts
                .append(&mut stored, &began(0), Some("one"))
                .await
                .expect("it drives")
        );
        let mut others = restarts.get(&id).await.expect("read").expect("stored");
        assert!(
            !restarts
                .append(&mut others, &began(1), Some("other"))
                .await
                .expect("it does not")
        );

        seconds.fetch_add(60, Ordering::Relaxed);
        assert!(
            !restarts
                .append(&mut stored, &began(1), Some("one"))
                .await
                .expect("too late")
        );
        assert!(claim("other").await.expect("taken over"));
        assert!(
            restarts
                .append(&mut others, &Event::Done { item: 0 }, Some("other"))
                .await
                .expect("it drives")
        );
        // What the first one missed it learns before it says anything.
        assert!(
            !restarts
                .append(&mut stored, &Event::Done { item: 0 }, Some("one"))
                .await
                .expect("refused")
        );
        restarts.release(&id, "other").await.expect("given back");
        assert!(claim("one").await.expect("claimed"));
    }
}

#[tokio::test]
async fn events_at_the_same_time_are_told_one_after_the_other() {
    for url in databases().await {
        let history = History::open(&url, Clock::system()).await.expect("a history");
        let restarts = Restarts::new(&history, Clock::system());
        let mut stored = restarts.insert(two_workloads(), "ada").await.expect("stored");
        let by = Approver {
            user: "ada".to_owned(),
            groups: vec!["ops".to_owned()],
        };
        restarts
            .append(&mut stored, &Event::Started { by: by.clone() }, None)
            .await
            .expect("started");
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (restarts, mut stored) = (restarts.clone(), stored.clone());
                tokio::spawn(async move {
                    let pause = Event::Paused {
                        by: "ada".to_owned(),
                        why: None,
                    };
                    restarts
                        .append(&mut stored, &pause, None)
                        .await
                        .expect("readable")
                })
            })
            .collect();
        let mut taken = 0;
        for task in tasks {
            taken += usize::from(task.await.expect("no panic"));
        }
        assert_eq!(taken, 1, "paused once; the others are told that it is");
        let read = restarts.get(&stored.id).await.expect("read").expect("stored");
        assert_eq!(
            (read.run.state, read.events, read.run.approver),
            (RunState::Paused, 2, Some(by))
        );
    }
}
