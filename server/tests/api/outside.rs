//! Changes from outside, by consoles that are told of them, that were away, or that see the same twice.

use std::time::Duration;

use api::audit::{Action, Change, OutcomeState, Target};
use http::StatusCode;
use serde_json::{Value, json};
use server::{
    history::{Intent, reconcile},
    outside,
};
use tokio::task::JoinHandle;

use crate::{
    fake_cluster::{FakeCluster, NextWrite},
    support::{TestServer, databases},
};

/// A console that records changes from outside until it is dropped.
struct Watching {
    server: TestServer,
    task: JoinHandle<()>,
}

impl Watching {
    async fn on(fake: &FakeCluster, database: &str) -> Self {
        let server = TestServer::with(fake.clone(), database).await;
        let state = server.state.clone();
        let task = tokio::spawn(outside::run(state.history, state.cluster, state.clock));
        let watching = Self { server, task };
        watching.has_begun().await;
        watching
    }

    /// What is there at the first start is no change, so a test's changes wait for it.
    async fn has_begun(&self) {
        for kind in ["SidecarSetting", "ConfigMap"] {
            for _ in 0..500 {
                if self.server.state.history.watches(kind).await.expect("readable") {
                    break;
                }
                pause().await;
            }
        }
    }

    /// The changes, newest first, once there are so many.
    async fn changes(&self, count: usize) -> Vec<Change> {
        for _ in 0..500 {
            if self.now().await.len() >= count {
                break;
            }
            pause().await;
        }
        let changes = self.now().await;
        assert_eq!(changes.len(), count, "{changes:?}");
        changes
    }

    async fn now(&self) -> Vec<Change> {
        let answer = self.server.get("/api/v1/audit").await;
        serde_json::from_value(answer.body["items"].clone()).expect("changes")
    }

    /// Waits until everything that was told so far is compared: a setting that is stored last is recorded last.
    async fn is_caught_up(&self, fake: &FakeCluster, before: usize) {
        fake.store("shop", "last", &ports("9999"));
        self.changes(before + 1).await;
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

fn ports(port: &str) -> Value {
    json!({ "traffic": { "excludeInboundPorts": [port] } })
}

/// A setting of the shop as `manager` has left it.
fn edited(fake: &FakeCluster, generation: i64, port: &str, manager: &str, at: &str) {
    fake.hold(
        "sidecarsettings",
        json!({
            "metadata": {
                "namespace": "shop", "name": "default", "uid": "u", "generation": generation,
                "managedFields": [
                    { "manager": "sidestep", "operation": "Update", "time": "2026-01-01T00:00:00Z" },
                    { "manager": manager, "operation": "Update", "time": at },
                    { "manager": "sidestep", "operation": "Update", "time": "2026-12-31T00:00:00Z", "subresource": "status" },
                ],
            },
            "spec": ports(port),
        }),
    );
}

/// The mesh configuration of a revision.
fn mesh(fake: &FakeCluster, name: &str, text: &str) {
    fake.hold(
        "configmaps",
        json!({
            "metadata": { "namespace": "istio-system", "name": name, "uid": "m", "labels": { "istio.io/rev": "default" } },
            "data": { "mesh": text },
        }),
    );
}

#[tokio::test]
async fn what_was_there_first_is_no_change_and_what_comes_after_is_recorded_with_its_manager() {
    for database in databases().await {
        let fake = FakeCluster::default();
        edited(&fake, 1, "80", "kubectl-create", "2026-02-01T00:00:00Z");
        let console = Watching::on(&fake, &database).await;
        edited(&fake, 2, "81", "kubectl-edit", "2026-02-01T00:01:00Z");
        let changes = console.changes(1).await;
        let change = &changes[0];
        assert_eq!(change.action, Action::ChangedOutside);
        assert_eq!(
            (&change.before, &change.after),
            (&Some(ports("80")), &Some(ports("81")))
        );
        assert_eq!(change.actor, "kubectl-edit");
        let outside = change.outside.clone().expect("told");
        assert_eq!(outside.manager.as_deref(), Some("kubectl-edit"));
        assert_eq!(outside.at.as_deref(), Some("2026-02-01T00:01:00Z"));

        fake.lose("sidecarsettings", "shop", "default");
        let gone = &console.changes(2).await[0];
        assert_eq!((&gone.before, &gone.after), (&Some(ports("81")), &None));
        assert_eq!(gone.actor, "unknown", "the cluster notes no manager of a removal");
        // The same name again is another thing.
        fake.store("shop", "default", &ports("81"));
        assert_eq!(console.changes(3).await[0].before, None);
        assert_eq!(
            console.server.state.history.verify().await.expect("readable"),
            Ok(6)
        );
    }
}

#[tokio::test]
async fn our_own_writes_are_recorded_once_and_a_status_not_at_all() {
    for database in databases().await {
        let fake = FakeCluster::default();
        let console = Watching::on(&fake, &database).await;
        let saved = console.server.put(("if-none-match", "*"), &ports("80")).await;
        assert_eq!(saved.status, StatusCode::CREATED, "{saved:?}");
        let version = saved.body["stored"]["version"].as_str().expect("a version");
        let etag = format!("\"{version}\"");
        let again = console.server.put(("if-match", &etag), &ports("81")).await;
        assert_eq!(again.status, StatusCode::OK, "{again:?}");
        // A refused write is none.
        fake.next_write(NextWrite::Refused(json!({
            "kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid", "message": "no",
        })));
        let etag = again.headers["etag"].to_str().expect("text").to_owned();
        console.server.put(("if-match", &etag), &ports("82")).await;
        console.is_caught_up(&fake, 3).await;
        let actions: Vec<Action> = console.now().await.iter().map(|change| change.action).collect();
        assert_eq!(
            actions,
            [
                Action::ChangedOutside,
                Action::SaveSetting,
                Action::SaveSetting,
                Action::SaveSetting
            ]
        );
    }
}

#[tokio::test]
async fn changes_while_no_console_ran_are_one_change_that_says_so() {
    for database in databases().await {
        let fake = FakeCluster::default();
        edited(&fake, 1, "80", "kubectl-create", "2026-02-01T00:00:00Z");
        drop(Watching::on(&fake, &database).await);
        edited(&fake, 2, "81", "kubectl-edit", "2026-02-01T00:01:00Z");
        edited(&fake, 3, "82", "argocd-controller", "2026-02-01T00:02:00Z");
        let console = Watching::on(&fake, &database).await;
        let change = console.changes(1).await.remove(0);
        assert_eq!(
            (change.before, change.after),
            (Some(ports("80")), Some(ports("82")))
        );
        let outside = change.outside.expect("told");
        assert!(outside.while_away);
        assert_eq!(outside.manager.as_deref(), Some("argocd-controller"));
    }
}

#[tokio::test]
async fn two_consoles_on_one_database_record_a_change_once() {
    for database in databases().await {
        let fake = FakeCluster::default();
        let consoles = [
            Watching::on(&fake, &database).await,
            Watching::on(&fake, &database).await,
        ];
        for n in 1..=10 {
            edited(
                &fake,
                n,
                &n.to_string(),
                "kubectl-edit",
                &format!("2026-02-01T00:{n:02}:00Z"),
            );
            // Each is seen before the next comes, else two would be one.
            let changes = consoles[0].changes(usize::try_from(n).expect("small")).await;
            assert_eq!(changes[0].after, Some(ports(&n.to_string())));
        }
        let saved = consoles[1]
            .server
            .put(("if-match", "\"u.10\""), &ports("77"))
            .await;
        assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
        consoles[0].is_caught_up(&fake, 11).await;
        let changes = consoles[1].now().await;
        let ours = changes
            .iter()
            .filter(|change| change.action == Action::SaveSetting);
        assert_eq!((changes.len(), ours.count()), (12, 1));
        let history = &consoles[0].server.state.history;
        assert!(history.verify().await.expect("readable").is_ok());
    }
}

#[tokio::test]
async fn a_save_right_after_an_edit_does_not_hide_it() {
    for database in databases().await {
        let fake = FakeCluster::default();
        edited(&fake, 1, "80", "kubectl-create", "2026-02-01T00:00:00Z");
        let console = Watching::on(&fake, &database).await;
        // Nobody looks by itself any more: the save is quicker.
        console.task.abort();
        edited(&fake, 2, "81", "kubectl-edit", "2026-02-01T00:01:00Z");
        let saved = console.server.put(("if-match", "\"u.2\""), &ports("82")).await;
        assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
        let changes = console.now().await;
        let told: Vec<_> = changes
            .iter()
            .map(|change| (change.action, &change.before))
            .collect();
        assert_eq!(
            told,
            [
                (Action::SaveSetting, &Some(ports("81"))),
                (Action::ChangedOutside, &Some(ports("80")))
            ]
        );
    }
}

#[tokio::test]
async fn of_istios_config_maps_the_mesh_text_and_the_six_fields_are_recorded() {
    let fake = FakeCluster::default();
    mesh(&fake, "istio", "a: 1\n");
    let console = Watching::on(&fake, &databases().await[0]).await;
    mesh(&fake, "istio", "a: 1\n");
    mesh(&fake, "istio", "a: 2\n");
    let change = console.changes(1).await.remove(0);
    assert_eq!(
        (change.target.kind.as_str(), change.target.name.as_str()),
        ("ConfigMap", "istio")
    );
    assert_eq!(change.before, Some(json!({ "mesh": "a: 1\n" })));
    assert_eq!(change.after, Some(json!({ "mesh": "a: 2\n" })));
    let values = json!({ "global": { "hub": "elsewhere", "proxy": { "excludeInboundPorts": "81" } } });
    fake.hold(
        "configmaps",
        json!({
            "metadata": { "name": "istio-sidecar-injector", "namespace": "istio-system", "labels": { "istio.io/rev": "default" } },
            "data": { "values": values.to_string() },
        }),
    );
    let change = console.changes(2).await.remove(0);
    assert_eq!(
        change.after,
        Some(json!({ "global": { "proxy": { "excludeInboundPorts": "81" } } }))
    );
}

#[tokio::test]
async fn who_may_not_see_config_maps_does_not_see_their_changes() {
    let fake = FakeCluster::default();
    mesh(&fake, "istio", "a: 1\n");
    let database = &databases().await[0];
    let console = Watching::on(&fake, database).await;
    mesh(&fake, "istio", "a: 2\n");
    let id = console.changes(1).await.remove(0).id;
    fake.forbid("configmaps");
    let other = TestServer::with(fake, database).await;
    assert_eq!(other.get("/api/v1/audit").await.body["total"], 0);
    let one = other.get(&format!("/api/v1/audit/{id}")).await;
    assert_eq!(one.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_policy_that_was_saved_before_a_crash_is_told_by_the_mesh_text_and_recorded_once() {
    for (text, expected) in [
        ("a: 2\n", OutcomeState::Succeeded),
        ("a: 1\n", OutcomeState::Failed),
        ("a: 3\n", OutcomeState::Unknown),
    ] {
        let fake = FakeCluster::default();
        mesh(&fake, "istio", "a: 1\n");
        let console = Watching::on(&fake, &databases().await[0]).await;
        let state = console.server.state.clone();
        let target = Target {
            kind: "ConfigMap".to_owned(),
            namespace: "istio-system".to_owned(),
            name: "istio".to_owned(),
        };
        let seen = state
            .history
            .seen(&target)
            .await
            .expect("readable")
            .expect("seen");
        let intent = Intent {
            actor: "ada".to_owned(),
            action: Action::SaveOutboundPolicy,
            target,
            reason: None,
            before: Some(json!({ "mesh": "a: 1\n" })),
            after: Some(json!({ "mesh": "a: 2\n" })),
            based_on: Some(seen.version),
            outside: None,
            reverts: None,
        };
        let change = state.history.intend(&intent).await.expect("recorded");
        mesh(&fake, "istio", text);
        let sweep = tokio::spawn(reconcile::run(
            state.history.clone(),
            state.cluster,
            state.clock,
            true,
        ));
        // A text that is nobody's here is a change from outside, once ours is concluded.
        let count = if expected == OutcomeState::Unknown { 2 } else { 1 };
        console.is_caught_up(&fake, count).await;
        // What was seen of the text is noted before the outcome may be.
        let mut outcome = OutcomeState::Pending;
        for _ in 0..500 {
            let told = state.history.change(&change).await.expect("readable");
            outcome = told.expect("there").outcome.state;
            if outcome != OutcomeState::Pending {
                break;
            }
            pause().await;
        }
        sweep.abort();
        assert_eq!(outcome, expected, "{text}");
    }
}
