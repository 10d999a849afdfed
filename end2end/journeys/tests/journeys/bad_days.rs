//! Days on which the cluster, the history or somebody else misbehaves.

mod stored;

use std::time::{Duration, Instant};

use api::{
    audit::{AuditQuery, OutcomeState},
    pod::PodQuery,
    setting::DeleteSetting,
};
use domain::annotation;
use journeys::{Console, Forwarder, Mode, Namespace, World, eventually, own, pods, resource, within};
use kube::{
    ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

use crate::setting::{delete, put, reference_page, traffic};

const ABSENT: (&str, &str) = ("if-none-match", "*");

async fn not_ready(console: &Console) -> String {
    within(
        Duration::from_secs(20),
        "the console to say that it is not ready",
        || async {
            let answer = console.get("/readyz").await;
            if answer.status == 503 {
                Ok(answer.json())
            } else {
                Err(answer.text())
            }
        },
    )
    .await["missing"]
        .as_str()
        .expect("it says what is missing")
        .to_owned()
}

#[tokio::test]
async fn a_cluster_that_comes_goes_and_comes_back_needs_no_restart() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "away").await;
    let url = namespace.url();
    let body = serde_json::to_value(reference_page()).expect("JSON");
    let forwarder = Forwarder::to(world.sandbox.api_server(), Mode::Off).await;
    let mut own = world.own().through(&world.sandbox, forwarder.address());

    let console = own.start().await;
    assert_eq!(console.get("/healthz").await.status, 200, "the process lives");
    let words = not_ready(&console).await;
    assert!(words.contains("cluster"), "{words}");
    for path in [
        api::path::MESHES,
        api::path::PODS,
        api::path::SETTINGS_GLOBAL,
        &url,
    ] {
        let problem = console.get(path).await.problem();
        assert_eq!(problem.status, 503, "{path}: {problem:?}");
        assert!(problem.way_out.is_some(), "{path}: {problem:?}");
    }
    assert_eq!(console.put(&url, ABSENT, &body).await.problem().status, 503);

    forwarder.set(Mode::On);
    own::is_ready(&console).await;
    let made = put(&console, &namespace.level(), &reference_page())
        .await
        .expect("it works now");
    assert!(made.change.is_some());

    forwarder.set(Mode::Off);
    let words = not_ready(&console).await;
    assert!(words.contains("cluster"), "{words}");
    assert_eq!(console.get("/healthz").await.status, 200, "the process lives");
    // What needs the cluster is refused; what is remembered may be shown.
    let refused = put(&console, &namespace.level(), &traffic(&[]))
        .await
        .expect_err("no cluster");
    assert_eq!(refused.status, 503, "{refused:?}");
    for path in [api::path::MESHES, api::path::PODS, api::path::AUDIT, &url] {
        let answer = console.get(path).await;
        if answer.status != 200 {
            assert_eq!(answer.problem().status, 503, "{path}: {answer:?}");
        }
    }
    let spec = resource::spec(&world.admin, &namespace.name, "default")
        .await
        .expect("it is stored");
    assert_eq!(
        spec["traffic"]["excludeInboundPorts"],
        json!(["7001", "7002", "7005"])
    );

    forwarder.set(Mode::On);
    own::is_ready(&console).await;
    put(
        &console,
        &namespace.level(),
        &traffic(&[("excludeInboundPorts", &["9"])]),
    )
    .await
    .expect("it works again");
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        ..AuditQuery::default()
    };
    eventually("every change to have an outcome", || async {
        let all = console
            .api()
            .audit(&query)
            .await
            .map_err(|problem| problem.to_string())?
            .items;
        let pending = all
            .iter()
            .any(|change| change.outcome.state == OutcomeState::Pending);
        if pending { Err(format!("{all:?}")) } else { Ok(()) }
    })
    .await;
    assert!(own.runs(), "the same process all the time");
}

/// No write passes while the history takes no record, and everything can be read.
async fn writes_are_refused(world: &World, console: &Console, namespace: &Namespace) {
    let before = resource::spec(&world.admin, &namespace.name, "default").await;
    let api = console.api();
    let saved = put(
        console,
        &namespace.level(),
        &traffic(&[("excludeInboundPorts", &["1"])]),
    )
    .await;
    let stored = api
        .setting(&namespace.level())
        .await
        .expect("reads go on")
        .stored
        .expect("it is stored");
    let version = api::Precondition::Version(stored.version);
    let removed = api
        .delete_setting(&namespace.level(), &version, &DeleteSetting::default())
        .await;
    for refused in [saved, removed] {
        let problem = refused.expect_err("nothing may change unrecorded");
        assert!(
            problem.is("history-unwritable") && problem.status == 503,
            "{problem:?}"
        );
        assert!(problem.way_out.is_some(), "{problem:?}");
    }
    assert_eq!(
        resource::spec(&world.admin, &namespace.name, "default").await,
        before,
        "nothing was changed"
    );
    api.meshes().await.expect("reads go on");
    api.pods(&PodQuery::default()).await.expect("reads go on");
    let history = api.audit(&AuditQuery::default()).await.expect("reads go on");
    assert!(history.total > 0, "{history:?}");
}

#[tokio::test]
async fn with_a_history_that_cannot_be_written_nothing_is_changed_and_reads_go_on() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "readonly").await;
    let mut own = world.own();
    let console = own.ready().await;
    put(&console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let pod = pods::pod().running(&world.admin, &namespace.name).await;
    own.kill();

    own.open_database_with("mode=ro");
    let console = own.ready().await;
    writes_are_refused(&world, &console, &namespace).await;
    let (name, uid) = (pod.name_any(), pod.uid().expect("a uid"));
    let problem = console
        .api()
        .delete_pod(&namespace.name, &name, &uid)
        .await
        .expect_err("no record, no delete");
    assert!(problem.is("history-unwritable"), "{problem:?}");
    console
        .api()
        .pod(&namespace.name, &name)
        .await
        .expect("the pod is still there");
    own.kill();

    own.open_database_with("mode=rw");
    let console = own.ready().await;
    put(&console, &namespace.level(), &traffic(&[]))
        .await
        .expect("it can be written again");
}

#[tokio::test]
async fn with_a_full_disk_nothing_is_changed_and_reads_go_on() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "full").await;
    let mut own = world.own().with_largest_file(512);
    let console = own.ready().await;
    let mut saved = Vec::new();
    let problem = loop {
        let port = (1000 + saved.len()).to_string();
        match put(
            &console,
            &namespace.level(),
            &traffic(&[("excludeInboundPorts", &[&port])]),
        )
        .await
        {
            Ok(_) => saved.push(port),
            Err(problem) => break problem,
        }
        assert!(saved.len() < 500, "the disk does not fill up");
    };
    assert!(
        problem.is("history-unwritable") && problem.status == 503,
        "{problem:?}"
    );
    assert!(!saved.is_empty(), "some fitted");
    writes_are_refused(&world, &console, &namespace).await;
    assert!(own.runs(), "the process lives");
    own.kill();

    let mut own = own.without_limit();
    let console = own.ready().await;
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        limit: Some(500),
        ..AuditQuery::default()
    };
    // Where the intent still fitted and the outcome did not, the cluster tells.
    let holds = resource::spec(&world.admin, &namespace.name, "default")
        .await
        .expect("it is stored");
    let all = eventually("every change to have an outcome", || async {
        let all = console
            .api()
            .audit(&query)
            .await
            .map_err(|problem| problem.to_string())?
            .items;
        let pending = all
            .iter()
            .any(|change| change.outcome.state == OutcomeState::Pending);
        if pending { Err(format!("{all:?}")) } else { Ok(all) }
    })
    .await;
    let succeeded: Vec<_> = all
        .iter()
        .filter(|c| c.outcome.state == OutcomeState::Succeeded)
        .collect();
    assert_eq!(succeeded.len(), saved.len(), "{all:?}");
    assert_eq!(
        succeeded[0].after,
        Some(holds),
        "the newest is what the cluster holds"
    );
    assert!(
        all.iter().all(|c| c.outcome.state != OutcomeState::Unknown),
        "{all:?}"
    );
    put(&console, &namespace.level(), &reference_page())
        .await
        .expect("there is room again");
}

#[tokio::test]
async fn an_edit_beside_the_console_is_seen_within_a_second() {
    const SECOND: Duration = Duration::from_secs(1);
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "kubectl").await;
    let pod = pods::pod().running(&world.admin, &namespace.name).await;
    let query = PodQuery {
        namespace: Some(namespace.name.clone()),
        ..PodQuery::default()
    };
    let listed = || async {
        let page = world
            .console
            .api()
            .pods(&query)
            .await
            .map_err(|problem| problem.to_string())?;
        Ok::<_, String>(page.items.into_iter().find(|row| row.name == pod.name_any()))
    };
    eventually("the list to have the pod", || async {
        listed().await?.ok_or_else(|| "not yet".to_owned())
    })
    .await;

    let spec = json!({ "traffic": { "excludeInboundPorts": ["7001"] } });
    resource::create(&world.admin, &namespace.name, "default", &spec)
        .await
        .expect("kubectl apply");
    let since = Instant::now();
    within(SECOND, "the list to show the pod as stale", || async {
        let row = listed().await?.ok_or("it is not listed")?;
        if row.state.is_stale() {
            Ok(())
        } else {
            Err(format!("{row:?}"))
        }
    })
    .await;
    within(
        SECOND.saturating_sub(since.elapsed()),
        "a new pod to get it",
        || async {
            let new = pods::pod()
                .injected(&world.admin, &namespace.name)
                .await
                .map_err(|e| e.to_string())?;
            match new.annotations().get(annotation::EXCLUDE_INBOUND_PORTS) {
                Some(text) if text == "7001" => Ok(()),
                other => Err(format!("{other:?}")),
            }
        },
    )
    .await;

    let patch = json!({ "spec": { "traffic": { "excludeInboundPorts": null } } });
    resource::settings(&world.admin, &namespace.name)
        .patch("default", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .expect("kubectl edit");
    within(SECOND, "the list to show the pod as current", || async {
        let row = listed().await?.ok_or("it is not listed")?;
        if row.state.is_stale() {
            Err(format!("{row:?}"))
        } else {
            Ok(())
        }
    })
    .await;
    // What was edited beside the console is what the next save is based on.
    delete(&world.console, &namespace.level()).await;
}
