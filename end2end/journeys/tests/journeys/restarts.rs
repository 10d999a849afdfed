//! Restarts: what a plan says, what a run does, and what becomes of it when the console dies.

use std::time::Duration;

use api::{
    Problem,
    restart::{Command, PlanRestart, RestartOptions, RestartRun, Scope},
};
use domain::restart::{ItemState, RunState};
use journeys::{Console, Namespace, World, eventually, within, workloads};
use serde_json::Value;

use crate::setting::{put, traffic};

mod crash;
mod out_of_mesh;
mod people;
mod plans;
mod runs;

/// A debug build on a busy machine replaces the pods of a namespace.
const PATIENCE: Duration = Duration::from_mins(3);

/// A plan for all that is stale in the namespace.
fn plan(namespace: &Namespace, options: RestartOptions) -> PlanRestart {
    PlanRestart {
        scope: Scope::Namespace {
            namespace: namespace.name.clone(),
        },
        options,
        reason: Some("new settings".to_owned()),
    }
}

/// Fast: the tests' pods cost nothing.
fn fast() -> RestartOptions {
    RestartOptions {
        pods_per_second: 100,
        max_in_flight: 4,
        ..RestartOptions::default()
    }
}

/// Makes workloads that run so many pods, then saves a setting, and waits until a console knows that so many pods are stale.
async fn stale(world: &World, namespace: &Namespace, objects: Vec<Value>, pods: usize, stale: usize) {
    for object in objects {
        workloads::make(&world.admin, &namespace.name, object).await;
    }
    workloads::settled(&world.admin, &namespace.name, pods).await;
    put(
        &world.console,
        &namespace.level(),
        &traffic(&[("excludeInboundPorts", &["7001"])]),
    )
    .await
    .expect("saved");
    known_as_stale(&world.console, namespace, stale).await;
}

async fn known_as_stale(console: &Console, namespace: &Namespace, count: usize) {
    eventually("the console to know the stale pods", || async {
        let view = console
            .api()
            .setting(&namespace.level())
            .await
            .map_err(|problem| problem.to_string())?;
        if view.pods.stale == count {
            Ok(())
        } else {
            Err(format!("{:?}", view.pods))
        }
    })
    .await;
}

async fn start(console: &Console, plan: &PlanRestart) -> RestartRun {
    let api = console.api();
    let made = api.make_restart(plan).await.expect("a plan");
    assert_eq!(made.row.state, RunState::Planned);
    api.command_restart(&made.row.id, Command::Start)
        .await
        .expect("started")
}

/// Waits until the run is as it should be.
async fn until(console: &Console, id: &str, what: &str, is_so: impl Fn(&RestartRun) -> bool) -> RestartRun {
    within(PATIENCE, what, || async {
        let run = console
            .api()
            .restart(id)
            .await
            .map_err(|problem| problem.to_string())?;
        if is_so(&run) {
            Ok(run)
        } else {
            Err(format!("{run:?}"))
        }
    })
    .await
}

async fn ended(console: &Console, id: &str) -> RestartRun {
    until(console, id, "the run to be over", |run| run.row.state.is_over()).await
}

fn state_of(run: &RestartRun, name: &str) -> ItemState {
    let found = run.workloads.iter().find(|one| one.planned.workload.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {run:?}")).state
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Problem>, kind: &str) -> Problem {
    let problem = answer.expect_err("it is refused");
    assert!(problem.is(kind), "{problem:?}");
    problem
}
