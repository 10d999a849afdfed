//! What a pod's creation waits for: our webhook beside istiod's injection, asked in turns in one run.
//!
//! Each is asked as the API server asks: an `AdmissionReview` over TLS, on a connection that stays open. Ours first, as
//! in the cluster; istiod gets the pod with the annotations that ours would have added. Prints the figures and their
//! ratio; the budget is a p99 of 5 ms, and a fifth of istiod's.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use api::{Precondition, setting::SaveSetting};
use http::Request;
use journeys::{Namespace, World};
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, WebhookClientConfig};
use kube::{
    Api, Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};

const WARM_UP: usize = 200;
const ASKED: usize = 3000;

/// A webhook as the API server reaches it.
struct Webhook {
    client: Client,
    path: String,
}

impl Webhook {
    async fn of(world: &World, configuration: &str) -> Self {
        let all = Api::<MutatingWebhookConfiguration>::all(world.admin.clone());
        let found = all
            .get(configuration)
            .await
            .expect("the webhook configuration exists");
        let webhooks = found.webhooks.unwrap_or_default();
        let WebhookClientConfig { url, ca_bundle, .. } = &webhooks[0].client_config;
        let url: http::Uri = url
            .as_deref()
            .expect("the sandbox's webhooks have URLs")
            .parse()
            .expect("the API server takes it");
        let authority = url.authority().expect("it has a host");
        // A kubeconfig is a server and its CA: what a webhook's client is made of, too.
        let kubeconfig = json!({
            "clusters": [{ "name": "webhook", "cluster": {
                "server": format!("https://{authority}"),
                "certificate-authority-data": ca_bundle,
            } }],
            "users": [{ "name": "nobody", "user": {} }],
            "contexts": [{ "name": "webhook", "context": { "cluster": "webhook", "user": "nobody" } }],
            "current-context": "webhook",
        });
        let kubeconfig: Kubeconfig = serde_json::from_value(kubeconfig).expect("this is a kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .expect("it names a cluster");
        Self {
            client: Client::try_from(config).expect("a CA makes a client"),
            path: url.path().to_owned(),
        }
    }

    /// How long the answer took, and that it allows the pod.
    async fn ask(&self, review: &Value) -> (Duration, Value) {
        let body = serde_json::to_vec(review).expect("JSON can be written");
        let request = Request::post(&self.path)
            .header("content-type", "application/json")
            .body(body)
            .expect("the request is whole");
        let start = Instant::now();
        let answer: Value = self.client.request(request).await.expect("the webhook answers");
        let took = start.elapsed();
        assert_eq!(answer["response"]["allowed"], json!(true), "{answer}");
        (took, answer)
    }
}

fn review(namespace: &str, annotations: &BTreeMap<String, String>) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": { "group": "", "version": "v1", "kind": "Pod" },
            "resource": { "group": "", "version": "v1", "resource": "pods" },
            "namespace": namespace,
            "operation": "CREATE",
            "userInfo": { "username": "system:serviceaccount:kube-system:replicaset-controller" },
            "dryRun": true,
            "object": {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "generateName": "cart-5d4f8c7b9-",
                    "namespace": namespace,
                    "labels": { "app": "cart", "pod-template-hash": "5d4f8c7b9" },
                    "annotations": annotations,
                },
                "spec": {
                    "serviceAccountName": "default",
                    "containers": [{
                        "name": "app",
                        "image": "demo/cart:1",
                        "ports": [{ "containerPort": 8080 }],
                        "readinessProbe": { "httpGet": { "path": "/ready", "port": 8080 } },
                    }],
                },
            },
        },
    })
}

/// `50`, `99`: the time that so many of a hundred answers were within.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "bench").await;
    let traffic = [
        ("excludeInboundPorts", vec!["7001", "7002", "7005"]),
        ("excludeOutboundIPRanges", vec!["47.100.20.144/32"]),
    ];
    let setting = SaveSetting {
        traffic: traffic
            .into_iter()
            .map(|(field, items)| (field.to_owned(), items.into_iter().map(str::to_owned).collect()))
            .collect(),
        ..SaveSetting::default()
    };
    let saved = world
        .console
        .api()
        .save_setting(&namespace.level(), &Precondition::Absent, &setting)
        .await;
    saved.expect("the setting is good");

    let ours = Webhook::of(&world, "000-sidestep").await;
    let istiods = Webhook::of(&world, "istio-sidecar-injector").await;
    let bare = review(&namespace.name, &BTreeMap::new());
    let (_, answer) = ours.ask(&bare).await;
    assert!(
        !answer["response"]["patch"].is_null(),
        "ours adds annotations: {answer}"
    );
    let annotated = review(
        &namespace.name,
        &BTreeMap::from([
            (
                "traffic.sidecar.istio.io/excludeInboundPorts".to_owned(),
                "7001,7002,7005".to_owned(),
            ),
            (
                "traffic.sidecar.istio.io/excludeOutboundIPRanges".to_owned(),
                "47.100.20.144/32".to_owned(),
            ),
        ]),
    );
    let (mut of_ours, mut of_istiod) = (Vec::with_capacity(ASKED), Vec::with_capacity(ASKED));
    for number in 0..WARM_UP + ASKED {
        let (first, _) = ours.ask(&bare).await;
        let (second, _) = istiods.ask(&annotated).await;
        if number >= WARM_UP {
            of_ours.push(first);
            of_istiod.push(second);
        }
    }
    of_ours.sort_unstable();
    of_istiod.sort_unstable();
    println!("webhook, {ASKED} reviews each, in turns:");
    for (who, times) in [("sidestep", &of_ours), ("istiod", &of_istiod)] {
        let at = |percent| percentile(times, percent).as_secs_f64() * 1e3;
        println!("  {who:<9} p50 {:>7.3} ms   p99 {:>7.3} ms", at(50), at(99));
    }
    let ratio =
        |percent| percentile(&of_ours, percent).as_secs_f64() / percentile(&of_istiod, percent).as_secs_f64();
    println!("  ratio     p50 {:>7.3}      p99 {:>7.3}", ratio(50), ratio(99));
}
