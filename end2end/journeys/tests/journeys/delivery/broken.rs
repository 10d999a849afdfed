//! The webhook away, out of order, or edited.

use std::collections::BTreeMap;

use api::{
    mesh::{Delivery, DeliveryState},
    pod::PodState,
};
use domain::annotation;
use journeys::{Namespace, Undo, World, eventually, pods, resource};
use k8s_openapi::{
    ByteString,
    api::admissionregistration::v1::{MatchCondition, MutatingWebhook, MutatingWebhookConfiguration},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PostParams},
};

use super::{OURS, configurations, detail};
use crate::setting::{put, reference_page, traffic};

/// Puts the configuration back as it is now, when dropped.
async fn keeping(world: &World) -> (MutatingWebhookConfiguration, Undo) {
    let now = configurations(world)
        .get(OURS)
        .await
        .expect("the console has installed it");
    let good = now.clone();
    let undo = world.undo(move |admin| Box::pin(async move { restore(&Api::all(admin), &good).await }));
    (now, undo)
}

async fn restore(api: &Api<MutatingWebhookConfiguration>, good: &MutatingWebhookConfiguration) {
    if api.get_opt(OURS).await.expect("the API server answers").is_none() {
        let made = api
            .create(&PostParams::default(), &resource::to_restore(good.clone()))
            .await;
        made.expect("the configuration is made again");
    }
    resource::edit(api, OURS, |now| now.webhooks.clone_from(&good.webhooks)).await;
    resource::give_back(api, OURS, good).await;
}

/// A change of our webhook.
type Edit = fn(&mut MutatingWebhook);

/// Labels that nothing has.
fn nobody() -> BTreeMap<String, String> {
    BTreeMap::from([("journeys".to_owned(), "nobody".to_owned())])
}

async fn change(world: &World, edit: impl Fn(&mut MutatingWebhook)) {
    resource::edit(&configurations(world), OURS, |configuration| {
        configuration.webhooks.iter_mut().flatten().for_each(&edit);
    })
    .await;
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

#[tokio::test]
async fn a_pod_made_while_the_webhook_is_down_starts_and_is_shown_as_stale() {
    let world = World::alone().await;
    let namespace = Namespace::new(&world, "down").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let (_, undo) = keeping(&world).await;
    let url = dead_url();
    change(&world, |webhook| webhook.client_config.url = Some(url.clone())).await;
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
        change(&world, |webhook| {
            // The API server itself refuses a bundle without any certificate.
            let is_pem = bundle.starts_with(b"-----BEGIN");
            webhook.client_config.ca_bundle = is_pem.then(|| ByteString(bundle.clone()));
        })
        .await;
        has_way_out(&world.delivery(DeliveryState::BadCertificate).await);
    }
    undo.now();
    world.delivery(DeliveryState::Ready).await;
}

#[tokio::test]
async fn a_webhook_that_is_gone_or_out_of_order_is_told() {
    let world = World::alone().await;
    let (good, undo) = keeping(&world).await;
    let api = configurations(&world);
    api.delete(OURS, &DeleteParams::default()).await.expect("deleted");
    has_way_out(&world.delivery(DeliveryState::WebhookAbsent).await);
    restore(&api, &good).await;
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
        webhook.namespace_selector.get_or_insert_default().match_labels = Some(nobody());
    }
    api.create(&PostParams::default(), &earlier).await.expect("made");
    let delivery = world.delivery(DeliveryState::WrongOrder).await;
    has_way_out(&delivery);
    assert!(delivery.message.contains(name), "{delivery:?}");
    gone.now();
    undo.now();
    world.delivery(DeliveryState::Ready).await;
}

#[tokio::test]
async fn a_webhook_that_leaves_pods_out_is_told() {
    let world = World::alone().await;
    let namespace = Namespace::new(&world, "edited").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let (good, _undo) = keeping(&world).await;
    let edits: [(&str, Edit); 5] = [
        ("asks for updates", |webhook| {
            for rule in webhook.rules.iter_mut().flatten() {
                rule.operations = Some(vec!["UPDATE".to_owned()]);
            }
        }),
        ("asks for something else", |webhook| {
            for rule in webhook.rules.iter_mut().flatten() {
                rule.resources = Some(vec!["services".to_owned()]);
            }
        }),
        ("selects some pods", |webhook| {
            webhook.object_selector.get_or_insert_default().match_labels = Some(nobody());
        }),
        ("selects some namespaces", |webhook| {
            webhook.namespace_selector.get_or_insert_default().match_labels = Some(nobody());
        }),
        ("has one more condition", |webhook| {
            webhook
                .match_conditions
                .get_or_insert_default()
                .push(MatchCondition {
                    name: "never".to_owned(),
                    expression: "false".to_owned(),
                });
        }),
    ];
    for (what, edit) in edits {
        change(&world, edit).await;
        // What the cluster does now is sure: pods get no settings.
        webhook_writes(&world, &namespace, false).await;
        let delivery = eventually(&format!("a webhook that {what} to be told"), || async {
            let meshes = world
                .console
                .api()
                .meshes()
                .await
                .map_err(|problem| problem.to_string())?;
            let delivery = meshes.items[0].delivery.clone();
            if delivery.state == DeliveryState::WrongRules {
                Ok(delivery)
            } else {
                Err(format!("{delivery:?}"))
            }
        })
        .await;
        has_way_out(&delivery);
        restore(&configurations(&world), &good).await;
        world.delivery(DeliveryState::Ready).await;
        webhook_writes(&world, &namespace, true).await;
    }
}

#[tokio::test]
async fn installing_again_is_the_way_out_of_an_edited_webhook() {
    let world = World::alone().await;
    let namespace = Namespace::new(&world, "install").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    let (good, _undo) = keeping(&world).await;
    let client = &good.webhooks.as_ref().expect("there is a webhook")[0].client_config;
    let url = client.url.as_ref().expect("the sandbox's webhook has a URL");
    let own = world.own();
    let ca = own.folder().join("ca.crt");
    std::fs::write(&ca, &client.ca_bundle.as_ref().expect("a CA").0).expect("our own folder can be written");

    // Somebody else writes the whole object, as an editor or a deployment tool does.
    change(&world, |webhook| {
        webhook.failure_policy = Some("Fail".to_owned());
        webhook
            .match_conditions
            .get_or_insert_default()
            .push(MatchCondition {
                name: "never".to_owned(),
                expression: "false".to_owned(),
            });
    })
    .await;
    webhook_writes(&world, &namespace, false).await;
    let ca = ca.to_str().expect("a path of our own is text");
    own.run(&["install", "--webhook-url", url, "--webhook-ca", ca]);
    let now = configurations(&world).get(OURS).await.expect("it is there");
    let webhook = &now.webhooks.as_ref().expect("there is a webhook")[0];
    assert_eq!(webhook.failure_policy.as_deref(), Some("Ignore"));
    let conditions: Vec<_> = webhook
        .match_conditions
        .iter()
        .flatten()
        .map(|c| &c.name)
        .collect();
    assert!(!conditions.iter().any(|name| *name == "never"), "{conditions:?}");
    assert!(now.webhooks == good.webhooks, "all of it is as it was installed");
    webhook_writes(&world, &namespace, true).await;
    world.delivery(DeliveryState::Ready).await;
}
