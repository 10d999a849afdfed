//! The history as a file.

use api::audit::{Action, Target};
use http::StatusCode;
use serde_json::{Value, json};
use server::history::Intent;

use crate::{
    fake_cluster::FakeCluster,
    support::{Answer, TestServer, database},
};

/// More than are read at a time.
const MANY: usize = 501;

async fn record(server: &TestServer, namespace: &str, actor: &str) {
    let intent = Intent {
        actor: actor.into(),
        action: Action::SaveSetting,
        target: Target {
            kind: "SidecarSetting".into(),
            namespace: namespace.into(),
            name: "default".into(),
        },
        reason: Some("two\nlines".into()),
        before: None,
        after: Some(json!({ "traffic": {} })),
        based_on: None,
        outside: None,
        reverts: None,
    };
    server.state.history.intend(&intent).await.expect("recorded");
}

/// The lines of a file, each as JSON.
fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    // A body of one line is JSON as a whole.
    let text = match &answer.body {
        Value::String(text) => text.clone(),
        one => format!("{one}\n"),
    };
    assert!(text.is_empty() || text.ends_with('\n'), "cut off: {text}");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

#[tokio::test]
async fn every_change_is_a_line_newest_first_as_it_is_read_alone() {
    let server = TestServer::new().await;
    for _ in 0..MANY {
        record(&server, "shop", "ada").await;
    }
    let answer = server.get(api::path::AUDIT_EXPORT).await;
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    assert_eq!(
        answer.headers["content-disposition"],
        "attachment; filename=\"sidestep-history.ndjson\""
    );
    let lines = lines(&answer);
    assert_eq!(lines.len(), MANY);
    let ids: Vec<&str> = lines
        .iter()
        .map(|line| line["id"].as_str().expect("an id"))
        .collect();
    assert!(ids.is_sorted_by(|newer, older| newer > older), "newest first");
    for line in [&lines[0], &lines[MANY - 1]] {
        let one = server
            .get(&api::path::audit_change(line["id"].as_str().expect("an id")))
            .await;
        assert_eq!(one.body, *line);
    }
}

#[tokio::test]
async fn the_filters_of_the_list_hold_and_its_pages_do_not() {
    let server = TestServer::new().await;
    record(&server, "shop", "ada").await;
    record(&server, "shop", "bob").await;
    record(&server, "istio-system", "bob").await;
    let of = |query: &str| format!("{}?{query}", api::path::AUDIT_EXPORT);
    let found = lines(&server.get(&of("actor=bob&namespace=shop&outcome=pending")).await);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["actor"], "bob");
    assert!(lines(&server.get(&of("outcome=failed")).await).is_empty());
    for (query, path) in [
        ("limit=5", "limit"),
        ("cursor=7", "cursor"),
        ("acter=ada", "acter"),
    ] {
        let problem = server.get(&of(query)).await.problem();
        assert_eq!((problem.status, problem.errors[0].path.as_str()), (422, path));
    }
}

#[tokio::test]
async fn nobody_is_given_more_than_the_list_shows_them() {
    let fake = FakeCluster::default();
    fake.forbid_when(|asked| asked["resource"] == "sidecarsettings" && asked["namespace"] != "shop");
    let server = TestServer::with(fake, &database()).await;
    record(&server, "shop", "ada").await;
    record(&server, "istio-system", "ada").await;
    let found = lines(&server.get(api::path::AUDIT_EXPORT).await);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["target"]["namespace"], "shop");
}
