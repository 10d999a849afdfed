//! The API server (schema, CEL, admission policy) and `domain`: both take an input, or both refuse it.

mod inputs;

use domain::{Level, SidecarSetting};
use futures::{StreamExt, stream};
use journeys::{Namespace, World, resource};
use serde_json::{Value, json};

use self::inputs::{Input, mutations, named, selectors, shapes, values};

const AT_ONCE: usize = 8;

/// What `domain` says: nothing, or why not.
fn domain_refuses(root: &str, namespace: &str, input: &Input) -> Option<String> {
    let namespace = if input.in_root { root } else { namespace };
    let selector = input
        .spec
        .get("selector")
        .is_some_and(|selector| !selector.is_null());
    if let Err(error) = Level::of(root, namespace, &input.name, selector) {
        return Some(error.to_string());
    }
    let read = serde_json::from_value::<SidecarSetting>(input.spec.clone());
    read.err().map(|error| error.to_string())
}

/// What the API server says, asked as `kubectl` asks: strictly.
async fn cluster_refuses(world: &World, namespace: &str, input: &Input) -> Option<String> {
    let url = format!(
        "/apis/sidestep.dev/v1alpha1/namespaces/{namespace}/sidecarsettings?dryRun=All&fieldValidation=Strict"
    );
    let mut body = serde_json::to_value(resource::setting(&input.name, &input.spec)).expect("it is JSON");
    if input.name.is_empty() {
        body["metadata"] = json!({});
    }
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .body(serde_json::to_vec(&body).expect("it is JSON"))
        .expect("a request");
    match world.admin.request::<Value>(request).await {
        Ok(_) => None,
        // Only a setting that is valid gets as far as that.
        Err(kube::Error::Api(status)) if status.is_already_exists() => None,
        Err(kube::Error::Api(status)) if (400..500).contains(&status.code) => Some(status.message.clone()),
        Err(error) => panic!("the API server has no opinion on {input:?}: {error}"),
    }
}

/// Feeds both, and collects where they part.
async fn agree(world: &World, topic: &str, inputs: Vec<Input>) -> (usize, usize) {
    let namespace = Namespace::new(world, topic).await;
    let root = world.root_namespace().await;
    let verdicts: Vec<_> = stream::iter(inputs)
        .map(|input| {
            let (root, own) = (&root, &namespace.name);
            async move {
                let place = if input.in_root { root } else { own };
                let cluster = cluster_refuses(world, place, &input).await;
                (domain_refuses(root, own, &input), cluster, input)
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let parted: Vec<String> = verdicts
        .iter()
        .filter(|(domain, cluster, _)| domain.is_some() != cluster.is_some())
        .map(|(domain, cluster, input)| format!("{input:?}\n  domain: {domain:?}\n  cluster: {cluster:?}"))
        .collect();
    assert!(
        parted.is_empty(),
        "{} of {} inputs are taken by one and refused by the other:\n{}",
        parted.len(),
        verdicts.len(),
        parted.join("\n")
    );
    let good = verdicts.iter().filter(|(domain, ..)| domain.is_none()).count();
    (good, verdicts.len() - good)
}

#[tokio::test]
async fn on_values() {
    let world = World::shared().await;
    let (good, bad) = agree(&world, "values", values()).await;
    assert!(good > 120 && bad > 250, "{good} good, {bad} bad");
}

#[tokio::test]
async fn on_mutated_values() {
    let world = World::shared().await;
    let (good, bad) = agree(&world, "mutated", mutations()).await;
    assert!(good > 200 && bad > 200, "{good} good, {bad} bad");
}

#[tokio::test]
async fn on_names_and_shapes() {
    let world = World::shared().await;
    let (good, bad) = agree(&world, "shapes", shapes()).await;
    assert!(good > 15 && bad > 30, "{good} good, {bad} bad");
}

#[tokio::test]
async fn on_selectors() {
    let world = World::shared().await;
    let (good, bad) = agree(&world, "selectors", selectors()).await;
    assert!(good > 100 && bad > 100, "{good} good, {bad} bad");
}

#[tokio::test]
async fn on_a_priority_without_a_selector() {
    // `domain` cannot tell a priority of 0 from none; the console, which can, refuses it (see bad_input).
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "priority").await;
    for priority in [0, 1] {
        let spec = json!({ "traffic": {}, "priority": priority });
        let refused = cluster_refuses(&world, &namespace.name, &named("default", spec.clone())).await;
        assert!(refused.is_some_and(|why| why.contains("priority")), "{priority}");
        let answer = world
            .console
            .put(&namespace.url(), ("if-none-match", "*"), &spec)
            .await;
        assert_eq!(answer.problem().status, 422);
    }
}

#[tokio::test]
async fn the_cluster_puts_two_notations_right_before_any_rule_can_see_them() {
    // Only REST can refuse these: no schema, CEL rule or policy ever gets them.
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "notations").await;
    let labels = json!({ "matchLabels": { "app": "cart" } });
    for (written, stored) in [
        (
            json!({ "traffic": { "excludeInboundPorts": null } }),
            json!({ "traffic": {} }),
        ),
        (
            json!({ "traffic": {}, "selector": labels, "priority": 1.0 }),
            json!({ "traffic": {}, "selector": labels, "priority": 1 }),
        ),
    ] {
        let name = if written.get("selector").is_some() {
            "cart"
        } else {
            "default"
        };
        let input = named(name, written.clone());
        assert!(
            domain_refuses("istio-system", &namespace.name, &input).is_some(),
            "{written}"
        );
        resource::create(&world.admin, &namespace.name, name, &written)
            .await
            .expect("the cluster takes it");
        let now = resource::spec(&world.admin, &namespace.name, name).await;
        assert_eq!(now, Some(stored.clone()));
        let input = named(name, stored);
        assert_eq!(domain_refuses("istio-system", &namespace.name, &input), None);
    }
}
