//! How long a run of restarts takes, beside the least that the cluster needs for it: the same workloads restarted as
//! `kubectl rollout restart` does it, as many at a time, each begun as soon as another is complete by the rule of
//! `kubectl rollout status`.
//!
//! Prints both and their ratio; the goal is 1.1. Each round makes the cluster's floor first, then the console's run.

use std::time::{Duration, Instant};

use api::restart::{Command, PlanRestart, RestartOptions, Scope, WorkloadName};
use domain::restart::RunState;
use futures::{StreamExt, stream};
use journeys::{Namespace, World, workloads};
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api,
    runtime::wait::{self, Condition},
};

const WORKLOADS: usize = 200;
const AT_A_TIME: usize = 20;
const ROUNDS: usize = 2;

#[tokio::main]
async fn main() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "bench-restarts").await;
    let names: Vec<String> = (0..WORKLOADS).map(|number| format!("web-{number:03}")).collect();
    let (admin, place) = (&world.admin, namespace.name.as_str());
    stream::iter(&names)
        .for_each_concurrent(AT_A_TIME, |name| async move {
            workloads::make(admin, place, workloads::deployment(name)).await;
        })
        .await;
    workloads::settled(&world.admin, &namespace.name, 2 * WORKLOADS).await;

    println!("restarts, {WORKLOADS} Deployments of 2 pods, {AT_A_TIME} at a time:");
    for round in 1..=ROUNDS {
        let floor = floor(&world, &namespace, &names).await;
        let ours = ours(&world, &namespace, &names).await;
        println!(
            "  round {round}   cluster's floor {:>6.2} s   sidestep {:>6.2} s   ratio {:.3}",
            floor.as_secs_f64(),
            ours.as_secs_f64(),
            ours.as_secs_f64() / floor.as_secs_f64(),
        );
    }
}

/// Restarts all by hand.
async fn floor(world: &World, namespace: &Namespace, names: &[String]) -> Duration {
    let deployments = Api::<Deployment>::namespaced(world.admin.clone(), &namespace.name);
    let start = Instant::now();
    stream::iter(names)
        .for_each_concurrent(AT_A_TIME, |name| {
            let deployments = deployments.clone();
            async move {
                let restarted = deployments.restart(name).await.expect("it may be restarted");
                let complete = is_complete_since(restarted.metadata.generation);
                wait::await_condition(deployments, name, complete)
                    .await
                    .expect("it is watched");
            }
        })
        .await;
    start.elapsed()
}

/// Whether a Deployment's pods are all those of this generation of it. `kube`'s own condition is true as well of the rollout
/// before, for as long as the controller has not seen the restart.
fn is_complete_since(generation: Option<i64>) -> impl Condition<Deployment> {
    move |deployment: Option<&Deployment>| {
        let Some(deployment) = deployment else {
            return false;
        };
        let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas);
        deployment.status.as_ref().is_some_and(|status| {
            status.observed_generation >= generation
                && status.updated_replicas >= wanted
                && status.replicas == status.updated_replicas
                && status.available_replicas == status.updated_replicas
        })
    }
}

/// Lets the console restart all.
async fn ours(world: &World, namespace: &Namespace, names: &[String]) -> Duration {
    let workload = |name: &String| WorkloadName {
        kind: "Deployment".to_owned(),
        namespace: namespace.name.clone(),
        name: name.clone(),
    };
    let plan = PlanRestart {
        scope: Scope::Workloads {
            workloads: names.iter().map(workload).collect(),
        },
        options: RestartOptions {
            max_in_flight: AT_A_TIME,
            pods_per_second: 100,
            ..RestartOptions::default()
        },
        reason: None,
    };
    let api = world.console.api();
    let start = Instant::now();
    let made = api.make_restart(&plan).await.expect("a plan");
    api.command_restart(&made.row.id, Command::Start)
        .await
        .expect("it starts");
    loop {
        let run = api.restart(&made.row.id).await.expect("the console answers");
        if run.row.state.is_over() {
            assert_eq!(run.row.state, RunState::Succeeded, "{run:?}");
            return start.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
