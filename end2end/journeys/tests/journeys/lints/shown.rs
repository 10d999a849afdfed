//! Each lint twice: on a workload of which it is true, shown by what the real istiod injects and what the rules then do (they
//! are those of the kernel: see `tests/packets`), and on one where it must stay silent.

use api::lint::LintQuery;
use domain::{lint::Code, trace::Verdict};
use futures::{StreamExt, stream};
use journeys::{
    Namespace, Revision, World, eventually,
    pods::{self, Draft},
    resource,
};
use kube::{Api, api::PostParams, core::DynamicObject};
use serde_json::{Value, json};

use super::{
    cases::{Case, cases, listening, with},
    seen::{BYPASS, Seen},
};

/// What `GET /api/v1/lints` says of the Deployments of a namespace: each with its codes.
async fn told(world: &World, namespace: &Namespace) -> Vec<(String, String)> {
    let query = LintQuery {
        namespace: Some(namespace.name.clone()),
        limit: Some(500),
        ..LintQuery::default()
    };
    let lints = world
        .console
        .api()
        .lints(&query)
        .await
        .expect("the console answers");
    lints
        .items
        .into_iter()
        .flat_map(|lint| {
            lint.about
                .into_iter()
                .map(move |about| (about.name, lint.code.clone()))
        })
        .collect()
}

/// Waits until the console says `code` of the Deployment `is-true`, and checks that it does not of `is-not`. That one is made
/// first: who has seen the other has seen it.
async fn is_told(world: &World, namespace: &Namespace, code: Code) {
    eventually(&format!("{code} to be told"), || async {
        let all = told(world, namespace).await;
        let of = |name: &str| {
            all.iter()
                .any(|(about, said)| about == name && said == code.as_str())
        };
        if of("is-true") {
            assert!(!of("is-not"), "{code} is said where it is not so: {all:?}");
            Ok(())
        } else {
            Err(format!("{all:?}"))
        }
    })
    .await;
}

async fn create(world: &World, namespace: &Namespace, kind: (&str, &str, &str), name: &str, spec: Value) {
    let (group, plural, kind) = kind;
    let kind = kube::core::gvk::GroupVersionKind::gvk(group, "v1", kind);
    let resource = kube::api::ApiResource::from_gvk_with_plural(&kind, plural);
    let object = DynamicObject::new(name, &resource).data(json!({ "spec": spec }));
    Api::<DynamicObject>::namespaced_with(world.admin.clone(), &namespace.name, &resource)
        .create(&PostParams::default(), &object)
        .await
        .expect("an administrator may make it");
}

/// Makes both workloads, with a Service before them, and shows that what is said is what happens.
async fn shown(world: &World, case: Case) {
    let namespace = Namespace::new(world, "shown").await;
    let service = json!({ "selector": { "shown": "yes" }, "ports": [{ "port": 80, "targetPort": 8080 }] });
    create(world, &namespace, ("", "services", "Service"), "both", service).await;
    let strict = json!({ "mtls": { "mode": "STRICT" } });
    let policies = ("security.istio.io", "peerauthentications", "PeerAuthentication");
    create(world, &namespace, policies, "strict", strict).await;
    let policies = (
        "security.istio.io",
        "authorizationpolicies",
        "AuthorizationPolicy",
    );
    create(
        world,
        &namespace,
        policies,
        "some",
        json!({ "rules": [{ "from": [{ "source": { "namespaces": ["a"] } }] }] }),
    )
    .await;
    for (name, draft) in [("is-not", &case.is_not), ("is-true", &case.is_true)] {
        let draft = draft.clone().label("shown", "yes").label("app", name);
        pods::deploy(&world.admin, &namespace.name, name, &draft).await;
        let seen = Seen(
            draft
                .injected(&world.admin, &namespace.name)
                .await
                .expect("istiod takes the pod"),
        );
        assert_eq!(
            (case.shown)(&seen),
            name == "is-true",
            "{} on {name}: {:?}",
            case.code,
            seen.0
        );
    }
    is_told(world, &namespace, case.code).await;
}

#[tokio::test]
async fn what_lints_say_of_a_pod_is_what_happens_to_it() {
    let world = World::shared().await;
    stream::iter(cases())
        .for_each_concurrent(4, |case| shown(&world, case))
        .await;
}

#[tokio::test]
async fn an_annotation_on_the_workload_itself_reaches_no_pod() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "misplaced").await;
    let excluded = "traffic.sidecar.istio.io/excludeOutboundPorts";
    for (name, template) in [
        ("is-not", pods::pod().annotation(excluded, "7001")),
        ("is-true", pods::pod()),
    ] {
        let mut made = pods::deploy(&world.admin, &namespace.name, name, &template).await;
        if name == "is-true" {
            made = resource::annotated(&world.admin, made, excluded, "7001").await;
        }
        let pod = pods::pod_of(&world.admin, &namespace.name, name, &[]).await;
        let reached = Seen(pod).sends(7001) == BYPASS;
        assert_eq!(reached, name == "is-not", "{made:?}");
    }
    is_told(&world, &namespace, Code::MisplacedAnnotation).await;
}

#[tokio::test]
async fn of_two_settings_that_disagree_one_reaches_the_pod() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "clash").await;
    for (name, app, ports, priority) in [
        ("a", "is-true", "7001", 0),
        ("b", "is-true", "7002", 5),
        ("c", "is-not", "7001", 0),
        ("d", "is-not", "7001", 5),
    ] {
        let spec = json!({
            "selector": { "matchLabels": { "app": app } },
            "priority": priority,
            "traffic": { "excludeOutboundPorts": [ports] },
        });
        resource::create(&world.admin, &namespace.name, name, &spec)
            .await
            .expect("the setting is good");
    }
    for name in ["is-not", "is-true"] {
        pods::deploy(&world.admin, &namespace.name, name, &pods::pod()).await;
    }
    is_told(&world, &namespace, Code::WorkloadSettingsClash).await;
    let draft = pods::pod().label("app", "is-true");
    let seen = Seen(
        draft
            .injected(&world.admin, &namespace.name)
            .await
            .expect("istiod takes the pod"),
    );
    assert_eq!(
        (seen.sends(7001), seen.sends(7002)),
        (Verdict::OutboundProxy, BYPASS),
        "the higher priority wins"
    );
}

#[tokio::test]
async fn what_is_set_for_a_pod_without_a_sidecar_does_nothing() {
    let world = World::shared().await;
    let namespace = Namespace::labelled(&world, "bare", &[]).await;
    let excluding = || with(&[("excludeOutboundPorts", "7001")]);
    let without = excluding().label("app", "is-true");
    let inside = excluding()
        .label("app", "is-not")
        .label("sidecar.istio.io/inject", "true");
    for (name, draft) in [("is-not", &inside), ("is-true", &without)] {
        pods::deploy(&world.admin, &namespace.name, name, draft).await;
        let seen = Seen(
            draft
                .injected(&world.admin, &namespace.name)
                .await
                .expect("the pod is taken"),
        );
        assert_eq!(seen.init().is_none(), name == "is-true");
    }
    is_told(&world, &namespace, Code::NotInjected).await;
}

#[tokio::test]
async fn what_lints_say_of_the_plugin_and_of_the_agent_is_what_istiod_writes() {
    let world = World::alone().await;
    let revision = Revision::start_with(
        &world,
        "plugin",
        |values| {
            values["pilot"]["cni"]["enabled"] = true.into();
            values["global"]["proxy"]["includeIPRanges"] = "".into();
        },
        |mesh| mesh.replacen("defaultConfig:\n", "defaultConfig:\n  statusPort: 15999\n", 1),
    )
    .await;
    let namespace = Namespace::labelled(&world, "plugin", &[("istio.io/rev", &revision.name)]).await;
    let ranges = "traffic.sidecar.istio.io/includeOutboundIPRanges";
    let own_port = ("status.sidecar.istio.io/port", "15999");
    let is_true = listening().label("app", "is-true");
    let is_not = listening()
        .label("app", "is-not")
        .annotation(ranges, "")
        .annotation(own_port.0, own_port.1);
    let injected = async |draft: &Draft| {
        eventually("the revision to inject", || async {
            let pod = draft
                .injected(&world.admin, &namespace.name)
                .await
                .map_err(|error| error.to_string())?;
            let seen = Seen(pod);
            if seen.init().is_some() || seen.label("security.istio.io/tlsMode").is_some() {
                Ok(seen)
            } else {
                Err("not injected".to_owned())
            }
        })
        .await
    };
    for (name, draft) in [("is-not", &is_not), ("is-true", &is_true)] {
        pods::deploy(&world.admin, &namespace.name, name, draft).await;
        let seen = injected(draft).await;
        // The plugin reads annotations, and takes a missing one for `*`.
        assert_eq!(
            seen.annotation(ranges).is_none(),
            name == "is-true",
            "{:?}",
            seen.0
        );
        // The agent's port is excluded where the annotation says so, and not where only the mesh configuration does.
        let excluded = seen.args().traffic.exclude_inbound_ports.contains("15999");
        assert_eq!(excluded, name == "is-not");
    }
    is_told(&world, &namespace, Code::EmptyRangesUnderCni).await;
    is_told(&world, &namespace, Code::StatusPortMismatch).await;

    let none = Namespace::labelled(&world, "none", &[("istio.io/rev", &revision.name)]).await;
    let mode = "sidecar.istio.io/interceptionMode";
    for (name, value) in [("is-not", "REDIRECT"), ("is-true", "NONE")] {
        let draft = listening().label("app", name).annotation(mode, value);
        pods::deploy(&world.admin, &none.name, name, &draft).await;
        let pod = draft
            .injected(&world.admin, &none.name)
            .await
            .expect("istiod takes the pod");
        let seen = Seen(pod);
        // What the plugin refuses stands in the annotation that it reads.
        assert_eq!(seen.annotation(mode), Some(value));
        assert_eq!(seen.init().is_none(), value == "NONE");
    }
    is_told(&world, &none, Code::InterceptionNoneUnderCni).await;
}
