//! Changes that others make beside the console: recorded as made outside, once, also those that no console saw.

use api::audit::{Action, AuditQuery, Change};
use journeys::{Console, Namespace, World, eventually, resource};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use crate::setting::{put, traffic};

async fn changes(console: &Console, query: AuditQuery) -> Vec<Change> {
    let page = console.api().audit(&query).await;
    page.expect("the history can be read").items
}

async fn of(console: &Console, namespace: &Namespace) -> Vec<Change> {
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        ..AuditQuery::default()
    };
    changes(console, query).await
}

/// The changes in a namespace, newest first, once there are so many.
async fn told(console: &Console, namespace: &Namespace, count: usize) -> Vec<Change> {
    eventually(&format!("{count} changes in the history"), || async {
        let changes = of(console, namespace).await;
        if changes.len() == count {
            Ok(changes)
        } else {
            Err(format!("{changes:?}"))
        }
    })
    .await
}

fn spec(port: &str) -> Value {
    json!({ "traffic": { "excludeInboundPorts": [port] } })
}

/// Creates the namespace's setting as `manager`.
async fn create(world: &World, namespace: &Namespace, port: &str, manager: &str) {
    let params = PostParams {
        field_manager: Some(manager.to_owned()),
        ..PostParams::default()
    };
    resource::settings(&world.admin, &namespace.name)
        .create(&params, &resource::setting("default", &spec(port)))
        .await
        .expect("an administrator may create it");
}

/// Changes it, as `kubectl edit` would under that name.
async fn edit(world: &World, namespace: &Namespace, port: &str, manager: &str) {
    let params = PatchParams {
        field_manager: Some(manager.to_owned()),
        ..PatchParams::default()
    };
    resource::settings(&world.admin, &namespace.name)
        .patch("default", &params, &Patch::Merge(json!({ "spec": spec(port) })))
        .await
        .expect("an administrator may change it");
}

/// Waits until a console that has just started takes what comes for a change: what was there first is none.
async fn is_watching(world: &World, console: &Console) {
    let namespace = Namespace::new(world, "first").await;
    create(world, &namespace, "1", "kubectl-create").await;
    let mut port = 1;
    loop {
        port += 1;
        edit(world, &namespace, &port.to_string(), "kubectl-edit").await;
        if !of(console, &namespace).await.is_empty() {
            return;
        }
        assert!(port < 1000, "no edit is recorded");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_edit_with_kubectl_appears_live_with_its_manager_and_ours_only_once() {
    let world = World::shared().await;
    let console = &world.console;
    let namespace = Namespace::new(&world, "outside").await;
    let saved = put(
        console,
        &namespace.level(),
        &traffic(&[("excludeInboundPorts", &["7001"])]),
    )
    .await;
    saved.expect("saved");
    let mut events = console.events().await;
    edit(&world, &namespace, "7002", "kubectl-edit").await;
    events.until("history").await;
    let changes = told(console, &namespace, 2).await;
    let [outside, ours] = changes.as_slice() else {
        unreachable!("there are two");
    };
    assert_eq!((ours.action, ours.actor.as_str()), (Action::SaveSetting, "admin"));
    assert_eq!(outside.action, Action::ChangedOutside);
    assert_eq!(outside.actor, "kubectl-edit");
    assert_eq!(
        (&outside.before, &outside.after),
        (&Some(spec("7001")), &Some(spec("7002")))
    );
    let by = outside.outside.as_ref().expect("told");
    assert_eq!(by.manager.as_deref(), Some("kubectl-edit"));
    assert!(by.at.is_some() && !by.while_away, "{by:?}");

    resource::remove(&world.admin, &namespace.name, "default").await;
    let gone = told(console, &namespace, 3).await.remove(0);
    assert_eq!(
        (gone.action, gone.before, gone.after),
        (Action::ChangedOutside, Some(spec("7002")), None)
    );
    let one = console
        .api()
        .change(&gone.id)
        .await
        .expect("one change can be read");
    assert_eq!(one.id, gone.id);
}

#[tokio::test]
async fn edits_while_the_console_is_down_are_one_change_that_says_so() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "away").await;
    let mut own = world.own();
    let console = own.ready().await;
    is_watching(&world, &console).await;
    create(&world, &namespace, "7001", "kubectl-create").await;
    let first = told(&console, &namespace, 1).await.remove(0);
    assert!(!first.outside.expect("told").while_away);
    own.kill();
    // The cluster notes edits to the second.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    edit(&world, &namespace, "7002", "kubectl-edit").await;
    edit(&world, &namespace, "7003", "kubectl-patch").await;

    let console = own.ready().await;
    let change = told(&console, &namespace, 2).await.remove(0);
    assert_eq!(
        (change.before, change.after),
        (Some(spec("7001")), Some(spec("7003")))
    );
    assert!(change.outside.expect("told").while_away);
    edit(&world, &namespace, "7004", "kubectl-edit").await;
    let change = told(&console, &namespace, 3).await.remove(0);
    assert!(!change.outside.expect("told").while_away);
}

#[tokio::test]
async fn two_consoles_on_one_database_record_an_edit_once_and_both_tell_of_it() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "twice").await;
    let mut first = world.own();
    let one = first.ready().await;
    let mut second = world.own().sharing(&first);
    let other = second.ready().await;
    is_watching(&world, &one).await;
    let mut listening = [one.events().await, other.events().await];
    create(&world, &namespace, "7000", "kubectl-create").await;
    told(&one, &namespace, 1).await;
    for events in &mut listening {
        events.until("history").await;
    }
    for n in 1..6_usize {
        edit(&world, &namespace, &(7000 + n).to_string(), "kubectl-edit").await;
        let newest = told(&other, &namespace, n + 1).await.remove(0);
        assert_eq!(newest.after, Some(spec(&(7000 + n).to_string())));
    }
    // What one of them writes is nobody's change from outside for the other.
    namespace.known_to(&other).await;
    put(
        &other,
        &namespace.level(),
        &traffic(&[("excludeInboundPorts", &["7100"])]),
    )
    .await
    .expect("saved");
    edit(&world, &namespace, "7101", "kubectl-edit").await;
    let changes = told(&one, &namespace, 8).await;
    let actions: Vec<Action> = changes.iter().take(3).map(|change| change.action).collect();
    assert_eq!(
        actions,
        [
            Action::ChangedOutside,
            Action::SaveSetting,
            Action::ChangedOutside
        ]
    );
}

#[tokio::test]
async fn an_edit_of_a_mesh_configuration_is_recorded_as_text() {
    let world = World::shared().await;
    let root = world.root_namespace().await;
    let namespace = Namespace::new(&world, "mesh").await;
    // Of a revision that nobody runs.
    let name = format!("istio-{}", namespace.name);
    let maps = Api::<ConfigMap>::namespaced(world.admin.clone(), &root);
    let _undo = world.undo({
        let (root, name) = (root.clone(), name.clone());
        move |admin| {
            Box::pin(async move {
                let maps = Api::<ConfigMap>::namespaced(admin, &root);
                resource::ignore_missing(maps.delete(&name, &DeleteParams::default()).await);
            })
        }
    });
    let map = json!({
        "metadata": { "name": name, "labels": { "istio.io/rev": namespace.name } },
        "data": { "mesh": "# ours\nenableTracing: true\n" },
    });
    let map: ConfigMap = serde_json::from_value(map).expect("a ConfigMap");
    maps.create(&PostParams::default(), &map).await.expect("made");
    let query = || AuditQuery {
        kind: Some("ConfigMap".to_owned()),
        name: Some(name.clone()),
        ..AuditQuery::default()
    };
    let newest = |count: usize| {
        let console = &world.console;
        eventually("the mesh configuration in the history", move || async move {
            let mut changes = changes(console, query()).await;
            if changes.len() == count {
                Ok(changes.remove(0))
            } else {
                Err(format!("{changes:?}"))
            }
        })
    };
    newest(1).await;
    // Of two who edit it in the same second the cluster does not say who was the later.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let text = "# ours\nenableTracing: false\n";
    let params = PatchParams {
        field_manager: Some("kubectl-edit".to_owned()),
        ..PatchParams::default()
    };
    maps.patch(&name, &params, &Patch::Merge(json!({ "data": { "mesh": text } })))
        .await
        .expect("an administrator may change it");
    let change = newest(2).await;
    assert_eq!(change.after, Some(json!({ "mesh": text })));
    assert_eq!(change.actor, "kubectl-edit");
    // Labels are no configuration.
    maps.patch(
        &name,
        &params,
        &Patch::Merge(json!({ "metadata": { "labels": { "a": "b" } } })),
    )
    .await
    .expect("an administrator may label it");
    maps.delete(&name, &DeleteParams::default()).await.expect("gone");
    assert_eq!(newest(3).await.after, None);
}
