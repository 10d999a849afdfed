//! Days on which the cluster, the history or somebody else misbehaves.

use std::time::{Duration, Instant};

use api::{
    audit::{AuditQuery, OutcomeState},
    pod::PodQuery,
};
use domain::annotation;
use journeys::{Console, Forwarder, Mode, Namespace, World, eventually, own, pods, resource, within};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;

use crate::setting::{delete, in_force, put, reference_page, traffic};

const ABSENT: (&str, &str) = ("if-none-match", "*");

async fn not_ready(console: &Console) -> String {
    within(Duration::from_secs(20), "the console to say that it is not ready", || async {
        let answer = console.get("/readyz").await;
        if answer.status == 503 { Ok(answer.json()) } else { Err(answer.text()) }
    })
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
    for path in [api::path::MESHES, api::path::PODS, api::path::SETTINGS_GLOBAL, &url] {
        let problem = console.get(path).await.problem();
        assert_eq!(problem.status, 503, "{path}: {problem:?}");
        assert!(problem.way_out.is_some(), "{path}: {problem:?}");
    }
    assert_eq!(console.put(&url, ABSENT, &body).await.problem().status, 503);

    forwarder.set(Mode::On);
    own::is_ready(&console).await;
    let made = put(&console, &namespace.level(), &reference_page()).await.expect("it works now");
    assert!(made.change.is_some());

    forwarder.set(Mode::Off);
    let words = not_ready(&console).await;
    assert!(words.contains("cluster"), "{words}");
    assert_eq!(console.get("/healthz").await.status, 200, "the process lives");
    // What needs the cluster is refused; what is remembered may be shown.
    let refused = put(&console, &namespace.level(), &traffic(&[])).await.expect_err("no cluster");
    assert_eq!(refused.status, 503, "{refused:?}");
    for path in [api::path::MESHES, api::path::PODS, api::path::AUDIT, &url] {
        let answer = console.get(path).await;
        if answer.status != 200 {
            assert_eq!(answer.problem().status, 503, "{path}: {answer:?}");
        }
    }
    let spec = resource::spec(&world.admin, &namespace.name, "default").await.expect("it is stored");
    assert_eq!(spec["traffic"]["excludeInboundPorts"], json!(["7001", "7002", "7005"]));

    forwarder.set(Mode::On);
    own::is_ready(&console).await;
    put(&console, &namespace.level(), &traffic(&[("excludeInboundPorts", &["9"])])).await.expect("it works again");
    let query = AuditQuery { namespace: Some(namespace.name.clone()), ..AuditQuery::default() };
    eventually("every change to have an outcome", || async {
        let all = console.api().audit(&query).await.map_err(|problem| problem.to_string())?.items;
        let pending = all.iter().any(|change| change.outcome.state == OutcomeState::Pending);
        if pending { Err(format!("{all:?}")) } else { Ok(()) }
    })
    .await;
    assert!(own.runs(), "the same process all the time");
}

/// No write passes while the history takes no record, and everything can be read.
async fn writes_are_refused(world: &World, console: &Console, namespace: &Namespace) {
    let before = resource::spec(&world.admin, &namespace.name, "default").await;
    let api = console.api();
    let saved = put(console, &namespace.level(), &traffic(&[("excludeInboundPorts", &["1"])])).await;
    let stored = api.setting(&namespace.level()).await.expect("reads go on").stored.expect("it is stored");
    let version = api::Precondition::Version(stored.version);
    let removed = api.delete_setting(&namespace.level(), &version).await;
    for refused in [saved, removed] {
        let problem = refused.expect_err("nothing may change unrecorded");
        assert!(problem.is("history-unwritable") && problem.status == 503, "{problem:?}");
        assert!(problem.way_out.is_some(), "{problem:?}");
    }
    assert_eq!(resource::spec(&world.admin, &namespace.name, "default").await, before, "nothing was changed");
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
    put(&console, &namespace.level(), &reference_page()).await.expect("saved");
    let pod = pods::pod().running(&world.admin, &namespace.name).await;
    own.kill();

    own.open_database_with("mode=ro");
    let console = own.ready().await;
    writes_are_refused(&world, &console, &namespace).await;
    let (name, uid) = (pod.name_any(), pod.uid().expect("a uid"));
    let problem = console.api().delete_pod(&namespace.name, &name, &uid).await.expect_err("no record, no delete");
    assert!(problem.is("history-unwritable"), "{problem:?}");
    console.api().pod(&namespace.name, &name).await.expect("the pod is still there");
    own.kill();

    own.open_database_with("mode=rw");
    let console = own.ready().await;
    put(&console, &namespace.level(), &traffic(&[])).await.expect("it can be written again");
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
        match put(&console, &namespace.level(), &traffic(&[("excludeInboundPorts", &[&port])])).await {
            Ok(_) => saved.push(port),
            Err(problem) => break problem,
        }
        assert!(saved.len() < 500, "the disk does not fill up");
    };
    assert!(problem.is("history-unwritable") && problem.status == 503, "{problem:?}");
    assert!(!saved.is_empty(), "some fitted");
    writes_are_refused(&world, &console, &namespace).await;
    assert!(own.runs(), "the process lives");
    own.kill();

    let mut own = own.without_limit();
    let console = own.ready().await;
    put(&console, &namespace.level(), &reference_page()).await.expect("there is room again");
    let query = AuditQuery { namespace: Some(namespace.name.clone()), limit: Some(500), ..AuditQuery::default() };
    eventually("every change to have an outcome", || async {
        let all = console.api().audit(&query).await.map_err(|problem| problem.to_string())?.items;
        let open: Vec<_> = all.iter().filter(|change| change.outcome.state != OutcomeState::Succeeded).collect();
        match open.as_slice() {
            [] if all.len() > saved.len() => Ok(()),
            open => Err(format!("{} changes, {open:?}", all.len())),
        }
    })
    .await;
}

/// Lets the cluster take anything as a setting, until dropped.
async fn without_rules(world: &World) -> journeys::Undo {
    const NAME: &str = "sidecarsettings.sidestep.dev";
    let api = Api::<CustomResourceDefinition>::all(world.admin.clone());
    let good = api.get(NAME).await.expect("Sidestep is installed");
    let undo = world.undo({
        let good = good.clone();
        move |admin| {
            Box::pin(async move {
                let api = Api::<CustomResourceDefinition>::all(admin);
                let mut now = api.get(NAME).await.expect("it is there");
                now.spec = good.spec;
                api.replace(NAME, &PostParams::default(), &now).await.expect("the rules are back");
            })
        }
    });
    let mut open = good;
    for version in &mut open.spec.versions {
        version.schema = serde_json::from_value(json!({
            "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
        }))
        .expect("a schema");
    }
    api.replace(NAME, &PostParams::default(), &open).await.expect("the rules are away");
    undo
}

async fn takes_anything(world: &World, namespace: &Namespace, does: bool) {
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    let bad = resource::setting("default", &json!({ "traffic": { "excludeInboundPorts": ["http"] } }));
    let settings = resource::settings(&world.admin, &namespace.name);
    eventually("the API server to use the changed definition", || async {
        let taken = settings.create(&dry_run, &bad).await;
        if taken.is_ok() == does { Ok(()) } else { Err(format!("{taken:?}")) }
    })
    .await;
}

#[tokio::test]
async fn a_stored_value_that_we_would_refuse_counts_as_inherit_and_is_shown() {
    let world = World::alone().await;
    let api = world.console.api();
    let namespace = Namespace::new(&world, "invalid").await;
    let undo = without_rules(&world).await;
    takes_anything(&world, &namespace, true).await;
    let spec = json!({ "traffic": {
        "excludeInboundPorts": ["7001", "http"],
        "excludeOutboundPorts": ["3306"],
        "includeOutboundPorts": 8080,
        "excludeOutboundPort": ["1"],
    } });
    resource::create(&world.admin, &namespace.name, "default", &spec).await.expect("the cluster takes it");
    let odd = json!({ "selector": "app=web", "priority": "high", "traffic": { "includeInboundPorts": ["1"] } });
    resource::create(&world.admin, &namespace.name, "odd", &odd).await.expect("the cluster takes it");
    let odder = json!(["not", "even", "an", "object"]);
    resource::create(&world.admin, &namespace.name, "odder", &odder).await.expect("the cluster takes it");

    let view = api.setting(&namespace.level()).await.expect("it can be read");
    let stored = view.stored.expect("it is stored");
    let mut invalid: Vec<_> = stored.invalid.iter().map(|problem| problem.path.as_str()).collect();
    invalid.sort_unstable();
    assert_eq!(
        invalid,
        ["traffic.excludeInboundPorts[1]", "traffic.excludeOutboundPort", "traffic.includeOutboundPorts"]
    );
    assert_eq!(in_force(&view.in_force, "excludeInboundPorts"), ("", "builtIn"));
    assert_eq!(in_force(&view.in_force, "excludeOutboundPorts"), ("3306", "namespace"));

    // New pods get what is valid, whatever else is stored.
    eventually("a new pod to get what is valid", || async {
        let pod = pods::pod().injected(&world.admin, &namespace.name).await.map_err(|e| e.to_string())?;
        let flags = pods::traffic_flags(&pod);
        if flags == ["-i", "*", "-x", "", "-b", "*", "-d", "15090,15021,15020", "-o", "3306"] {
            Ok(())
        } else {
            Err(format!("{flags:?}"))
        }
    })
    .await;
    let settings = resource::settings(&world.admin, &namespace.name);
    let accepted = eventually("the Accepted condition", || async {
        let object = settings.get("default").await.map_err(|error| error.to_string())?;
        let conditions = object.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let found = conditions.into_iter().find(|condition| condition["type"] == "Accepted");
        found.ok_or_else(|| object.data.to_string())
    })
    .await;
    assert_eq!(accepted["status"], "False", "{accepted}");
    assert!(accepted["message"].as_str().is_some_and(|m| m.contains("traffic.")), "{accepted}");
    let listed = api.workload_settings(&namespace.name).await.expect("the odd one hides nothing");
    assert!(listed.items.len() <= 2, "{listed:?}");
    for path in [api::path::MESHES, api::path::NAMESPACES, api::path::PODS] {
        assert_eq!(world.console.get(path).await.status, 200, "{path}");
    }
    resource::remove(&world.admin, &namespace.name, "odder").await;
    resource::remove(&world.admin, &namespace.name, "odd").await;

    undo.now();
    takes_anything(&world, &namespace, false).await;
    let view = api.setting(&namespace.level()).await.expect("it can still be read");
    let invalid = view.stored.expect("it is still stored").invalid;
    assert!(invalid.iter().any(|problem| problem.path == "traffic.excludeInboundPorts[1]"), "{invalid:?}");
    // The way out: save something valid over it.
    let saved = put(&world.console, &namespace.level(), &reference_page()).await.expect("saved over it");
    assert!(saved.stored.expect("stored").invalid.is_empty());
    eventually("the Accepted condition to be true", || async {
        let object = settings.get("default").await.map_err(|error| error.to_string())?;
        let text = object.data["status"]["conditions"].to_string();
        let conditions = object.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let accepted = conditions.iter().any(|c| c["type"] == "Accepted" && c["status"] == "True");
        if accepted { Ok(()) } else { Err(text) }
    })
    .await;
}

#[tokio::test]
async fn an_edit_beside_the_console_is_seen_within_a_second() {
    const SECOND: Duration = Duration::from_secs(1);
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "kubectl").await;
    let pod = pods::pod().running(&world.admin, &namespace.name).await;
    let query = PodQuery { namespace: Some(namespace.name.clone()), ..PodQuery::default() };
    let listed = || async {
        let page = world.console.api().pods(&query).await.map_err(|problem| problem.to_string())?;
        Ok::<_, String>(page.items.into_iter().find(|row| row.name == pod.name_any()))
    };
    eventually("the list to have the pod", || async { listed().await?.ok_or_else(|| "not yet".to_owned()) }).await;

    let spec = json!({ "traffic": { "excludeInboundPorts": ["7001"] } });
    resource::create(&world.admin, &namespace.name, "default", &spec).await.expect("kubectl apply");
    let since = Instant::now();
    within(SECOND, "the list to show the pod as stale", || async {
        let row = listed().await?.ok_or("it is not listed")?;
        if row.state.is_stale() { Ok(()) } else { Err(format!("{row:?}")) }
    })
    .await;
    within(SECOND.saturating_sub(since.elapsed()), "a new pod to get it", || async {
        let new = pods::pod().injected(&world.admin, &namespace.name).await.map_err(|e| e.to_string())?;
        match new.annotations().get(annotation::EXCLUDE_INBOUND_PORTS) {
            Some(text) if text == "7001" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;

    let patch = json!({ "spec": { "traffic": { "excludeInboundPorts": null } } });
    resource::settings(&world.admin, &namespace.name)
        .patch("default", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .expect("kubectl edit");
    within(SECOND, "the list to show the pod as current", || async {
        let row = listed().await?.ok_or("it is not listed")?;
        if row.state.is_stale() { Err(format!("{row:?}")) } else { Ok(()) }
    })
    .await;
    // What was edited beside the console is what the next save is based on.
    delete(&world.console, &namespace.level()).await;
}
