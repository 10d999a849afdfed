//! Workloads whose next pods get no sidecar.

use std::time::Duration;

use api::restart::{Command, PlanRestart, Scope};
use domain::restart::{ItemState, LOSES_SIDECAR, RunState};
use journeys::{Namespace, World, within, workloads};
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::{ended, fast, plan, stale, start, state_of};

#[tokio::test]
async fn a_restart_that_would_take_a_workload_out_of_the_mesh_is_made_only_of_what_is_named() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "leaves").await;
    stale(&world, &namespace, vec![workloads::deployment("web")], 2, 2).await;
    let api = world.console.api();
    let planned = api.make_restart(&plan(&namespace, fast())).await.expect("a plan");
    assert_eq!(planned.workloads.len(), 1, "{planned:#?}");

    // The pods of now keep their sidecars; the next ones get none.
    let unlabelled = json!({ "metadata": { "labels": { "istio-injection": null } } });
    Api::<k8s_openapi::api::core::v1::Namespace>::all(world.admin.clone())
        .patch(
            &namespace.name,
            &PatchParams::default(),
            &Patch::Merge(unlabelled),
        )
        .await
        .expect("the label is taken away");
    within(Duration::from_secs(20), "the console to see it", || async {
        let preview = api.plan_restart(&plan(&namespace, fast())).await;
        let preview = preview.map_err(|error| error.to_string())?;
        match preview.blocked.first() {
            Some(blocked) if blocked.code == LOSES_SIDECAR => Ok(()),
            _ => Err(format!("{preview:#?}")),
        }
    })
    .await;
    // Also of a plan that was made before.
    api.command_restart(&planned.row.id, Command::Start)
        .await
        .expect("started");
    let run = ended(&world.console, &planned.row.id).await;
    assert_eq!(run.row.state, RunState::Failed, "{run:#?}");
    assert_eq!(state_of(&run, "web"), ItemState::Skipped);
    assert_eq!(workloads::rollouts(&world.admin, &namespace.name, "web").await, 0);

    let named = PlanRestart {
        scope: Scope::Workloads {
            workloads: vec![planned.workloads[0].planned.workload.clone()],
        },
        ..plan(&namespace, fast())
    };
    let run = start(&world.console, &named).await;
    let remarks = &run.workloads[0].planned.remarks;
    assert!(
        remarks.iter().any(|remark| remark.code == LOSES_SIDECAR),
        "{remarks:#?}"
    );
    let run = ended(&world.console, &run.row.id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
}
