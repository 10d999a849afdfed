//! Who answers for a run, and how it is asked for on the command line.

use std::process::{Command as Process, Output};

use api::restart::{Command, RestartOptions};
use domain::restart::{ItemState, RunState};
use journeys::{Namespace, User, World, eventually, workloads};
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::{Value, json};

use super::{ended, fast, plan, stale, state_of, until};

/// Lets the editor of another namespace edit this one.
async fn let_edit(world: &World, namespace: &Namespace) -> Api<RoleBinding> {
    let bindings = Api::<RoleBinding>::namespaced(world.admin.clone(), &namespace.name);
    let binding = json!({
        "metadata": { "name": "editor" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "shop-editor" }],
    });
    let binding = serde_json::from_value(binding).expect("a binding");
    bindings
        .create(&PostParams::default(), &binding)
        .await
        .expect("bound");
    bindings
}

#[tokio::test]
async fn a_run_pauses_before_the_next_wave_once_its_approver_may_no_longer_restart() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "approver").await;
    let objects = ["a", "b"]
        .iter()
        .map(|name| workloads::restarting_badly(name, "slow"))
        .collect();
    stale(&world, &namespace, objects, 4, 4).await;
    let bindings = let_edit(&world, &namespace).await;
    let editor = world.console_as(User::ShopEditor);
    let options = RestartOptions {
        wave_size: Some(1),
        ..fast()
    };
    let asked = plan(&namespace, options);
    // What somebody may is believed for a moment.
    let made = eventually("the editor to be let in", || async {
        let made = editor
            .api()
            .make_restart(&asked)
            .await
            .map_err(|problem| problem.to_string())?;
        if made.workloads.len() == 2 {
            Ok(made)
        } else {
            Err(format!("{made:?}"))
        }
    })
    .await;
    let id = made.row.id;
    editor
        .api()
        .command_restart(&id, Command::Start)
        .await
        .expect("started");
    until(&world.console, &id, "the first wave to begin", |run| {
        run.row.counts.restarting == 1
    })
    .await;
    bindings
        .delete("editor", &DeleteParams::default())
        .await
        .expect("unbound");
    let paused = until(&world.console, &id, "the run to pause", |run| {
        run.row.state == RunState::Paused
    })
    .await;
    assert_eq!(state_of(&paused, "a"), ItemState::Done, "{paused:#?}");
    assert_eq!(state_of(&paused, "b"), ItemState::Waiting);
    assert_eq!(paused.row.approved_by.as_deref(), Some("shop-editor"));
    let why = paused.row.detail.unwrap_or_default();
    assert!(
        why.contains("`shop-editor` may not restart") && why.contains(&namespace.name),
        "{why}"
    );

    // Somebody who may takes it over.
    let resumed = world
        .console
        .api()
        .command_restart(&id, Command::Resume)
        .await
        .expect("resumed");
    assert_ne!(resumed.row.approved_by.as_deref(), Some("shop-editor"));
    let run = ended(&world.console, &id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
}

fn sidestep(world: &World, arguments: &[&str]) -> Output {
    Process::new(&world.sandbox.binary)
        .arg("restart")
        .args(["--server", &world.sandbox.url])
        .args(arguments)
        .env_clear()
        .output()
        .expect("the binary runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_prints_the_plan_and_follows_the_run_to_its_end() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "cli").await;
    let mut recreated = workloads::deployment("recreated");
    recreated["spec"]["strategy"] = json!({ "type": "Recreate" });
    let objects = vec![
        workloads::deployment("web"),
        workloads::restarting_badly("worse", "crash-loop"),
        recreated,
    ];
    stale(&world, &namespace, objects, 6, 6).await;
    let here = ["--stale", "--namespace", &namespace.name, "--max-in-flight", "1"];
    let dry = sidestep(&world, &[&here[..], &["--dry-run"]].concat());
    let text = String::from_utf8_lossy(&dry.stdout);
    assert!(dry.status.success() && text.contains("Deployment web"), "{dry:?}");
    assert!(
        text.contains("left alone: Deployment") && text.contains("way out:"),
        "{text}"
    );
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "web").await, 0);

    let run = sidestep(&world, &here);
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success(), "one crashes: {told}");
    assert!(
        told.contains("web done") && told.contains("worse failed"),
        "{told}"
    );
    assert!(told.contains("CrashLoopBackOff"), "{told}");
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "web").await, 1);
    assert_eq!(
        workloads::rollouts(&world.admin, &namespace.name, "recreated").await,
        0
    );

    let recreated = format!("{}/recreated", namespace.name);
    let none = sidestep(&world, &["--workload", &recreated, "--json"]);
    let plan: Value = serde_json::from_slice(&none.stdout).expect("the plan is printed");
    assert_eq!(plan["blocked"][0]["code"], "would-interrupt", "{plan}");
    let told = String::from_utf8_lossy(&none.stderr);
    assert!(!none.status.success() && told.contains(&recreated), "{told}");

    let empty = Namespace::new(&world, "cli-empty").await;
    let none = sidestep(&world, &["--namespace", &empty.name, "--json"]);
    let plan: Value = serde_json::from_slice(&none.stdout).expect("the plan is printed");
    assert!(
        none.status.success() && plan["workloads"] == json!([]),
        "{none:?}"
    );
}
