//! From a saved setting to a new pod: which pods get what, and who runs first.

mod broken;

use std::collections::BTreeMap;

use api::{
    mesh::DeliveryState,
    pod::{PodDetail, PodState},
};
use domain::{Field, Level, annotation};
use http::Request;
use journeys::{Namespace, World, pods};
use k8s_openapi::api::{admissionregistration::v1::MutatingWebhookConfiguration, core::v1::Pod};
use kube::{Api, ResourceExt, api::ListParams};

use crate::setting::{delete, put, reference_page, traffic};

const OURS: &str = "000-sidestep";

fn configurations(world: &World) -> Api<MutatingWebhookConfiguration> {
    Api::all(world.admin.clone())
}

async fn detail(world: &World, pod: &Pod) -> PodDetail {
    let namespace = pod.namespace().expect("a pod has a namespace");
    world
        .console
        .api()
        .pod(&namespace, &pod.name_any())
        .await
        .expect("the console shows it")
}

#[tokio::test]
async fn our_webhook_sorts_and_runs_before_istios() {
    let world = World::shared().await;
    let list = configurations(&world)
        .list(&ListParams::default())
        .await
        .expect("a list")
        .items;
    let names: Vec<String> = list.iter().map(ResourceExt::name_any).collect();
    let injectors = list.iter().filter(|configuration| {
        let webhooks = configuration.webhooks.iter().flatten();
        webhooks
            .into_iter()
            .any(|webhook| webhook.name.ends_with("sidecar-injector.istio.io"))
    });
    let injectors: Vec<String> = injectors.map(ResourceExt::name_any).collect();
    assert!(!injectors.is_empty(), "{names:?}");
    assert!(injectors.iter().all(|name| name.as_str() > OURS), "{names:?}");

    let namespace = Namespace::new(&world, "order").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let pod = pods::pod()
        .injected(&world.admin, &namespace.name)
        .await
        .expect("istiod takes it");
    let marker = &pod.annotations()[annotation::APPLIED];
    assert!(marker.contains("excludeInboundPorts=namespace"), "{marker}");
    // Only an injector that came later can have seen what ours wrote.
    assert_eq!(
        pods::flag(&pod, "-d").as_deref(),
        Some("15090,15021,7001,7002,7005,15020")
    );
}

/// Whether our webhook has written on the pod.
fn is_untouched(pod: &Pod) -> bool {
    let ours = |key: &String| key == annotation::APPLIED || key.starts_with("traffic.sidecar.istio.io/");
    !pod.annotations().keys().any(ours)
}

async fn not_applicable(world: &World, pod: &Pod) -> String {
    let shown = detail(world, pod).await;
    assert!(shown.differences.is_empty(), "{shown:?}");
    match shown.row.state {
        PodState::NotApplicable { reason } => reason,
        other => panic!("settings apply: {other:?}"),
    }
}

#[tokio::test]
async fn a_pod_on_the_nodes_network_is_left_alone() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "host").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let pod = pods::pod()
        .on_host_network()
        .running(&world.admin, &namespace.name)
        .await;
    assert!(is_untouched(&pod), "{:?}", pod.annotations());
    assert_eq!(pods::init_args(&pod), None);
    let reason = not_applicable(&world, &pod).await;
    assert!(reason.contains("node's network"), "{reason}");
}

#[tokio::test]
async fn an_ambient_pod_is_left_alone() {
    let world = World::shared().await;
    let ambient = (annotation::DATAPLANE_MODE, "ambient");
    let own_label = Namespace::labelled(&world, "ambient", &[]).await;
    let by_namespace = Namespace::labelled(&world, "ambient", &[ambient]).await;
    for (namespace, draft) in [
        (&own_label, pods::pod().label(ambient.0, ambient.1)),
        (&by_namespace, pods::pod()),
    ] {
        put(&world.console, &namespace.level(), &reference_page())
            .await
            .expect("saved");
        let pod = draft.running(&world.admin, &namespace.name).await;
        assert_eq!(pods::init_args(&pod), None, "istiod injects no sidecar");
        let reason = not_applicable(&world, &pod).await;
        assert!(reason.contains("ambient"), "{reason}");
        assert!(is_untouched(&pod), "{}: {:?}", namespace.name, pod.annotations());
    }
}

#[tokio::test]
async fn a_pod_that_istiod_injects_although_it_is_labelled_ambient_gets_its_settings() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "both").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let draft = pods::pod().label(annotation::DATAPLANE_MODE, "ambient");
    let pod = draft.running(&world.admin, &namespace.name).await;
    let shown = detail(&world, &pod).await.row.state;
    if pods::init_args(&pod).is_none() {
        assert!(matches!(shown, PodState::NotApplicable { .. }), "{shown:?}");
    } else {
        assert_eq!(
            shown,
            PodState::Current,
            "a new pod must not be stale: {:?}",
            pods::init_args(&pod)
        );
    }
}

#[tokio::test]
async fn a_pod_outside_the_mesh_is_not_applicable() {
    let world = World::shared().await;
    let namespace = Namespace::labelled(&world, "plain", &[]).await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let pod = pods::pod().running(&world.admin, &namespace.name).await;
    let reason = not_applicable(&world, &pod).await;
    assert!(reason.contains("no sidecar"), "{reason}");
}

#[tokio::test]
async fn a_copied_pod_gets_the_values_of_its_new_namespace() {
    let world = World::shared().await;
    let (from, to) = (
        Namespace::new(&world, "from").await,
        Namespace::new(&world, "to").await,
    );
    put(&world.console, &from.level(), &reference_page())
        .await
        .expect("saved");
    let there = traffic(&[
        ("excludeInboundPorts", &["9001"]),
        ("excludeOutboundPorts", &["9002"]),
    ]);
    put(&world.console, &to.level(), &there).await.expect("saved");

    let own = pods::pod().annotation(annotation::INCLUDE_INBOUND_PORTS, "8080");
    let original = own
        .injected(&world.admin, &from.name)
        .await
        .expect("istiod takes it");
    let copied: BTreeMap<_, _> = original
        .annotations()
        .iter()
        .filter(|(key, _)| *key == annotation::APPLIED || Field::ALL.iter().any(|f| f.annotation() == *key))
        .map(|(key, text)| (key.clone(), text.clone()))
        .collect();
    assert_eq!(
        copied.len(),
        5,
        "three of ours, one of the pod's own, the marker: {copied:?}"
    );

    let copy = pods::pod()
        .annotations(&copied)
        .injected(&world.admin, &to.name)
        .await
        .expect("istiod takes it");
    assert_eq!(
        pods::traffic_flags(&copy),
        [
            "-i",
            "*",
            "-x",
            "",
            "-b",
            "8080",
            "-d",
            "15090,15021,9001,15020",
            "-o",
            "9002"
        ]
    );
    delete(&world.console, &to.level()).await;
    let copy = pods::pod()
        .annotations(&copied)
        .injected(&world.admin, &to.name)
        .await
        .expect("istiod takes it");
    assert_eq!(
        pods::traffic_flags(&copy),
        ["-i", "*", "-x", "", "-b", "8080", "-d", "15090,15021,15020"]
    );
    assert!(!copy.annotations().contains_key(annotation::APPLIED));
}

#[tokio::test]
async fn a_pod_that_istiod_has_seen_gets_a_warning_and_no_patch() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "seen").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let draft = pods::pod().annotation(annotation::STATUS, "{}");
    let url = format!("/api/v1/namespaces/{}/pods?dryRun=All", namespace.name);
    let mut body = draft.json().clone();
    body["apiVersion"] = "v1".into();
    body["kind"] = "Pod".into();
    let request = Request::post(url)
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes().into())
        .expect("a request");
    let response = world.admin.send(request).await.expect("the API server answers");
    assert!(response.status().is_success(), "{response:?}");
    let warnings: Vec<_> = response
        .headers()
        .get_all("warning")
        .iter()
        .map(|w| format!("{w:?}"))
        .collect();
    assert!(
        warnings.iter().any(|warning| warning.contains("sidestep")),
        "{warnings:?}"
    );
    let pod = draft
        .injected(&world.admin, &namespace.name)
        .await
        .expect("the API server takes it");
    assert!(is_untouched(&pod), "{:?}", pod.annotations());
}

#[tokio::test]
async fn a_namespace_that_the_webhook_leaves_alone_says_so() {
    let world = World::shared().await;
    for (namespace, expected) in [
        ("kube-system", DeliveryState::NamespaceLeftOut),
        ("shop", DeliveryState::Ready),
    ] {
        let level = Level::Namespace(namespace.to_owned());
        let view = world.console.api().setting(&level).await.expect("it is shown");
        assert_eq!(view.delivery.state, expected, "{namespace}");
    }
}
