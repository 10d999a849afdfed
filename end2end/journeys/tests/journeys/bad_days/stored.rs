//! Settings that the cluster took while nobody checked.

use api::setting::SettingView;
use journeys::{Namespace, World, eventually, pods, resource};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, api::PostParams};
use serde_json::json;

use crate::setting::{in_force, put, reference_page, traffic};

/// Lets the cluster take anything as a setting, until dropped.
async fn without_rules(world: &World) -> journeys::Undo {
    const NAME: &str = "sidecarsettings.sidestep.dev";
    let api = Api::<CustomResourceDefinition>::all(world.admin.clone());
    let good = api.get(NAME).await.expect("Sidestep is installed");
    let undo = world.undo({
        move |admin| {
            Box::pin(async move {
                let api = Api::<CustomResourceDefinition>::all(admin);
                resource::edit(&api, NAME, |now| now.spec.clone_from(&good.spec)).await;
                resource::give_back(&api, NAME, &good).await;
            })
        }
    });
    resource::edit(&api, NAME, |open| {
        for version in &mut open.spec.versions {
            version.schema = serde_json::from_value(json!({
                "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
            }))
            .expect("a schema");
        }
    })
    .await;
    undo
}

async fn takes_anything(world: &World, namespace: &Namespace, does: bool) {
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let bad = resource::setting(
        "default",
        &json!({ "traffic": { "excludeInboundPorts": ["http"] } }),
    );
    let settings = resource::settings(&world.admin, &namespace.name);
    eventually("the API server to use the changed definition", || async {
        let taken = settings.create(&dry_run, &bad).await;
        if taken.is_ok() == does {
            Ok(())
        } else {
            Err(format!("{taken:?}"))
        }
    })
    .await;
}

#[tokio::test]
async fn a_stored_value_that_we_would_refuse_counts_as_inherit_and_is_shown() {
    let world = World::alone().await;
    let api = world.console.api();
    let namespace = Namespace::new(&world, "invalid").await;
    let undo = without_rules(&world).await;
    takes_anything(&world, &namespace, true).await;
    let spec = json!({ "traffic": {
        "excludeInboundPorts": ["7001", "http"],
        "excludeOutboundPorts": ["3306"],
        "includeOutboundPorts": 8080,
        "excludeOutboundPort": ["1"],
    } });
    resource::create(&world.admin, &namespace.name, "default", &spec)
        .await
        .expect("the cluster takes it");
    let odd =
        json!({ "selector": "app=web", "priority": "high", "traffic": { "includeInboundPorts": ["1"] } });
    resource::create(&world.admin, &namespace.name, "odd", &odd)
        .await
        .expect("the cluster takes it");

    let view = api.setting(&namespace.level()).await.expect("it can be read");
    assert_eq!(
        invalid(&view),
        [
            "traffic.excludeInboundPorts[1]",
            "traffic.excludeOutboundPort",
            "traffic.includeOutboundPorts"
        ]
    );
    assert_eq!(in_force(&view.in_force, "excludeInboundPorts"), ("", "builtIn"));
    assert_eq!(
        in_force(&view.in_force, "excludeOutboundPorts"),
        ("3306", "namespace")
    );
    let valid = [
        "-i",
        "*",
        "-x",
        "",
        "-b",
        "*",
        "-d",
        "15090,15021,15020",
        "-o",
        "3306",
    ];
    eventually(
        "a new pod to get what is valid, whatever else is stored",
        || async {
            let pod = pods::pod()
                .injected(&world.admin, &namespace.name)
                .await
                .map_err(|e| e.to_string())?;
            let flags = pods::traffic_flags(&pod);
            if flags == valid {
                Ok(())
            } else {
                Err(format!("{flags:?}"))
            }
        },
    )
    .await;
    let message = is_accepted(&world, &namespace, "False").await;
    assert!(message.contains("traffic."), "{message}");
    let listed = api
        .workload_settings(&namespace.name)
        .await
        .expect("the odd one hides nothing");
    assert_eq!(invalid(&listed.items[0]), ["priority", "selector"]);
    for path in [api::path::MESHES, api::path::NAMESPACES, api::path::PODS] {
        assert_eq!(world.console.get(path).await.status, 200, "{path}");
    }

    undo.now();
    takes_anything(&world, &namespace, false).await;
    let view = api
        .setting(&namespace.level())
        .await
        .expect("it can still be read");
    assert!(
        invalid(&view).contains(&"traffic.excludeInboundPorts[1]"),
        "{view:?}"
    );
    // The way out: save something valid over it.
    let saved = put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved over it");
    assert!(invalid(&saved).is_empty(), "{saved:?}");
    is_accepted(&world, &namespace, "True").await;
}

/// The paths of what is stored and invalid.
fn invalid(view: &SettingView) -> Vec<&str> {
    let stored = view.stored.as_ref().expect("something is stored");
    let mut paths: Vec<_> = stored
        .invalid
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    paths.sort_unstable();
    paths
}

/// Waits until the status of the namespace's setting has this condition, and returns its message.
async fn is_accepted(world: &World, namespace: &Namespace, status: &str) -> String {
    let settings = resource::settings(&world.admin, &namespace.name);
    eventually(&format!("the condition Accepted={status}"), || async {
        let object = settings.get("default").await.map_err(|error| error.to_string())?;
        let conditions = object.data["status"]["conditions"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let found = conditions
            .iter()
            .find(|c| c["type"] == "Accepted" && c["status"] == status);
        found
            .map(|condition| condition["message"].as_str().unwrap_or_default().to_owned())
            .ok_or_else(|| object.data.to_string())
    })
    .await
}

#[tokio::test]
async fn an_object_that_is_no_setting_at_all_blinds_nobody() {
    let world = World::alone().await;
    let namespace = Namespace::new(&world, "odd").await;
    let other = Namespace::new(&world, "even").await;
    let undo = without_rules(&world).await;
    takes_anything(&world, &namespace, true).await;
    let names = ["array", "text", "deep"];
    let (odd, place) = (names, namespace.name.clone());
    // The test's namespace goes as well, but later.
    let _remove = world.undo(move |admin| {
        Box::pin(async move {
            for name in odd {
                resource::remove(&admin, &place, name).await;
            }
        })
    });
    let specs = [
        json!(["not", "even", "an", "object"]),
        json!("text"),
        json!({ "traffic": [1], "selector": [2], "priority": { "3": 4 } }),
    ];
    for (name, spec) in names.iter().zip(&specs) {
        resource::create(&world.admin, &namespace.name, name, spec)
            .await
            .expect("the cluster takes it");
    }
    let api = world.console.api();
    api.workload_settings(&namespace.name)
        .await
        .expect("the list can be read");
    for name in names {
        let answer = world
            .console
            .get(&api::path::setting(&namespace.workload(name)))
            .await;
        assert!(
            answer.status == 200 || answer.problem().status < 500,
            "{name}: {answer:?}"
        );
    }
    // Others still get their settings, from this console and from one that starts now.
    put(&world.console, &other.level(), &reference_page())
        .await
        .expect("saved");
    let pod = pods::pod()
        .injected(&world.admin, &other.name)
        .await
        .expect("istiod takes it");
    assert_eq!(pods::flag(&pod, "-x").as_deref(), Some("47.100.20.144/32"));
    let mut own = world.own();
    let console = own.ready().await;
    put(&console, &other.level(), &traffic(&[])).await.expect("saved");
    undo.now();
}
