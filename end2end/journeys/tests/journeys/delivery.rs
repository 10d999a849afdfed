//! From a saved setting to a new pod: in order, out of order, and with the webhook away.

use std::collections::BTreeMap;

use api::{
    mesh::{Delivery, DeliveryState},
    pod::{PodDetail, PodState},
};
use domain::{Field, annotation};
use http::Request;
use journeys::{Namespace, Undo, World, eventually, pods, resource};
use k8s_openapi::{
    ByteString,
    api::{admissionregistration::v1::MutatingWebhookConfiguration, core::v1::Pod},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};

use crate::setting::{delete, put, reference_page, traffic};

const OURS: &str = "000-sidestep";

fn configurations(world: &World) -> Api<MutatingWebhookConfiguration> {
    Api::all(world.admin.clone())
}

/// Puts the configuration back as it is now, when dropped.
async fn keeping(world: &World) -> (MutatingWebhookConfiguration, Undo) {
    let now = configurations(world)
        .get(OURS)
        .await
        .expect("the console has installed it");
    let good = now.clone();
    let undo = world.undo(move |admin| Box::pin(async move { restore(&Api::all(admin), good).await }));
    (now, undo)
}

async fn restore(api: &Api<MutatingWebhookConfiguration>, good: MutatingWebhookConfiguration) {
    let present = api.get_opt(OURS).await.expect("the API server answers");
    let restored = match present {
        None => {
            api.create(&PostParams::default(), &resource::to_restore(good))
                .await
        }
        Some(mut present) => {
            present.webhooks = good.webhooks;
            api.replace(OURS, &PostParams::default(), &present).await
        }
    };
    restored.expect("the configuration is put back");
}

async fn change(world: &World, edit: impl FnOnce(&mut MutatingWebhookConfiguration)) {
    let api = configurations(world);
    let mut now = api.get(OURS).await.expect("it is there");
    edit(&mut now);
    api.replace(OURS, &PostParams::default(), &now)
        .await
        .expect("it is changed");
}

/// An address where nobody listens.
fn dead_url() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    format!("https://{}/mutate", socket.local_addr().expect("it is bound"))
}

fn has_way_out(delivery: &Delivery) {
    assert!(
        delivery.way_out.as_ref().is_some_and(|way| !way.is_empty()),
        "{delivery:?}"
    );
    assert!(!delivery.message.is_empty(), "{delivery:?}");
}

/// Waits until the API server's own view of the webhook is the new one.
async fn webhook_writes(world: &World, namespace: &Namespace, writes: bool) {
    eventually("the API server to see the configuration", || async {
        let pod = pods::pod()
            .injected(&world.admin, &namespace.name)
            .await
            .map_err(|e| e.to_string())?;
        if pod.annotations().contains_key(annotation::APPLIED) == writes {
            Ok(())
        } else {
            Err(format!("{:?}", pod.annotations()))
        }
    })
    .await;
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

#[tokio::test]
async fn a_pod_made_while_the_webhook_is_down_starts_and_is_shown_as_stale() {
    let world = World::alone().await;
    let namespace = Namespace::new(&world, "down").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let (_, undo) = keeping(&world).await;
    let url = dead_url();
    change(&world, |configuration| {
        for webhook in configuration.webhooks.iter_mut().flatten() {
            webhook.client_config.url = Some(url.clone());
        }
    })
    .await;
    let delivery = world.delivery(DeliveryState::Unreachable).await;
    has_way_out(&delivery);
    assert!(
        url.contains(
            delivery
                .message
                .split("at ")
                .nth(1)
                .unwrap_or("-")
                .split(',')
                .next()
                .unwrap_or("-")
        ),
        "{delivery:?}"
    );
    let view = world
        .console
        .api()
        .setting(&namespace.level())
        .await
        .expect("the page that saves");
    assert_eq!(view.delivery.state, DeliveryState::Unreachable);

    webhook_writes(&world, &namespace, false).await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let pod = pods::pod_of(&world.admin, &namespace.name, "web", &[]).await;
    assert_eq!(
        pods::flag(&pod, "-d").as_deref(),
        Some("15090,15021,15020"),
        "it started without"
    );
    let shown = detail(&world, &pod).await;
    let PodState::Stale { mut fields } = shown.row.state.clone() else {
        panic!("it is not stale: {shown:?}");
    };
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "excludeInboundPorts",
            "excludeOutboundIPRanges",
            "includeOutboundPorts"
        ]
    );
    // It can be saved meanwhile, and the answer says that it is not delivered.
    let saved = put(
        &world.console,
        &namespace.level(),
        &traffic(&[("excludeInboundPorts", &["9"])]),
    )
    .await;
    assert_eq!(saved.expect("saved").delivery.state, DeliveryState::Unreachable);

    undo.now();
    world.delivery(DeliveryState::Ready).await;
    webhook_writes(&world, &namespace, true).await;
    let uid = shown.row.uid.clone();
    let deleted = world
        .console
        .api()
        .delete_pod(&namespace.name, &shown.row.name, &uid)
        .await;
    deleted.expect("the pod is deleted");
    let new = pods::pod_of(&world.admin, &namespace.name, "web", &[&uid]).await;
    assert_eq!(pods::flag(&new, "-d").as_deref(), Some("15090,15021,9,15020"));
    assert_eq!(detail(&world, &new).await.row.state, PodState::Current);
}

#[tokio::test]
async fn a_ca_that_does_not_vouch_for_the_webhook_is_told() {
    let world = World::alone().await;
    let (_, undo) = keeping(&world).await;
    let other = std::fs::read(world.sandbox.state.join("certs/ca.crt")).expect("the sandbox has a CA");
    for bundle in [other, b"no certificate".to_vec()] {
        change(&world, |configuration| {
            for webhook in configuration.webhooks.iter_mut().flatten() {
                // The API server itself refuses a bundle without any certificate.
                let is_pem = bundle.starts_with(b"-----BEGIN");
                webhook.client_config.ca_bundle = is_pem.then(|| ByteString(bundle.clone()));
            }
        })
        .await;
        has_way_out(&world.delivery(DeliveryState::BadCertificate).await);
    }
    undo.now();
    world.delivery(DeliveryState::Ready).await;
}

#[tokio::test]
async fn a_webhook_that_is_gone_out_of_order_or_edited_is_told() {
    let world = World::alone().await;
    let (good, undo) = keeping(&world).await;
    let api = configurations(&world);
    api.delete(OURS, &DeleteParams::default()).await.expect("deleted");
    has_way_out(&world.delivery(DeliveryState::WebhookAbsent).await);
    restore(&api, good.clone()).await;
    world.delivery(DeliveryState::Ready).await;

    change(&world, |configuration| {
        for webhook in configuration.webhooks.iter_mut().flatten() {
            for rule in webhook.rules.iter_mut().flatten() {
                rule.operations = Some(vec!["UPDATE".to_owned()]);
            }
        }
    })
    .await;
    has_way_out(&world.delivery(DeliveryState::WrongRules).await);
    restore(&api, good).await;
    world.delivery(DeliveryState::Ready).await;

    // Another injector that sorts before ours; it matches no namespace.
    let name = "000-journeys-earlier";
    let gone = world.undo(move |admin| {
        Box::pin(async move {
            let api = Api::<MutatingWebhookConfiguration>::all(admin);
            resource::ignore_missing(api.delete(name, &DeleteParams::default()).await);
        })
    });
    let list = api.list(&ListParams::default()).await.expect("a list").items;
    let istios = list
        .into_iter()
        .find(|c| c.name_any() == "istio-sidecar-injector")
        .expect("Istio's");
    let mut earlier = resource::to_restore(istios);
    earlier.metadata.name = Some(name.to_owned());
    for webhook in earlier.webhooks.iter_mut().flatten() {
        let nobody = BTreeMap::from([("journeys".to_owned(), "nobody".to_owned())]);
        webhook.namespace_selector.get_or_insert_default().match_labels = Some(nobody);
    }
    api.create(&PostParams::default(), &earlier).await.expect("made");
    let delivery = world.delivery(DeliveryState::WrongOrder).await;
    has_way_out(&delivery);
    assert!(delivery.message.contains(name), "{delivery:?}");
    gone.now();
    undo.now();
    world.delivery(DeliveryState::Ready).await;
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
