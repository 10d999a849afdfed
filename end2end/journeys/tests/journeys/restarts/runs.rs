//! What a run does.

use api::{
    audit::{Action, AuditQuery, OutcomeState},
    restart::{Command, PlanRestart, RestartOptions, RestartQuery, RestartRun, Scope, WorkloadName},
};
use domain::restart::{ItemState, Order, RESTART, RESTARTED_AT, RunState};
use journeys::{Namespace, World, eventually, workloads};
use k8s_openapi::{api::policy::v1::PodDisruptionBudget, jiff::Timestamp};
use kube::Api;
use serde_json::json;

use super::{ended, fast, known_as_stale, plan, refused, stale, start, state_of, until};

#[tokio::test]
async fn a_namespace_is_restarted_so_that_no_pod_is_stale_and_each_restart_is_in_the_history() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "run").await;
    let names = ["one", "two", "three"];
    let objects = names.iter().map(|name| workloads::deployment(name)).collect();
    stale(&world, &namespace, objects, 6, 6).await;
    let mut events = world.console.events().await;
    let run = start(&world.console, &plan(&namespace, fast())).await;
    events.until("restarts").await;
    let run = ended(&world.console, &run.row.id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!(run.row.counts.done, 3);
    known_as_stale(&world.console, &namespace, 0).await;
    for name in names {
        let annotation = |key| workloads::annotation(&world.admin, &namespace.name, name, key);
        assert_eq!(annotation(RESTARTED_AT).await.as_ref(), Some(&run.restarted_at));
        assert_eq!(annotation(RESTART).await.as_ref(), Some(&run.row.id));
        assert_eq!(workloads::rollouts(&world.admin, &namespace.name, name).await, 1);
    }

    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        action: Some(Action::RestartWorkload),
        ..AuditQuery::default()
    };
    let changes = world
        .console
        .api()
        .audit(&query)
        .await
        .expect("the history")
        .items;
    assert_eq!(changes.len(), 3);
    for workload in &run.workloads {
        let change = changes
            .iter()
            .find(|change| Some(&change.id) == workload.change.as_ref());
        let change = change.unwrap_or_else(|| panic!("{workload:?} is not among {changes:?}"));
        assert_eq!(change.outcome.state, OutcomeState::Succeeded);
        assert_eq!(change.reason.as_deref(), Some("new settings"));
        let after = change.after.as_ref().expect("what was asked for");
        assert_eq!(after["plan"], run.row.id.as_str());
    }
    // What has been done is not needed again.
    let again = world
        .console
        .api()
        .plan_restart(&plan(&namespace, fast()))
        .await
        .expect("a plan");
    assert!(again.workloads.is_empty(), "{again:?}");
    refused(
        world
            .console
            .api()
            .command_restart(&run.row.id, Command::Start)
            .await,
        "wrong-state",
    );
}

#[tokio::test]
async fn a_workload_that_never_becomes_ready_stops_the_run() {
    let world = World::shared().await;
    for (fate, words) in [
        ("never-ready", "not ready after 10 s"),
        ("crash-loop", "CrashLoopBackOff"),
    ] {
        let namespace = Namespace::new(&world, "stop").await;
        let objects = vec![
            workloads::deployment("a-good"),
            workloads::restarting_badly("b-bad", fate),
            workloads::deployment("c-after"),
        ];
        stale(&world, &namespace, objects, 6, 6).await;
        let options = RestartOptions {
            max_in_flight: 1,
            deadline_seconds: 10,
            ..fast()
        };
        let run = start(&world.console, &plan(&namespace, options)).await;
        let run = ended(&world.console, &run.row.id).await;
        assert_eq!(run.row.state, RunState::Failed, "{run:#?}");
        assert_eq!(state_of(&run, "a-good"), ItemState::Done);
        assert_eq!(state_of(&run, "b-bad"), ItemState::Failed);
        assert_eq!(state_of(&run, "c-after"), ItemState::Skipped);
        assert!(
            run.row.stopping.as_ref().is_some_and(|why| why.contains(words)),
            "{run:#?}"
        );
        assert_eq!(
            workloads::rollouts(&world.admin, &namespace.name, "c-after").await,
            0
        );
    }
}

#[tokio::test]
async fn a_run_is_paused_resumed_and_cancelled() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "pause").await;
    let names = ["a", "b", "c"];
    let objects = names
        .iter()
        .map(|name| workloads::restarting_badly(name, "slow"))
        .collect();
    stale(&world, &namespace, objects, 6, 6).await;
    let options = RestartOptions {
        max_in_flight: 1,
        ..fast()
    };
    let api = world.console.api();
    let run = start(&world.console, &plan(&namespace, options)).await;
    let id = run.row.id;
    until(&world.console, &id, "the first to begin", |run| {
        run.row.counts.restarting == 1
    })
    .await;
    let paused = api.command_restart(&id, Command::Pause).await.expect("paused");
    assert_eq!(paused.row.state, RunState::Paused);
    refused(api.command_restart(&id, Command::Pause).await, "wrong-state");
    let watched = until(&world.console, &id, "the first to be watched to its end", |run| {
        run.row.counts.done == 1
    })
    .await;
    assert_eq!(
        (watched.row.state, watched.row.counts.waiting),
        (RunState::Paused, 2)
    );

    api.command_restart(&id, Command::Resume).await.expect("resumed");
    until(&world.console, &id, "the second to begin", |run| {
        run.row.counts.done == 1 && run.row.counts.restarting == 1
    })
    .await;
    let cancelled = api
        .command_restart(&id, Command::Cancel)
        .await
        .expect("cancelled");
    assert_eq!(cancelled.row.state, RunState::Cancelled);
    assert_eq!(state_of(&cancelled, "b"), ItemState::Left);
    assert_eq!(state_of(&cancelled, "c"), ItemState::Skipped);
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "c").await, 0);
    refused(api.command_restart(&id, Command::Resume).await, "wrong-state");
}

#[tokio::test]
async fn one_that_is_asked_for_by_name_is_restarted_although_nothing_is_stale() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "redeploy").await;
    workloads::make(&world.admin, &namespace.name, workloads::deployment("web")).await;
    workloads::settled(&world.admin, &namespace.name, 2).await;
    let asked = PlanRestart {
        scope: Scope::Workloads {
            workloads: vec![WorkloadName {
                kind: "Deployment".to_owned(),
                namespace: namespace.name.clone(),
                name: "web".to_owned(),
            }],
        },
        options: fast(),
        reason: None,
    };
    journeys::eventually("the console to know it", || async {
        let planned = world
            .console
            .api()
            .plan_restart(&asked)
            .await
            .map_err(|p| p.to_string())?;
        if planned.workloads.len() == 1 {
            Ok(())
        } else {
            Err(format!("{planned:?}"))
        }
    })
    .await;
    let run = start(&world.console, &asked).await;
    let run = ended(&world.console, &run.row.id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "web").await, 1);
}

#[tokio::test]
async fn a_plan_can_be_made_from_the_change_that_made_it_needed() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "change").await;
    stale(&world, &namespace, vec![workloads::deployment("web")], 2, 2).await;
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        action: Some(Action::SaveSetting),
        ..AuditQuery::default()
    };
    let api = world.console.api();
    let change = api.audit(&query).await.expect("the history").items.remove(0).id;
    let asked = PlanRestart {
        scope: Scope::Change {
            change: change.clone(),
        },
        options: fast(),
        reason: None,
    };
    let made = api.make_restart(&asked).await.expect("a plan");
    assert_eq!(made.workloads.len(), 1, "{made:?}");
    let of_change = RestartQuery {
        change: Some(change),
        ..RestartQuery::default()
    };
    let listed = api.restarts(&of_change).await.expect("the list");
    assert_eq!((listed.total, &listed.items[0].id), (1, &made.row.id));
}

#[tokio::test]
async fn what_is_not_stale_any_more_when_its_turn_comes_is_skipped() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "moot").await;
    stale(&world, &namespace, vec![workloads::deployment("web")], 2, 2).await;
    let made = world
        .console
        .api()
        .make_restart(&plan(&namespace, fast()))
        .await
        .expect("a plan");
    crate::setting::delete(&world.console, &namespace.level()).await;
    known_as_stale(&world.console, &namespace, 0).await;
    let api = world.console.api();
    api.command_restart(&made.row.id, Command::Start)
        .await
        .expect("started");
    let run = ended(&world.console, &made.row.id).await;
    assert_eq!(state_of(&run, "web"), ItemState::Skipped, "{run:#?}");
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "web").await, 0);
}

#[tokio::test]
async fn a_restart_that_somebody_takes_back_has_failed_and_is_not_made_again() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "back").await;
    stale(
        &world,
        &namespace,
        vec![workloads::restarting_badly("web", "never-ready")],
        2,
        2,
    )
    .await;
    let run = start(&world.console, &plan(&namespace, fast())).await;
    let id = run.row.id;
    journeys::eventually("the template to carry the restart", || async {
        let carried = workloads::annotation(&world.admin, &namespace.name, "web", RESTART).await;
        if carried.as_ref() == Some(&id) {
            Ok(())
        } else {
            Err(format!("{carried:?}"))
        }
    })
    .await;
    // As a Git-ops tool does, which puts the template back as it stands in Git.
    let before = serde_json::json!({ "spec": { "template": { "metadata": { "annotations": null } } } });
    kube::Api::<k8s_openapi::api::apps::v1::Deployment>::namespaced(world.admin.clone(), &namespace.name)
        .patch(
            "web",
            &kube::api::PatchParams::default(),
            &kube::api::Patch::Merge(before),
        )
        .await
        .expect("taken back");
    let run = ended(&world.console, &id).await;
    assert_eq!(run.row.state, RunState::Failed, "{run:#?}");
    assert!(
        run.row
            .stopping
            .is_some_and(|why| why.contains("changed it back"))
    );
    let carried = workloads::annotation(&world.admin, &namespace.name, "web", RESTART).await;
    assert_eq!(carried, None);
}

#[tokio::test]
async fn outside_of_its_window_a_run_begins_nothing_and_pauses_when_it_has_closed() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "window").await;
    stale(&world, &namespace, vec![workloads::deployment("web")], 2, 2).await;
    let within = |from: &str, to: &str| RestartOptions {
        window: Some(api::restart::RestartWindow {
            from: from.to_owned(),
            to: to.to_owned(),
        }),
        ..fast()
    };
    let closed = plan(&namespace, within("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"));
    let run = start(&world.console, &closed).await;
    let run = until(&world.console, &run.row.id, "the run to pause", |run| {
        run.row.state == RunState::Paused
    })
    .await;
    assert!(run.row.detail.is_some_and(|why| why.contains("window")));
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "web").await, 0);
    let api = world.console.api();
    let later = plan(&namespace, within("2126-01-01T00:00:00Z", "2126-01-01T01:00:00Z"));
    let waiting = start(&world.console, &later).await;
    let cancelled = api
        .command_restart(&waiting.row.id, Command::Cancel)
        .await
        .expect("cancelled");
    assert_eq!(state_of(&cancelled, "web"), ItemState::Skipped);
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "web").await, 0);

    // Who resumes the first one wants it to go on all the same.
    api.command_restart(&run.row.id, Command::Resume)
        .await
        .expect("resumed");
    let run = ended(&world.console, &run.row.id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "web").await, 1);
}

/// Two workloads, each of which takes a pod down, under one budget that lets one go.
fn under_one_budget() -> Vec<serde_json::Value> {
    let of = |name: &str| {
        let mut web = workloads::restarting_badly(name, "slow");
        web["spec"]["strategy"] = json!({ "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 1 } });
        web["spec"]["template"]["metadata"]["labels"]["tier"] = json!("front");
        web
    };
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": { "name": "front" },
        "spec": { "maxUnavailable": 1, "selector": { "matchLabels": { "tier": "front" } } },
    });
    vec![of("a"), of("b"), budget]
}

/// When the restarts of these runs' workloads began and ended.
fn spans(runs: &[RestartRun]) -> Vec<(Timestamp, Timestamp)> {
    let time = |text: &Option<String>| -> Timestamp {
        let text = text.as_deref().expect("it began and is over");
        text.parse().expect("a time")
    };
    let workloads = runs.iter().flat_map(|run| &run.workloads);
    let mut spans: Vec<_> = workloads
        .map(|one| (time(&one.began), time(&one.ended)))
        .collect();
    spans.sort();
    spans
}

#[tokio::test]
async fn workloads_that_share_a_budget_are_restarted_one_after_the_other_also_by_two_runs() {
    let world = World::shared().await;
    let options = || RestartOptions {
        order: Order::Together,
        ..fast()
    };
    for is_one_run in [true, false] {
        let namespace = Namespace::new(&world, "budget").await;
        stale(&world, &namespace, under_one_budget(), 4, 4).await;
        eventually_allowed(&world, &namespace).await;
        let runs = if is_one_run {
            vec![start(&world.console, &plan(&namespace, options())).await]
        } else {
            let of = |name: &str| PlanRestart {
                scope: Scope::Workloads {
                    workloads: vec![WorkloadName {
                        kind: "Deployment".to_owned(),
                        namespace: namespace.name.clone(),
                        name: name.to_owned(),
                    }],
                },
                options: options(),
                reason: None,
            };
            let (a, b) = (of("a"), of("b"));
            let (a, b) = tokio::join!(start(&world.console, &a), start(&world.console, &b));
            vec![a, b]
        };
        let mut over = Vec::new();
        for run in &runs {
            over.push(ended(&world.console, &run.row.id).await);
        }
        assert!(
            over.iter().all(|run| run.row.state == RunState::Succeeded),
            "{over:#?}"
        );
        let spans = spans(&over);
        let [(_, first_ended), (second_began, _)] = spans.as_slice() else {
            panic!("two workloads: {spans:?}");
        };
        assert!(
            first_ended <= second_began,
            "side by side under one budget: {spans:?}"
        );
        for name in ["a", "b"] {
            assert_eq!(workloads::rollouts(&world.admin, &namespace.name, name).await, 1);
        }
    }
}

/// Waits until the budget is counted: of one that was made a moment ago the cluster allows none.
async fn eventually_allowed(world: &World, namespace: &Namespace) {
    let budgets = Api::<PodDisruptionBudget>::namespaced(world.admin.clone(), &namespace.name);
    eventually("the budget to be counted", || async {
        let budget = budgets.get("front").await.map_err(|error| error.to_string())?;
        let allowed = budget.status.map(|status| status.disruptions_allowed);
        if allowed == Some(1) {
            Ok(())
        } else {
            Err(format!("{allowed:?}"))
        }
    })
    .await;
}
