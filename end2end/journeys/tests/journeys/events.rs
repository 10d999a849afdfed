//! The stream of changes, told of what others do in the cluster.

use journeys::{Namespace, World, eventually, pods, resource};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

#[tokio::test]
async fn what_kubectl_changes_is_told_and_there_when_it_is_read_again() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "events").await;
    let pod = pods::pod().running(&world.admin, &namespace.name).await;
    let api = world.console.api();

    let mut events = world.console.events().await;
    let spec = json!({ "traffic": { "excludeInboundPorts": ["7001"] } });
    resource::create(&world.admin, &namespace.name, "default", &spec)
        .await
        .expect("kubectl apply");
    // Others change things at the same time: what counts is that the last event comes after the change.
    loop {
        events.until("pods").await;
        let now = api.pod(&namespace.name, &pod.name_any()).await.expect("the pod");
        if now.row.state.is_stale() {
            break;
        }
    }

    let patch = json!({ "metadata": { "annotations": { "seen": "by the stream" } } });
    Api::<Pod>::namespaced(world.admin.clone(), &namespace.name)
        .patch(&pod.name_any(), &PatchParams::default(), &Patch::Merge(patch))
        .await
        .expect("kubectl annotate");
    events.until("pods").await;
}

#[tokio::test]
async fn a_console_that_is_asked_to_stop_ends_its_streams_and_does_not_wait_for_them() {
    let world = World::shared().await;
    let mut own = world.own();
    let console = own.ready().await;
    let mut events = console.events().await;
    let since = std::time::Instant::now();
    own.terminate();
    while events.next().await.is_some() {}
    eventually("the process to end", || {
        let runs = own.runs();
        async move { if runs { Err("it runs") } else { Ok(()) } }
    })
    .await;
    let took = since.elapsed();
    assert!(
        took.as_secs() < 8,
        "requests under way have 10 s, and none was: {took:?}"
    );
}
