//! A workload's YAML, edited: the reference page's own way, with what the real API server makes of it.

use api::{
    Precondition, Problem,
    audit::{Action, AuditQuery, OutcomeState},
    manifest::{
        Keep, ManifestKind, ManifestQuery, ManifestView, MoveAnnotations, SaveManifest, SaveManifestQuery,
    },
    workload::{WorkloadKind, WorkloadQuery},
};
use journeys::{Console, Namespace, User, World, eventually, pods, workloads};
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

mod crash;

const PORTS: &str = "traffic.sidecar.istio.io/excludeInboundPorts";

/// A manifest that a test edits.
pub(crate) struct Edit<'a> {
    pub(crate) console: &'a Console,
    pub(crate) kind: ManifestKind,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Edit<'_> {
    pub(crate) async fn view(&self) -> Result<ManifestView, Problem> {
        let query = ManifestQuery::default();
        self.console
            .api()
            .manifest(self.kind, self.namespace, self.name, &query)
            .await
    }

    pub(crate) async fn put(
        &self,
        version: &str,
        yaml: &str,
        dry_run: bool,
    ) -> Result<ManifestView, Problem> {
        let body = SaveManifest {
            yaml: yaml.to_owned(),
            ..SaveManifest::default()
        };
        let based_on = Precondition::Version(version.to_owned());
        let place = (self.kind, self.namespace, self.name);
        let query = SaveManifestQuery { dry_run };
        self.console
            .api()
            .save_manifest(place, &based_on, &query, &body)
            .await
    }
}

/// The text with an annotation on the pod template, which has none.
pub(crate) fn annotated(yaml: &str, value: &str) -> String {
    let head = "  template:\n    metadata:\n";
    let text = yaml.replace(
        head,
        &format!("{head}      annotations:\n        {PORTS}: {value}\n"),
    );
    assert_ne!(text, yaml);
    text
}

async fn kubectl_patch(world: &World, namespace: &str, name: &str, patch: Value) {
    Api::<Deployment>::namespaced(world.admin.clone(), namespace)
        .patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .expect("kubectl patch");
}

#[tokio::test]
async fn the_reference_pages_annotations_put_in_by_yaml_reach_the_pods_without_a_restart() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "yaml").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "web", &[]).await;
    let edit = Edit {
        console: &world.console,
        kind: ManifestKind::Deployments,
        namespace: &namespace.name,
        name: "web",
    };
    let view = edit.view().await.expect("View in YAML");
    let text = annotated(&view.yaml, "'7001,7002,7005'");
    let tried = edit
        .put(&view.version, &text, true)
        .await
        .expect("it would be taken");
    assert!(tried.yaml.contains(PORTS));
    let path = format!("spec.template.metadata.annotations[{PORTS}]");
    assert_eq!(
        tried.update.expect("what it would do").changed,
        std::slice::from_ref(&path)
    );
    let updated = edit.put(&view.version, &text, false).await.expect("Update");
    let update = updated.update.expect("what it did");
    assert!(update.template_changed && update.changed == [path], "{update:?}");
    let uid = old.uid().unwrap_or_default();
    let new = pods::pod_of(&world.admin, &namespace.name, "web", &[&uid]).await;
    let flag = pods::flag(&new, "-d").expect("istiod injects it");
    assert!(flag.contains("7001,7002,7005"), "{flag}");
    // The controller counts its rollouts in an annotation: that is no edit of anybody's.
    let again = edit.view().await.expect("it is there");
    assert_eq!(again.version, updated.version);
    let change = update.change.expect("it is recorded");
    let change = world
        .console
        .api()
        .change(&change)
        .await
        .expect("the history has it");
    assert_eq!(
        (change.action, change.outcome.state),
        (Action::EditWorkload, OutcomeState::Succeeded)
    );
    assert_eq!(change.target.kind, "Deployment");
}

#[tokio::test]
async fn what_is_shown_of_every_workload_is_taken_back_as_it_is() {
    let world = World::shared().await;
    let api = world.console.api();
    let all = api
        .workloads(WorkloadKind::Deployment, &WorkloadQuery::default())
        .await
        .expect("a list");
    let mut tried = 0;
    for row in all.items {
        let edit = Edit {
            console: &world.console,
            kind: ManifestKind::Deployments,
            namespace: &row.namespace,
            name: &row.name,
        };
        // Other journeys make and remove theirs meanwhile.
        let Ok(view) = edit.view().await else { continue };
        if row.namespace.starts_with("j-") || view.owner.is_some() {
            continue;
        }
        let same = edit
            .put(&view.version, &view.yaml, true)
            .await
            .expect("it is taken");
        assert_eq!(
            same.update.expect("what it would do").changed,
            Vec::<String>::new(),
            "{row:?}"
        );
        tried += 1;
    }
    assert!(tried > 3, "only {tried} Deployments");
}

#[tokio::test]
async fn statefulsets_and_daemonsets_are_edited_alike_and_pods_are_looked_at() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "kinds").await;
    let of = |kind: &str, more: Value| {
        let mut object = json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": { "name": "web" },
            "spec": { "selector": { "matchLabels": { "app": "web" } }, "template": workloads::template("web") },
        });
        for (key, value) in more.as_object().expect("an object") {
            object["spec"][key] = value.clone();
        }
        object
    };
    let stateful = of("StatefulSet", json!({ "replicas": 1, "serviceName": "web" }));
    workloads::make(&world.admin, &namespace.name, stateful).await;
    let daemon = of("DaemonSet", json!({ "updateStrategy": { "type": "OnDelete" } }));
    workloads::make(&world.admin, &namespace.name, daemon).await;
    for (kind, words) in [
        (ManifestKind::StatefulSets, "one pod by itself"),
        (ManifestKind::DaemonSets, "only when it is deleted"),
    ] {
        let edit = Edit {
            console: &world.console,
            kind,
            namespace: &namespace.name,
            name: "web",
        };
        let view = edit.view().await.expect("View in YAML");
        let updated = edit
            .put(&view.version, &annotated(&view.yaml, "'80'"), false)
            .await
            .expect("Update");
        let rollout = updated.update.expect("what it did").rollout;
        assert!(rollout.contains(words), "{rollout}");
    }
    // With another label: the others would take it for theirs.
    let alone = pods::pod().label("app", "alone");
    let pod = alone.running(&world.admin, &namespace.name).await;
    let name = pod.name_any();
    let edit = Edit {
        console: &world.console,
        kind: ManifestKind::Pods,
        namespace: &namespace.name,
        name: &name,
    };
    let view = edit.view().await.expect("View in YAML");
    assert!(
        view.yaml.contains("istio-init") && view.refused.is_some(),
        "{view:?}"
    );
    assert!(edit.put(&view.version, &view.yaml, false).await.is_err());
}

#[tokio::test]
async fn who_updates_second_gets_the_text_of_the_first_and_overwrites_nothing() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "second").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let edit = Edit {
        console: &world.console,
        kind: ManifestKind::Deployments,
        namespace: &namespace.name,
        name: "web",
    };
    let view = edit.view().await.expect("View in YAML");
    kubectl_patch(
        &world,
        &namespace.name,
        "web",
        json!({ "metadata": { "labels": { "team": "shop" } } }),
    )
    .await;
    let late = edit
        .put(&view.version, &annotated(&view.yaml, "'80'"), false)
        .await;
    let problem = late.expect_err("somebody was quicker");
    assert!(problem.is("changed-meanwhile"), "{problem:?}");
    let now: ManifestView =
        serde_json::from_value(problem.current.expect("the manifest")).expect("a manifest");
    assert!(now.yaml.contains("team: shop"), "{}", now.yaml);
    edit.put(&now.version, &annotated(&now.yaml, "'80'"), false)
        .await
        .expect("on what is there now");
}

#[tokio::test]
async fn what_the_api_server_refuses_is_told_beside_its_line() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "lines").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let edit = Edit {
        console: &world.console,
        kind: ManifestKind::Deployments,
        namespace: &namespace.name,
        name: "web",
    };
    let view = edit.view().await.expect("View in YAML");
    for (from, to, path) in [
        ("  replicas: 1\n", "  replicas: 1\n  replica: 1\n", "spec.replica"),
        ("  replicas: 1\n", "  replicas: one\n", "spec.replicas"),
        ("  replicas: 1\n", "  replicas: -1\n", "spec.replicas"),
        (
            "        imagePullPolicy:",
            "        imge: x\n        imagePullPolicy:",
            "spec.template.spec.containers[0].imge",
        ),
        (
            "restartPolicy: Always",
            "restartPolicy: Never",
            "spec.template.spec.restartPolicy",
        ),
    ] {
        let text = view.yaml.replacen(from, to, 1);
        assert_ne!(text, view.yaml, "{from}");
        let problem = edit.put(&view.version, &text, false).await.expect_err(to);
        assert!(problem.is("cluster-refused"), "{to}: {problem:?}");
        let error = problem
            .errors
            .first()
            .unwrap_or_else(|| panic!("{to}: {problem:?}"));
        assert_eq!(error.path, path, "{to}");
        let line = error.at.map(|at| at.line).expect("a line");
        let name = path.rsplit(['.', ']']).next().unwrap_or_default();
        let told = text.lines().nth(line - 1).unwrap_or_default();
        assert!(told.contains(name), "{path} is not on line {line}: {told}");
    }
    // A refusal is no change.
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        ..AuditQuery::default()
    };
    assert_eq!(
        world
            .console
            .api()
            .audit(&query)
            .await
            .expect("the history")
            .total,
        0
    );
}

#[tokio::test]
async fn a_viewer_looks_and_is_told_before_trying_and_when_trying() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "looks").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let viewer = world.console_as(User::Viewer);
    let edit = Edit {
        console: &viewer,
        kind: ManifestKind::Deployments,
        namespace: &namespace.name,
        name: "web",
    };
    let view = edit.view().await.expect("a viewer may look");
    assert!(
        view.refused
            .is_some_and(|why| why.contains("may not update deployments"))
    );
    let problem = edit
        .put(&view.version, &annotated(&view.yaml, "'80'"), false)
        .await
        .expect_err("a viewer may not update");
    assert!(problem.is("forbidden"), "{problem:?}");
}

#[tokio::test]
async fn annotations_on_the_wrong_level_do_nothing_until_they_are_moved() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "level").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    kubectl_patch(
        &world,
        &namespace.name,
        "web",
        json!({ "metadata": { "annotations": { PORTS: "7001" } } }),
    )
    .await;
    let old = pods::pod_of(&world.admin, &namespace.name, "web", &[]).await;
    let edit = Edit {
        console: &world.console,
        kind: ManifestKind::Deployments,
        namespace: &namespace.name,
        name: "web",
    };
    let view = eventually("the annotation to be flagged", || async {
        let view = edit.view().await.map_err(|problem| problem.to_string())?;
        if view.remarks.iter().any(|remark| remark.movable) {
            Ok(view)
        } else {
            Err(view.yaml)
        }
    })
    .await;
    assert!(!pods::flag(&old, "-d").unwrap_or_default().contains("7001"));
    let asked = MoveAnnotations {
        yaml: format!("# for the history\n{}", view.yaml),
        keys: Vec::new(),
        keep: Keep::Both,
    };
    let moved = world
        .console
        .api()
        .move_annotations(&asked)
        .await
        .expect("it can be moved");
    assert!(
        !moved.reprinted && moved.yaml.starts_with("# for the history\n"),
        "{moved:?}"
    );
    edit.put(&view.version, &moved.yaml, false).await.expect("Update");
    let uid = old.uid().unwrap_or_default();
    let new = pods::pod_of(&world.admin, &namespace.name, "web", &[&uid]).await;
    assert!(pods::flag(&new, "-d").unwrap_or_default().contains("7001"));
}
