//! What came of changes whose outcome is not recorded, told by the cluster and by what was changed later.

use api::audit::{Action, Change, OutcomeState, Target};
use domain::restart::{Event, RESTART, RESTARTED_AT};
use serde_json::{Value, json};
use server::history::{Intent, Recorded, reconcile};
use sqlx::Executor;

use crate::{
    fake_cluster::{FakeCluster, NextWrite},
    support::{TestServer, databases},
    things,
};

fn ports(ports: &[&str]) -> Value {
    json!({ "traffic": { "excludeInboundPorts": ports } })
}

/// The setting of the namespace `shop`.
fn setting() -> Target {
    Target {
        kind: "SidecarSetting".to_owned(),
        namespace: "shop".to_owned(),
        name: "default".to_owned(),
    }
}

fn intent(action: Action, target: Target, before: Option<Value>, after: Value) -> Intent {
    Intent {
        actor: "ada".to_owned(),
        action,
        target,
        reason: None,
        before,
        after: Some(after),
        based_on: None,
        outside: None,
        reverts: None,
    }
}

async fn intended(server: &TestServer, intent: &Intent) -> String {
    server.state.history.intend(intent).await.expect("recorded")
}

async fn concluded(server: &TestServer, change: &str, state: OutcomeState) {
    let outcome = Recorded {
        state,
        detail: None,
        version: None,
    };
    let recorded = server.state.history.conclude(change, &outcome).await;
    recorded.expect("recorded");
}

async fn told(server: &TestServer, change: &str) -> Change {
    let change = server.state.history.change(change).await;
    change.expect("readable").expect("it is there")
}

/// The outcomes of these changes once all of them have one.
async fn reconciled(server: &TestServer, changes: &[&String]) -> Vec<OutcomeState> {
    let state = server.state.clone();
    let sweep = tokio::spawn(reconcile::run(state.history, state.cluster, state.clock, true));
    let mut outcomes = Vec::new();
    for _ in 0..500 {
        outcomes.clear();
        for change in changes {
            outcomes.push(told(server, change).await.outcome.state);
        }
        if !outcomes.contains(&OutcomeState::Pending) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    sweep.abort();
    outcomes
}

/// The change that was recorded last.
async fn newest(server: &TestServer) -> String {
    let newest = server.get("/api/v1/audit?limit=1").await;
    let id = newest.body["items"][0]["id"].as_str();
    id.expect("there is one").to_owned()
}

#[tokio::test]
async fn a_later_save_that_failed_tells_nothing_of_one_that_was_lost() {
    for url in databases().await {
        for is_there in [true, false] {
            let server = TestServer::with(FakeCluster::default(), &url).await;
            let (precondition, before, based_on) = if is_there {
                server.fake.store("shop", "default", &ports(&["80"]));
                (
                    ("if-match", "\"uid-default.1\""),
                    Some(ports(&["80"])),
                    Some("uid-default.1"),
                )
            } else {
                (("if-none-match", "*"), None, None)
            };
            server.fake.next_write(NextWrite::LostAfter);
            server.put(precondition, &ports(&["81"])).await;
            let lost = newest(&server).await;
            // It has read the same as the lost one, and was refused for what that one had written.
            let late = Intent {
                based_on: based_on.map(str::to_owned),
                ..intent(Action::SaveSetting, setting(), before, ports(&["82"]))
            };
            let late = intended(&server, &late).await;
            concluded(&server, &late, OutcomeState::Failed).await;
            assert_eq!(
                reconciled(&server, &[&lost]).await,
                [OutcomeState::Succeeded],
                "{url} {is_there}"
            );
        }
    }
}

#[tokio::test]
async fn of_two_that_were_lost_the_later_one_is_told_first() {
    for url in databases().await {
        let server = TestServer::with(FakeCluster::default(), &url).await;
        server.fake.store("shop", "default", &ports(&["80"]));
        let mut changes = Vec::new();
        for wanted in ["81", "82"] {
            let now = server.get("/api/v1/settings/namespaces/shop").await;
            let version = now.headers["etag"].to_str().expect("a text").to_owned();
            server.fake.next_write(NextWrite::LostAfter);
            server
                .put(("if-match", version.as_str()), &ports(&[wanted]))
                .await;
            changes.push(newest(&server).await);
        }
        assert_eq!(
            reconciled(&server, &[&changes[0], &changes[1]]).await,
            [OutcomeState::Succeeded, OutcomeState::Succeeded],
            "{url}"
        );
    }
}

const BEFORE: &str = "2026-01-01T00:00:00Z";
const OURS: &str = "2026-01-02T00:00:00Z";
const LATER: &str = "2026-01-03T00:00:00Z";

/// The restart of `shop/web` by a plan, over one of the time `before`.
fn restart(before: &str, at: &str, plan: &str) -> Intent {
    let web = Target {
        kind: "Deployment".to_owned(),
        namespace: "shop".to_owned(),
        name: "web".to_owned(),
    };
    intent(
        Action::RestartWorkload,
        web,
        Some(json!({ "restartedAt": before })),
        json!({ "restartedAt": at, "plan": plan }),
    )
}

/// A Deployment whose template says when it was restarted, and by which plan.
fn restarted(at: &str, plan: Option<&str>) -> Value {
    let mut web = things::deployment("shop", "web");
    web["apiVersion"] = json!("apps/v1");
    web["kind"] = json!("Deployment");
    let annotations = &mut web["spec"]["template"]["metadata"]["annotations"];
    *annotations = json!({ RESTARTED_AT: at });
    if let Some(plan) = plan {
        annotations[RESTART] = json!(plan);
    }
    web
}

#[tokio::test]
async fn a_restart_that_was_written_over_did_not_fail() {
    use OutcomeState::{Failed, Succeeded, Unknown};
    // What the template says now, what a later restart found there, and how that one ended.
    for (now, later, expected) in [
        (restarted(OURS, Some("ours")), None, Succeeded),
        (restarted(BEFORE, None), None, Failed),
        // Somebody has restarted it by other means.
        (restarted(LATER, None), None, Unknown),
        (restarted(LATER, Some("theirs")), None, Unknown),
        (
            restarted(LATER, Some("theirs")),
            Some((OURS, Succeeded)),
            Succeeded,
        ),
        (
            restarted(LATER, Some("theirs")),
            Some((BEFORE, Succeeded)),
            Failed,
        ),
        (
            restarted(LATER, Some("theirs")),
            Some((LATER, Succeeded)),
            Unknown,
        ),
        // It tells nothing, as the cluster did not take it.
        (restarted(OURS, Some("ours")), Some((BEFORE, Failed)), Succeeded),
    ] {
        for url in databases().await {
            let server = TestServer::with(FakeCluster::default(), &url).await;
            server.fake.hold("deployments", now.clone());
            let ours = intended(&server, &restart(BEFORE, OURS, "ours")).await;
            if let Some((found, ended)) = later {
                let theirs = intended(&server, &restart(found, LATER, "theirs")).await;
                concluded(&server, &theirs, ended).await;
            }
            assert_eq!(
                reconciled(&server, &[&ours]).await,
                [expected],
                "{now} {later:?} {url}"
            );
        }
    }
}

#[tokio::test]
async fn a_restart_whose_run_went_on_from_it_was_carried_out_though_it_is_undone() {
    sqlx::any::install_default_drivers();
    for url in databases().await {
        let server = TestServer::with(FakeCluster::default(), &url).await;
        server.fake.hold("deployments", restarted(BEFORE, None));
        let ours = intended(&server, &restart(BEFORE, OURS, "ours")).await;
        let asked = Event::Asked {
            item: 0,
            change: Some(ours.clone()),
        };
        let asked = serde_json::to_string(&asked).expect("it is plain");
        let statement =
            format!("insert into restart_events (run_id, seq, at_us, body) values ('ours', 3, 0, '{asked}')");
        let pool = sqlx::AnyPool::connect(&url).await.expect("the same database");
        pool.execute(sqlx::AssertSqlSafe(statement))
            .await
            .expect("stored");
        assert_eq!(
            reconciled(&server, &[&ours]).await,
            [OutcomeState::Succeeded],
            "{url}"
        );
    }
}
