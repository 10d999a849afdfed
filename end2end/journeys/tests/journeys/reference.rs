//! The reference page, done over REST: settings saved, pods deleted, and what istiod then writes.

use api::{
    Precondition,
    pod::{PodDetail, PodState},
};
use domain::{Field, Level, annotation};
use http::Method;
use journeys::{Console, Namespace, World, eventually, pods, resource};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

use crate::setting::{delete, in_force, put, reference_page, selecting, traffic};

/// The three fields of the reference page with the values that a pod then runs.
const PAGE: [(&str, &str); 3] = [
    ("excludeOutboundIPRanges", "47.100.20.144/32"),
    ("includeOutboundPorts", "7001,7002,7005"),
    ("excludeInboundPorts", "7001,7002,7005"),
];

async fn detail(console: &Console, pod: &Pod) -> PodDetail {
    let namespace = pod.namespace().expect("a pod has a namespace");
    let found = console.api().pod(&namespace, &pod.name_any()).await;
    found.expect("the console shows the pod")
}

/// Waits until the console has the pod as the cluster does, and is in this state.
async fn is_current(console: &Console, pod: &Pod) -> PodDetail {
    eventually("the pod to be shown as current", || async {
        let detail = detail(console, pod).await;
        if detail.row.state == PodState::Current {
            Ok(detail)
        } else {
            Err(format!("{detail:?}"))
        }
    })
    .await
}

fn stale_fields(state: &PodState) -> Vec<&str> {
    let PodState::Stale { fields } = state else {
        panic!("the pod is not stale: {state:?}");
    };
    let mut fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    fields.sort_unstable();
    fields
}

/// Saves the page's values at a level and deletes the pod that runs without them.
async fn reference_journey(level: impl Fn(&Namespace) -> Level, origin: &str) {
    let world = World::alone().await;
    let (console, api) = (&world.console, world.console.api());
    let namespace = Namespace::new(&world, "reference").await;
    let level = level(&namespace);
    let _undo = world.removing(&level).await;
    pods::deploy(&world.admin, &namespace.name, "productpage", &pods::pod()).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "productpage", &[]).await;
    is_current(console, &old).await;

    let saved = api
        .save_setting(&level, &Precondition::Absent, &reference_page())
        .await
        .expect("the values of the page are saved");
    for (field, text) in PAGE {
        assert_eq!(in_force(&saved.in_force, field), (text, origin), "{field}");
    }

    let stale = detail(console, &old).await;
    let mut names = PAGE.map(|(field, _)| field);
    names.sort_unstable();
    assert_eq!(stale_fields(&stale.row.state), names);
    for (field, text) in PAGE {
        let found = stale.differences.iter().find(|d| d.field == field);
        let difference = found.unwrap_or_else(|| panic!("{field} differs: {stale:?}"));
        assert_eq!(
            (difference.desired.as_str(), difference.running.as_str()),
            (text, ""),
            "{field}"
        );
    }
    // The list says the same once its next snapshot is made.
    eventually("the list to show exactly this pod as stale", || async {
        let query = api::pod::PodQuery {
            namespace: Some(namespace.name.clone()),
            state: Some(api::pod::PodStateName::Stale),
            ..api::pod::PodQuery::default()
        };
        let page = api.pods(&query).await.map_err(|problem| problem.to_string())?;
        match page.items.as_slice() {
            [only] if only.uid == stale.row.uid => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;

    refuses_a_delete_that_may_mean_another_pod(console, &stale).await;
    let deleted = api
        .delete_pod(&namespace.name, &stale.row.name, &stale.row.uid)
        .await
        .expect("the pod is deleted");
    let owner = deleted.replaced_by.expect("a Deployment replaces it");
    assert_eq!(
        (owner.kind.as_str(), owner.name.as_str()),
        ("Deployment", "productpage")
    );

    let new = pods::pod_of(&world.admin, &namespace.name, "productpage", &[&stale.row.uid]).await;
    assert_eq!(
        pods::traffic_flags(&new),
        [
            "-i",
            "*",
            "-x",
            "47.100.20.144/32",
            "-b",
            "*",
            "-d",
            "15090,15021,7001,7002,7005,15020",
            "-q",
            "7001,7002,7005"
        ],
        "what istiod wrote"
    );
    let current = is_current(console, &new).await;
    assert!(current.differences.is_empty());
    let running = current.running.expect("the console reads istio-init");
    assert_eq!(running.container, "istio-init");
    assert_eq!(Some(running.args), pods::init_args(&new));
    for (field, text) in PAGE {
        assert_eq!(in_force(&current.desired, field), (text, origin), "{field}");
        let value = running.values.iter().find(|value| value.field == field);
        assert_eq!(value.map(|value| value.text.as_str()), Some(text), "{field}");
    }
}

async fn refuses_a_delete_that_may_mean_another_pod(console: &Console, pod: &PodDetail) {
    let url = api::path::pod(&pod.row.namespace, &pod.row.name);
    let answer = console.ask(Method::DELETE, &url, &[], "").await;
    assert!(answer.problem().is("precondition-required"), "{answer:?}");
    assert_eq!(answer.status, 428);

    let other = "\"00000000-0000-4000-8000-000000000000\"";
    let answer = console
        .ask(Method::DELETE, &url, &[("if-match", other)], "")
        .await;
    let problem = answer.problem();
    assert!(problem.is("changed-meanwhile"), "{answer:?}");
    assert_eq!(answer.status, 412);
    assert_eq!(problem.current.expect("the pod as it is")["uid"], pod.row.uid);

    let still = console.api().pod(&pod.row.namespace, &pod.row.name).await;
    assert_eq!(still.expect("it is still there").row.uid, pod.row.uid);
}

#[tokio::test]
async fn a_namespace_setting_reaches_the_pod_that_replaces_a_deleted_one() {
    reference_journey(Namespace::level, "namespace").await;
}

#[tokio::test]
async fn a_global_setting_reaches_the_pod_that_replaces_a_deleted_one() {
    reference_journey(|_| Level::Global, "global").await;
}

/// The flags of a pod made now, as istiod writes them.
async fn flags(world: &World, namespace: &Namespace, draft: &pods::Draft) -> [Option<String>; 3] {
    let pod = draft
        .injected(&world.admin, &namespace.name)
        .await
        .expect("istiod takes the pod");
    ["-d", "-o", "-x"].map(|flag| pods::flag(&pod, flag))
}

fn expect(inbound: &str, outbound: Option<&str>, ranges: &str) -> [Option<String>; 3] {
    let inbound = if inbound.is_empty() {
        String::new()
    } else {
        format!("{inbound},")
    };
    [
        Some(format!("15090,15021,{inbound}15020")),
        outbound.map(str::to_owned),
        Some(ranges.to_owned()),
    ]
}

#[tokio::test]
async fn the_nearest_level_wins_field_by_field_and_a_deleted_setting_inherits_again() {
    let world = World::alone().await;
    let console = &world.console;
    let namespace = Namespace::new(&world, "levels").await;
    let _undo = world.removing(&Level::Global).await;
    let (own, cart) = (namespace.level(), namespace.workload("cart"));
    let (web, shop) = (pods::pod(), pods::pod().label("app", "cart"));
    assert_eq!(flags(&world, &namespace, &web).await, expect("", None, ""));

    let global = traffic(&[
        ("excludeInboundPorts", &["1001"]),
        ("excludeOutboundPorts", &["2001"]),
        ("excludeOutboundIPRanges", &["10.1.0.0/16"]),
    ]);
    put(console, &Level::Global, &global).await.expect("saved");
    assert_eq!(
        flags(&world, &namespace, &web).await,
        expect("1001", Some("2001"), "10.1.0.0/16")
    );

    put(console, &own, &traffic(&[("excludeInboundPorts", &["1002"])]))
        .await
        .expect("saved");
    assert_eq!(
        flags(&world, &namespace, &web).await,
        expect("1002", Some("2001"), "10.1.0.0/16")
    );

    let workload = traffic(&[
        ("excludeInboundPorts", &["1003"]),
        ("excludeOutboundIPRanges", &["10.3.0.0/16"]),
    ]);
    let view = put(console, &cart, &selecting(workload, "app", "cart"))
        .await
        .expect("saved");
    assert_eq!(
        in_force(&view.in_force, "excludeInboundPorts"),
        ("1003", "workload/cart")
    );
    assert_eq!(
        in_force(&view.in_force, "excludeOutboundPorts"),
        ("2001", "global")
    );
    assert_eq!(
        flags(&world, &namespace, &shop).await,
        expect("1003", Some("2001"), "10.3.0.0/16")
    );
    assert_eq!(
        flags(&world, &namespace, &web).await,
        expect("1002", Some("2001"), "10.1.0.0/16"),
        "a pod that the selector does not match"
    );

    let annotated = shop.clone().annotation(annotation::EXCLUDE_INBOUND_PORTS, "1004");
    assert_eq!(
        flags(&world, &namespace, &annotated).await,
        expect("1004", Some("2001"), "10.3.0.0/16")
    );

    let empty = traffic(&[("excludeInboundPorts", &[]), ("excludeOutboundPorts", &[])]);
    put(console, &cart, &selecting(empty, "app", "cart"))
        .await
        .expect("saved");
    assert_eq!(
        flags(&world, &namespace, &shop).await,
        expect("", Some(""), "10.1.0.0/16")
    );

    let view = delete(console, &cart).await;
    assert!(view.stored.is_none());
    assert_eq!(
        flags(&world, &namespace, &shop).await,
        expect("1002", Some("2001"), "10.1.0.0/16")
    );
    let view = delete(console, &own).await;
    assert_eq!(
        in_force(&view.in_force, "excludeInboundPorts"),
        ("1001", "global")
    );
    assert_eq!(
        flags(&world, &namespace, &shop).await,
        expect("1001", Some("2001"), "10.1.0.0/16")
    );
    delete(console, &Level::Global).await;
    assert_eq!(flags(&world, &namespace, &shop).await, expect("", None, ""));
}

#[tokio::test]
async fn an_annotation_on_the_pod_template_beats_every_level() {
    let world = World::alone().await;
    let console = &world.console;
    let namespace = Namespace::new(&world, "template").await;
    let _undo = world.removing(&Level::Global).await;
    put(console, &Level::Global, &reference_page())
        .await
        .expect("saved");
    put(
        console,
        &namespace.level(),
        &traffic(&[("excludeInboundPorts", &["8001"])]),
    )
    .await
    .expect("saved");
    pods::deploy(&world.admin, &namespace.name, "api", &pods::pod()).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "api", &[]).await;
    assert_eq!(pods::flag(&old, "-d").as_deref(), Some("15090,15021,8001,15020"));

    let key = Field::ExcludeInboundPorts.annotation();
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": { key: "9001" } } } } });
    Api::<Deployment>::namespaced(world.admin.clone(), &namespace.name)
        .patch("api", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .expect("the template is changed");
    let uid = old.uid().expect("a pod has a uid");
    let new = pods::pod_of(&world.admin, &namespace.name, "api", &[&uid]).await;
    assert_eq!(
        pods::flag(&new, "-d").as_deref(),
        Some("15090,15021,9001,15020"),
        "what istiod wrote"
    );
    assert_eq!(
        pods::flag(&new, "-q").as_deref(),
        Some("7001,7002,7005"),
        "what istiod wrote"
    );

    let shown = is_current(console, &new).await;
    assert_eq!(in_force(&shown.desired, "excludeInboundPorts"), ("9001", "pod"));
    assert_eq!(
        in_force(&shown.desired, "includeOutboundPorts"),
        ("7001,7002,7005", "global")
    );
    let field = shown
        .desired
        .iter()
        .find(|field| field.field == "excludeInboundPorts")
        .expect("it is there");
    let overrode: Vec<_> = field
        .overrode
        .iter()
        .map(|o| (o.origin.as_str(), o.text.as_str()))
        .collect();
    assert_eq!(overrode, [("namespace", "8001"), ("global", "7001,7002,7005")]);
}

#[tokio::test]
async fn the_three_states_of_a_field_come_back_in_normal_form() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "states").await;
    let messy = traffic(&[
        (
            "excludeInboundPorts",
            &[" 7002", "7001\t", "7001", "9000-9003", "9002-9005"],
        ),
        ("excludeOutboundPorts", &[]),
        ("includeOutboundIPRanges", &[" * "]),
        (
            "excludeOutboundIPRanges",
            &["2001:DB8::1/32", "10.1.2.3/8", "47.100.20.144", "10.0.0.0/8"],
        ),
    ]);
    put(&world.console, &namespace.level(), &messy)
        .await
        .expect("saved");
    let view = world
        .console
        .api()
        .setting(&namespace.level())
        .await
        .expect("read");
    let normal = traffic(&[
        ("excludeInboundPorts", &["7001", "7002", "9000-9005"]),
        ("excludeOutboundPorts", &[]),
        ("includeOutboundIPRanges", &["*"]),
        (
            "excludeOutboundIPRanges",
            &["10.0.0.0/8", "47.100.20.144/32", "2001:db8::/32"],
        ),
    ]);
    let stored = view.stored.expect("stored").traffic;
    assert_eq!(
        stored, normal.traffic,
        "`includeInboundPorts` and `includeOutboundPorts` are absent: inherited"
    );
    assert_eq!(
        in_force(&view.in_force, "excludeOutboundPorts"),
        ("", "namespace")
    );
    assert_eq!(in_force(&view.in_force, "includeOutboundPorts"), ("", "builtIn"));
    let spec = resource::spec(&world.admin, &namespace.name, "default").await;
    assert_eq!(
        spec,
        Some(json!({ "traffic": normal.traffic })),
        "what `kubectl` shows"
    );
    let pod = pods::pod()
        .injected(&world.admin, &namespace.name)
        .await
        .expect("istiod takes it");
    assert_eq!(
        pods::flag(&pod, "-d").as_deref(),
        Some("15090,15021,7001,7002,9000,9001,9002,9003,9004,9005,15020")
    );
    assert_eq!(
        pods::flag(&pod, "-x").as_deref(),
        Some("10.0.0.0/8,47.100.20.144/32,2001:db8::/32")
    );
    assert_eq!(pods::flag(&pod, "-o").as_deref(), Some(""));
}
