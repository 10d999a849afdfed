//! What a plan says before anything is restarted.

use api::restart::{PlanRestart, RestartOptions, RestartPlan, RestartQuery, Scope, WorkloadName};
use journeys::{Namespace, User, World, workloads};
use serde_json::json;

use super::{fast, plan, refused, stale};

fn code<'a>(plan: &'a RestartPlan, name: &str) -> &'a str {
    let found = plan.blocked.iter().find(|blocked| blocked.workload.name == name);
    let found = found.unwrap_or_else(|| panic!("{name} is not left alone: {plan:#?}"));
    assert!(!found.why.is_empty() && !found.way_out.is_empty(), "{found:?}");
    &found.code
}

/// A workload of every kind that is restarted or is not, and what speaks against it.
fn every_kind() -> Vec<serde_json::Value> {
    let mut paused = workloads::deployment("paused");
    paused["spec"]["paused"] = json!(false);
    let mut recreated = workloads::deployment("recreated");
    recreated["spec"]["strategy"] = json!({ "type": "Recreate" });
    let mut budgeted = workloads::deployment("budgeted");
    budgeted["spec"]["strategy"] = json!({ "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 1 } });
    let mut owned = workloads::deployment("owned");
    owned["metadata"]["annotations"] =
        json!({ "argocd.argoproj.io/tracking-id": "storefront:apps/Deployment:x/owned" });
    let set = |kind: &str, name: &str, strategy: serde_json::Value, replicas: Option<i32>| {
        let mut set = json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": { "name": name },
            "spec": {
                "selector": { "matchLabels": { "app": name } }, "updateStrategy": strategy,
                "template": workloads::template(name),
            },
        });
        if let Some(replicas) = replicas {
            set["spec"]["replicas"] = json!(replicas);
            set["spec"]["serviceName"] = json!(name);
        }
        set
    };
    let partition = json!({ "type": "RollingUpdate", "rollingUpdate": { "partition": 1 } });
    let rolling = json!({ "type": "RollingUpdate" });
    vec![
        workloads::deployment("web"),
        paused,
        recreated,
        budgeted,
        owned,
        set("DaemonSet", "agent", json!({ "type": "OnDelete" }), None),
        set("StatefulSet", "parted", partition, Some(2)),
        set("StatefulSet", "db", rolling, Some(2)),
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": { "name": "none" },
            "spec": { "minAvailable": 2, "selector": { "matchLabels": { "app": "budgeted" } } },
        }),
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "shell" },
            "spec": workloads::template("shell")["spec"],
        }),
    ]
}

#[tokio::test]
async fn what_cannot_be_restarted_is_named_with_its_reason_and_the_rest_is_planned() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "plan").await;
    stale(
        &world,
        &namespace,
        every_kind(),
        // Five Deployments, two StatefulSets of two; three nodes; one pod alone.
        18,
        18,
    )
    .await;
    let pause = json!({ "spec": { "paused": true } });
    kube::Api::<k8s_openapi::api::apps::v1::Deployment>::namespaced(world.admin.clone(), &namespace.name)
        .patch(
            "paused",
            &kube::api::PatchParams::default(),
            &kube::api::Patch::Merge(pause),
        )
        .await
        .expect("paused");

    let api = world.console.api();
    // What Kubernetes has not counted yet is not allowed either.
    let planned = journeys::eventually("the console to see what was paused", || async {
        let planned = api
            .plan_restart(&plan(&namespace, fast()))
            .await
            .map_err(|p| p.to_string())?;
        let seen = planned.blocked.iter().any(|blocked| blocked.code == "paused");
        if seen {
            Ok(planned)
        } else {
            Err(format!("{planned:?}"))
        }
    })
    .await;
    assert_eq!(code(&planned, "paused"), "paused");
    assert_eq!(code(&planned, "recreated"), "would-interrupt");
    assert_eq!(code(&planned, "budgeted"), "disruption-budget");
    assert_eq!(code(&planned, "agent"), "on-delete");
    assert_eq!(code(&planned, "parted"), "partition");
    assert_eq!(code(&planned, "shell"), "bare-pod");
    let names: Vec<&str> = planned
        .workloads
        .iter()
        .map(|one| one.workload.name.as_str())
        .collect();
    assert_eq!(names, ["db", "owned", "web"]);
    for one in &planned.workloads {
        assert_eq!((one.stale_pods, one.pods), (2, 2));
        assert_eq!(one.stale_fields, ["excludeInboundPorts"], "only what is proven");
        assert!(
            one.remarks
                .iter()
                .any(|remark| remark.code == "no-readiness-probe")
        );
    }
    let owned = &planned.workloads[1];
    assert!(
        owned
            .remarks
            .iter()
            .any(|remark| remark.code == "owner" && remark.sentence.contains("storefront")),
        "{owned:?}"
    );

    // A gap that is accepted is planned; nothing of all this was stored.
    let accepted = RestartOptions {
        allow_interruption: true,
        ..fast()
    };
    let accepted = api
        .plan_restart(&plan(&namespace, accepted))
        .await
        .expect("a plan");
    assert_eq!(accepted.workloads.len(), 4);
    let stored = api.restarts(&RestartQuery::default()).await.expect("the list");
    let of_here = |row: &&api::restart::RestartRow| row.scope == plan(&namespace, fast()).scope;
    assert_eq!(stored.items.iter().filter(of_here).count(), 0);
}

#[tokio::test]
async fn a_person_plans_only_what_they_may_restart_and_sees_only_what_they_may_see() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "may").await;
    stale(&world, &namespace, vec![workloads::deployment("web")], 2, 2).await;
    let (viewer, editor) = (world.console_as(User::Viewer), world.console_as(User::ShopEditor));
    let asked = plan(&namespace, fast());
    let planned = viewer
        .api()
        .plan_restart(&asked)
        .await
        .expect("a viewer may look");
    assert!(planned.workloads.is_empty());
    assert_eq!(code(&planned, "web"), "forbidden");
    assert!(planned.blocked[0].why.contains("viewer"), "{planned:?}");
    refused(editor.api().plan_restart(&asked).await, "forbidden");

    let made = world.console.api().make_restart(&asked).await.expect("a plan");
    let start = api::restart::Command::Start;
    refused(
        viewer.api().command_restart(&made.row.id, start).await,
        "forbidden",
    );
    refused(editor.api().restart(&made.row.id).await, "not-found");
    let listed = editor
        .api()
        .restarts(&RestartQuery::default())
        .await
        .expect("a list");
    assert!(listed.items.iter().all(|row| row.id != made.row.id));
}

#[tokio::test]
async fn options_beyond_their_bounds_are_refused_by_name() {
    let world = World::shared().await;
    let api = world.console.api();
    let asked = PlanRestart {
        scope: Scope::Workloads {
            workloads: Vec::new(),
        },
        options: RestartOptions {
            max_in_flight: 0,
            pods_per_second: 1000,
            deadline_seconds: 1,
            ..RestartOptions::default()
        },
        reason: None,
    };
    let problem = refused(api.plan_restart(&asked).await, "invalid");
    let paths: Vec<&str> = problem.errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "options.maxInFlight",
            "options.podsPerSecond",
            "options.deadlineSeconds",
            "scope.workloads"
        ]
    );
    let gone = PlanRestart {
        scope: Scope::Workloads {
            workloads: vec![WorkloadName {
                kind: "Deployment".to_owned(),
                namespace: "shop".to_owned(),
                name: "no-such-thing".to_owned(),
            }],
        },
        options: RestartOptions::default(),
        reason: None,
    };
    let planned = api.plan_restart(&gone).await.expect("a plan");
    assert_eq!(code(&planned, "no-such-thing"), "not-found");
}
