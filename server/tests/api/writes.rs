//! Writes: their preconditions, their record, and what happens when the cluster fails in the middle.

use api::audit::{AuditQuery, Change, OutcomeState};
use http::StatusCode;
use serde_json::json;
use server::{
    caller::Visible,
    history::{Shown, reconcile},
};

use crate::{
    fake_cluster::{FakeCluster, NextWrite},
    support::{TestServer, database},
};

const CREATE: (&str, &str) = ("if-none-match", "*");

async fn changes(server: &TestServer) -> Vec<Change> {
    let (changes, _) = server
        .state
        .history
        .page(
            &AuditQuery::default(),
            &Shown {
                settings: Visible::All,
                pods: Visible::All,
                config_maps: Visible::All,
            },
            None,
            100,
        )
        .await
        .expect("readable");
    changes.into_iter().map(|(_, change)| change).collect()
}

#[tokio::test]
async fn a_create_that_somebody_else_won_is_a_412_and_a_failed_outcome() {
    let server = TestServer::new().await;
    server.fake.next_write(NextWrite::Refused(json!({
        "kind": "Status", "status": "Failure", "code": 409, "reason": "AlreadyExists", "message": "already exists",
    })));
    let answer = server
        .put(CREATE, &json!({ "traffic": { "excludeInboundPorts": ["80"] } }))
        .await;
    assert!(answer.problem().is("changed-meanwhile"), "{answer:?}");
    let changes = changes(&server).await;
    assert_eq!(changes[0].outcome.state, OutcomeState::Failed);
    assert_eq!(changes[0].actor, "ada");
}

#[tokio::test]
async fn a_write_based_on_an_old_version_is_a_412_with_the_state_now_and_never_reaches_the_cluster() {
    let server = TestServer::new().await;
    server.fake.store(
        "shop",
        "default",
        &json!({ "traffic": { "excludeInboundPorts": ["80"] } }),
    );
    let answer = server
        .put(("if-match", "\"uid-default.7\""), &json!({ "traffic": {} }))
        .await;
    let problem = answer.problem();
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(
        problem.current.expect("the state now")["stored"]["traffic"]["excludeInboundPorts"],
        json!(["80"])
    );
    assert!(server.fake.writes().is_empty());
    assert!(changes(&server).await.is_empty());
}

#[tokio::test]
async fn a_write_that_is_overtaken_on_its_way_is_a_412_with_the_other_ones_state() {
    let server = TestServer::new().await;
    server.fake.store(
        "shop",
        "default",
        &json!({ "traffic": { "excludeInboundPorts": ["80"] } }),
    );
    server.fake.next_write(NextWrite::Overtaken(
        json!({ "traffic": { "excludeInboundPorts": ["81"] } }),
    ));
    let body = json!({ "traffic": { "excludeInboundPorts": ["82"] } });
    let answer = server.put(("if-match", "\"uid-default.1\""), &body).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    let spec = server.fake.spec("shop/default").expect("stored");
    assert_eq!(
        spec["traffic"]["excludeInboundPorts"],
        json!(["81"]),
        "the other one's write stands"
    );
    assert_eq!(changes(&server).await[0].outcome.state, OutcomeState::Failed);
}

#[tokio::test]
async fn what_the_clusters_schema_refuses_names_the_field_as_our_body_has_it() {
    let server = TestServer::new().await;
    server.fake.next_write(NextWrite::Refused(json!({
        "kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid", "message": "is invalid",
        "details": { "causes": [{ "field": "spec.traffic.excludeInboundPorts", "message": "too many", "reason": "FieldValueInvalid" }] },
    })));
    let answer = server
        .put(CREATE, &json!({ "traffic": { "excludeInboundPorts": ["80"] } }))
        .await;
    let problem = answer.problem();
    assert_eq!(
        (problem.status, problem.errors[0].path.as_str()),
        (422, "traffic.excludeInboundPorts")
    );
    assert_eq!(changes(&server).await[0].outcome.state, OutcomeState::Failed);
}

#[tokio::test]
async fn a_lost_connection_leaves_the_outcome_open_until_the_cluster_is_asked() {
    for (lost, expected) in [
        (NextWrite::LostBefore, OutcomeState::Failed),
        (NextWrite::LostAfter, OutcomeState::Succeeded),
    ] {
        let database = database();
        let fake = FakeCluster::default();
        let server = TestServer::with(fake.clone(), &database).await;
        server.fake.next_write(lost.clone());
        let answer = server
            .put(CREATE, &json!({ "traffic": { "excludeInboundPorts": ["80"] } }))
            .await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert_eq!(
            changes(&server).await[0].outcome.state,
            OutcomeState::Pending,
            "{lost:?}"
        );

        // The next process on the same database.
        let server = TestServer::with(fake, &database).await;
        let state = server.state.clone();
        let sweep = tokio::spawn(reconcile::run(state.history, state.cluster, state.clock, true));
        let outcome = settled(&server, 0).await;
        sweep.abort();
        assert_eq!(outcome, expected, "{lost:?}");
    }
}

#[tokio::test]
async fn a_later_save_of_the_same_setting_does_not_hide_what_came_of_the_lost_one() {
    for (lost, expected) in [
        (NextWrite::LostBefore, OutcomeState::Failed),
        (NextWrite::LostAfter, OutcomeState::Succeeded),
    ] {
        let server = TestServer::new().await;
        server.fake.store(
            "shop",
            "default",
            &json!({ "traffic": { "excludeInboundPorts": ["80"] } }),
        );
        server.fake.next_write(lost.clone());
        server
            .put(
                ("if-match", "\"uid-default.1\""),
                &json!({ "traffic": { "excludeInboundPorts": ["81"] } }),
            )
            .await;
        let etag = server.get("/api/v1/settings/namespaces/shop").await.headers["etag"].clone();
        let again = server
            .put(
                ("if-match", etag.to_str().expect("text")),
                &json!({ "traffic": {} }),
            )
            .await;
        assert_eq!(again.status, StatusCode::OK, "{again:?}");

        let state = server.state.clone();
        let sweep = tokio::spawn(reconcile::run(state.history, state.cluster, state.clock, true));
        let outcome = settled(&server, 1).await;
        sweep.abort();
        assert_eq!(outcome, expected, "{lost:?}");
    }
}

/// The outcome of the change at this place of the history, newest first, once there is one.
async fn settled(server: &TestServer, place: usize) -> OutcomeState {
    for _ in 0..200 {
        let outcome = changes(server).await[place].outcome.state;
        if outcome != OutcomeState::Pending {
            return outcome;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    OutcomeState::Pending
}

#[tokio::test]
async fn saving_what_is_stored_changes_and_records_nothing() {
    let server = TestServer::new().await;
    server.fake.store(
        "shop",
        "default",
        &json!({ "traffic": { "excludeInboundPorts": ["80"] } }),
    );
    let body = json!({ "traffic": { "excludeInboundPorts": [" 80"] } });
    let answer = server.put(("if-match", "\"uid-default.1\""), &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(
        answer.body["notices"].as_array().map(Vec::len),
        Some(1),
        "{answer:?}"
    );
    assert!(server.fake.writes().is_empty() && changes(&server).await.is_empty());
}

#[tokio::test]
async fn a_history_that_takes_no_writes_keeps_the_cluster_untouched_and_reading_goes_on() {
    let database = database();
    drop(TestServer::with(FakeCluster::default(), &database).await);
    let server = TestServer::with(FakeCluster::default(), &format!("{database}?mode=ro")).await;
    let answer = server
        .put(CREATE, &json!({ "traffic": { "excludeInboundPorts": ["80"] } }))
        .await;
    assert!(answer.problem().is("history-unwritable"), "{answer:?}");
    assert!(server.fake.writes().is_empty());
    assert_eq!(
        server.get("/api/v1/settings/namespaces/shop").await.status,
        StatusCode::OK
    );
    assert_eq!(server.get("/api/v1/audit").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_refused_field_is_named_at_once() {
    let server = TestServer::new().await;
    let body = json!({
        "traffic": { "excludeInboundPorts": ["80", "8o80"], "excludeInboundPort": [], "excludeOutboundIPRanges": ["47.XX.XX.144/32"] },
        "priority": 1,
        "selector": { "matchLabels": { "a": "b" } },
    });
    let problem = server.put(CREATE, &body).await.problem();
    let mut paths: Vec<&str> = problem.errors.iter().map(|e| e.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "priority",
            "selector",
            "traffic.excludeInboundPort",
            "traffic.excludeInboundPorts[1]",
            "traffic.excludeOutboundIPRanges[0]",
        ]
    );
}

#[tokio::test]
async fn null_and_wrong_types_are_refused_with_their_path() {
    let server = TestServer::new().await;
    for (body, path) in [
        (
            json!({ "traffic": { "excludeInboundPorts": null } }),
            "traffic.excludeInboundPorts",
        ),
        (
            json!({ "traffic": { "excludeInboundPorts": [80] } }),
            "traffic.excludeInboundPorts[0]",
        ),
        (
            json!({ "traffic": { "excludeInboundPorts": [""] } }),
            "traffic.excludeInboundPorts[0]",
        ),
        (json!({ "traffic": "none" }), "traffic"),
    ] {
        let problem = server.put(CREATE, &body).await.problem();
        assert_eq!(problem.status, 422, "{body}");
        assert_eq!(problem.errors[0].path, path, "{body}");
    }
}
