//! A console that dies in the middle of a change.

use std::{collections::BTreeSet, time::Duration};

use api::{
    Precondition, Problem,
    audit::{AuditQuery, OutcomeState},
    setting::{DeleteSetting, SettingView},
};
use journeys::{Console, Forwarder, Listener, Mode, Namespace, Undo, World, eventually, resource, within};
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{changes, make, newest, ports};
use crate::setting::put;

/// Makes the API server ask a webhook that does not answer before it takes settings in a namespace.
async fn hook(world: &World, namespace: &str, failure_policy: &str) -> (Listener, Undo) {
    let listener = Listener::start().await;
    let name = namespace.to_owned();
    let undo = world.undo(move |admin| {
        Box::pin(async move {
            let hooks = Api::<ValidatingWebhookConfiguration>::all(admin);
            resource::ignore_missing(hooks.delete(&name, &DeleteParams::default()).await);
        })
    });
    make::<ValidatingWebhookConfiguration>(
        &world.admin,
        json!({
            "metadata": { "name": namespace },
            "webhooks": [{
                "name": "hangs.journeys.sidestep.dev",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "timeoutSeconds": 5,
                "failurePolicy": failure_policy,
                "clientConfig": { "url": listener.url() },
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } },
                "rules": [{
                    "apiGroups": ["sidestep.dev"], "apiVersions": ["*"], "operations": ["*"],
                    "resources": ["sidecarsettings"],
                }],
            }],
        }),
    )
    .await;
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let probe = resource::setting("default", &json!({ "traffic": {} }));
    let settings = resource::settings(&world.admin, namespace);
    eventually("the API server to ask the webhook", || async {
        let _ = settings.create(&dry_run, &probe).await;
        if listener.taken() > 0 {
            Ok(())
        } else {
            Err("it does not ask yet")
        }
    })
    .await;
    listener.hang();
    (listener, undo)
}

/// Starts a save that hangs in the API server.
async fn hanging_save(
    listener: &Listener,
    console: &Console,
    namespace: &Namespace,
) -> JoinHandle<Result<SettingView, Problem>> {
    let before = listener.taken();
    let (api, level) = (console.api(), namespace.level());
    let save = tokio::spawn(async move {
        api.save_setting(&level, &Precondition::Absent, &ports("7001"))
            .await
    });
    eventually("the save to hang in the API server", || async {
        if listener.taken() > before {
            Ok(())
        } else {
            Err("no connection yet")
        }
    })
    .await;
    save
}

/// The outcome of the one change, once there is one.
async fn outcome(console: &Console, namespace: &Namespace) -> OutcomeState {
    within(Duration::from_secs(40), "the change to be reconciled", || async {
        let change = newest(console, &namespace.name).await;
        match change.outcome.state {
            OutcomeState::Pending => Err(format!("{change:?}")),
            state => Ok(state),
        }
    })
    .await
}

#[tokio::test]
async fn after_a_kill_in_the_middle_of_a_save_the_outcome_is_what_the_cluster_holds() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "kill").await;
    let (listener, _undo) = hook(&world, &namespace.name, "Ignore").await;
    let mut own = world.own();
    let console = own.ready().await;
    namespace.known_to(&console).await;
    let _unanswered = hanging_save(&listener, &console, &namespace).await;
    let pending = newest(&console, &namespace.name).await;
    assert_eq!(pending.outcome.state, OutcomeState::Pending, "{pending:?}");
    own.kill();

    let console = own.ready().await;
    let told = outcome(&console, &namespace).await;
    let change = newest(&console, &namespace.name).await;
    assert_eq!(change.id, pending.id, "no second change");
    // The API server may still be at it, until its own time-out has passed.
    listener.let_go();
    let holds = || async { resource::spec(&world.admin, &namespace.name, "default").await };
    let now = holds().await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(
        holds().await,
        now,
        "the cluster does not move after the outcome was told"
    );
    let expected = if now.is_some() {
        OutcomeState::Succeeded
    } else {
        OutcomeState::Failed
    };
    assert_eq!(told, expected, "the cluster holds {now:?}");
}

/// Kills the console after the API server has decided and before the console could hear of it.
async fn killed_before_the_answer(failure_policy: &str, topic: &str) -> (OutcomeState, Option<Value>) {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, topic).await;
    let (listener, _undo) = hook(&world, &namespace.name, failure_policy).await;
    let forwarder = Forwarder::to(world.sandbox.api_server(), Mode::On).await;
    let mut own = world.own().through(&world.sandbox, forwarder.address());
    let console = own.ready().await;
    namespace.known_to(&console).await;
    let _unanswered = hanging_save(&listener, &console, &namespace).await;
    forwarder.set(Mode::NoAnswers);
    listener.let_go();
    if failure_policy == "Ignore" {
        eventually("the API server to take the save", || async {
            let stored = resource::spec(&world.admin, &namespace.name, "default").await;
            stored.ok_or("nothing is stored yet")
        })
        .await;
    }
    own.kill();
    own.directly(&world.sandbox);
    let console = own.ready().await;
    let told = outcome(&console, &namespace).await;
    (
        told,
        resource::spec(&world.admin, &namespace.name, "default").await,
    )
}

#[tokio::test]
async fn a_save_that_the_cluster_took_before_the_kill_is_told_as_succeeded() {
    let (told, holds) = killed_before_the_answer("Ignore", "taken").await;
    assert_eq!(
        holds,
        Some(json!({ "traffic": { "excludeInboundPorts": ["7001"] } }))
    );
    assert_eq!(told, OutcomeState::Succeeded);
}

#[tokio::test]
async fn a_save_that_the_cluster_refused_before_the_kill_is_told_as_failed() {
    let (told, holds) = killed_before_the_answer("Fail", "refused").await;
    assert_eq!(holds, None);
    assert_eq!(told, OutcomeState::Failed);
}

#[tokio::test]
async fn the_chain_has_no_gap_after_a_kill() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "chain").await;
    let mut own = world.own();
    let mut hashes = BTreeSet::new();
    for port in 7001..7004 {
        let console = own.ready().await;
        put(&console, &namespace.level(), &ports(&port.to_string()))
            .await
            .expect("saved");
        own.kill();
    }
    let console = own.ready().await;
    let all = changes(&console, &namespace.name).await;
    assert_eq!(all.len(), 3, "what was answered is on disk: {all:?}");
    for change in all {
        assert_eq!(change.outcome.state, OutcomeState::Succeeded, "{change:?}");
        assert!(hashes.insert(change.hash), "each event has a hash of its own");
    }
}

#[tokio::test]
async fn a_console_that_is_asked_to_stop_finishes_what_it_has_begun() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "stop").await;
    let (listener, _undo) = hook(&world, &namespace.name, "Ignore").await;
    let mut own = world.own();
    let console = own.ready().await;
    namespace.known_to(&console).await;
    let save = hanging_save(&listener, &console, &namespace).await;
    own.terminate();
    eventually("the console to take no more connections", || async {
        if own.takes_connections() {
            Err("it still does")
        } else {
            Ok(())
        }
    })
    .await;
    listener.let_go();
    let saved = save.await.expect("the save is not abandoned");
    saved.expect("the save is answered");
    eventually("the process to end", || {
        let runs = own.runs();
        async move { if runs { Err("it runs") } else { Ok(()) } }
    })
    .await;
    let console = own.ready().await;
    assert_eq!(
        newest(&console, &namespace.name).await.outcome.state,
        OutcomeState::Succeeded
    );
}

/// What a person saves, one after the other, until the console dies; the changes that were answered.
async fn save_until_it_dies(console: Console, namespace: domain::Level, from: usize) -> Vec<String> {
    let mut answered = Vec::new();
    for number in from.. {
        let saved = put(
            &console,
            &namespace,
            &ports(&(1000 + number % 60_000).to_string()),
        )
        .await;
        match saved {
            Ok(view) => answered.extend(view.change),
            Err(_) => break,
        }
        if number % 4 == 3 {
            let api = console.api();
            let Ok(SettingView {
                stored: Some(stored), ..
            }) = api.setting(&namespace).await
            else {
                break;
            };
            match api
                .delete_setting(
                    &namespace,
                    &Precondition::Version(stored.version),
                    &DeleteSetting::default(),
                )
                .await
            {
                Ok(view) => answered.extend(view.change),
                Err(_) => break,
            }
        }
    }
    answered
}

#[tokio::test]
async fn after_kills_at_any_moment_the_history_tells_how_the_cluster_came_to_what_it_holds() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "anytime").await;
    let mut rng = fastrand::Rng::with_seed(9);
    let mut own = world.own();
    let mut answered = Vec::new();
    for round in 0..50 {
        // On a busy machine a life may be too short for a single save.
        if round >= 6 && answered.len() > 6 {
            break;
        }
        let console = own.ready().await;
        let saving = tokio::spawn(save_until_it_dies(console, namespace.level(), round * 1000));
        // Any moment will do: this is not a wait for something.
        tokio::time::sleep(Duration::from_millis(rng.u64(30..400))).await;
        own.kill();
        answered.extend(saving.await.expect("an answer or none"));
    }
    assert!(answered.len() > 6, "{} saves", answered.len());

    let console = own.ready().await;
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        limit: Some(500),
        ..AuditQuery::default()
    };
    let mut all = eventually("every change to have an outcome", || async {
        let all = console
            .api()
            .audit(&query)
            .await
            .map_err(|problem| problem.to_string())?;
        assert_eq!(all.next, None, "one page holds them all");
        let pending = all
            .items
            .iter()
            .find(|change| change.outcome.state == OutcomeState::Pending);
        pending.map_or(Ok(all.items.clone()), |change| Err(format!("{change:?}")))
    })
    .await;
    all.reverse();
    let unknown = all
        .iter()
        .find(|change| change.outcome.state == OutcomeState::Unknown);
    assert_eq!(unknown, None, "nobody else writes here");
    let mut holds = None;
    for change in all
        .iter()
        .filter(|change| change.outcome.state == OutcomeState::Succeeded)
    {
        assert_eq!(
            change.before, holds,
            "each goes on where the one before ended: {all:#?}"
        );
        holds.clone_from(&change.after);
        answered.retain(|id| *id != change.id);
    }
    assert_eq!(answered, Vec::<String>::new(), "what was answered has succeeded");
    assert_eq!(
        resource::spec(&world.admin, &namespace.name, "default").await,
        holds
    );
}
