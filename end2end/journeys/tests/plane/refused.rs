//! Envoy says no: a 200 would then prove nothing, so the pod must not look healthy.

use journeys::{Namespace, World, eventually, plane, pods};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, DynamicObject, PostParams},
};
use serde_json::json;

#[tokio::test]
async fn envoy_takes_everything_that_istiod_sends() {
    let world = World::shared().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "taken").await;
    pods::deploy(&world.admin, &namespace.name, "client", &plane::pod()).await;
    let pod = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let stats = "stats?filter=[cl]ds.update_(rejected|success)$";
    let run = plane::exec(
        &world.sandbox,
        &pod,
        "istio-proxy",
        &["pilot-agent", "request", "GET", stats],
    )
    .await;
    assert_eq!(run.code, Some(0), "{run:?}");
    for kind in ["cluster_manager.cds", "listener_manager.lds"] {
        let counter = |name: &str| {
            let start = format!("{kind}.update_{name}: ");
            let line = run.output.lines().find_map(|line| line.strip_prefix(&start));
            line.and_then(|count| count.parse::<u64>().ok())
        };
        assert_eq!(counter("rejected"), Some(0), "{run:?}");
        assert!(counter("success") > Some(0), "{run:?}");
    }
}

#[tokio::test]
async fn a_pod_whose_envoy_refuses_its_configuration_is_not_ready_and_says_so() {
    let world = World::shared().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "refused").await;
    pods::deploy(&world.admin, &namespace.name, "client", &plane::pod()).await;
    let pod = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    readiness(&world, &pod, |status, _| status == "True").await;

    let filters = plane::networking(&world.admin, &namespace.name, "v1alpha3", "EnvoyFilter");
    let filter: DynamicObject = serde_json::from_value(json!({
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": { "name": "nonsense" },
        "spec": { "configPatches": [{
            "applyTo": "NETWORK_FILTER",
            "match": { "listener": { "name": "virtualOutbound", "filterChain": { "filter": { "name": "envoy.filters.network.tcp_proxy" } } } },
            "patch": { "operation": "INSERT_BEFORE", "value": { "name": "nobody.has.this", "typed_config": {
                "@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
                "type_url": "type.googleapis.com/nobody.has.This",
                "value": { "a": "b" },
            } } },
        }] },
    }))
    .expect("this is an object");
    let made = filters.create(&PostParams::default(), &filter).await;
    made.expect("the cluster makes the EnvoyFilter");
    readiness(&world, &pod, |status, message| {
        status == "False" && message.contains("Envoy refused")
    })
    .await;

    let removed = filters.delete("nonsense", &DeleteParams::default()).await;
    removed.expect("the cluster removes the EnvoyFilter");
    readiness(&world, &pod, |status, _| status == "True").await;
}

async fn readiness(world: &World, pod: &Pod, expected: impl Fn(&str, &str) -> bool) {
    let pods = Api::<Pod>::namespaced(world.admin.clone(), &pod.namespace().unwrap_or_default());
    eventually("the pod's readiness to be as expected", || async {
        let pod = pods
            .get(&pod.name_any())
            .await
            .map_err(|error| error.to_string())?;
        let conditions = pod
            .status
            .and_then(|status| status.conditions)
            .unwrap_or_default();
        let ready = conditions.iter().find(|condition| condition.type_ == "Ready");
        let ready = ready.ok_or("no condition")?;
        let message = ready.message.clone().unwrap_or_default();
        if expected(&ready.status, &message) {
            Ok(())
        } else {
            Err(format!("{}: {message}", ready.status))
        }
    })
    .await;
}
