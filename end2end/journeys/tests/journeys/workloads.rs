//! What a Deployment's page says of its next pod is what the next pod is.

use api::{
    pod::PodState,
    workload::{WorkloadKind, WorkloadQuery},
};
use journeys::{Namespace, World, eventually, pods, workloads};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

use crate::setting::{put, reference_page, selecting, traffic};

#[tokio::test]
async fn its_next_pod_gets_exactly_what_it_says() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "next").await;
    let api = world.console.api();
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "web", &[]).await;

    let level = namespace.level();
    put(&world.console, &level, &reference_page())
        .await
        .expect("saved");
    let workload = selecting(traffic(&[("excludeOutboundPorts", &["3306"])]), "app", "web");
    put(&world.console, &namespace.workload("mysql"), &workload)
        .await
        .expect("saved");
    // A template of its own says something too. Changing it makes the next pod.
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": {
        "traffic.sidecar.istio.io/excludeInboundPorts": "9090",
    } } } } });
    Api::<Deployment>::namespaced(world.admin.clone(), &namespace.name)
        .patch("web", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .expect("kubectl patch");
    let detail = api
        .workload(WorkloadKind::Deployment, &namespace.name, "web")
        .await
        .expect("the Deployment");
    assert_eq!(detail.workload_settings, ["mysql"]);
    assert_eq!(detail.not_applicable, None);
    assert_eq!(detail.strategy, "RollingUpdate");

    let uid = old.uid().unwrap_or_default();
    let new = pods::pod_of(&world.admin, &namespace.name, "web", &[&uid]).await;
    // What istiod wrote is what was said: no field differs.
    eventually("the new pod to run what the Deployment says", || async {
        let pod = api
            .pod(&namespace.name, &new.name_any())
            .await
            .map_err(|problem| problem.to_string())?;
        if pod.row.state == PodState::Current && pod.desired == detail.desired {
            Ok(())
        } else {
            Err(format!("{pod:?} is not {detail:?}"))
        }
    })
    .await;
    assert_eq!(pods::flag(&new, "-o").as_deref(), Some("3306"));
    assert!(pods::flag(&new, "-d").is_some_and(|ports| ports.contains("9090")));
}

#[tokio::test]
async fn where_it_says_that_settings_have_no_effect_istiod_redirects_nothing() {
    let world = World::shared().await;
    let api = world.console.api();
    let labelled = |labels: &'static [(&str, &str)]| Namespace::labelled(&world, "effect", labels);
    let enabled = labelled(&[("istio-injection", "enabled")]).await;
    let plain = labelled(&[]).await;
    let disabled = labelled(&[("istio-injection", "disabled")]).await;
    let revision = labelled(&[("istio.io/rev", "default")]).await;
    let inject = "sidecar.istio.io/inject";
    let drafts = [
        pods::pod(),
        pods::pod().on_host_network(),
        pods::pod().label(inject, "true"),
        pods::pod().label(inject, "false"),
        pods::pod().annotation(inject, "false"),
        pods::pod().annotation(inject, "true"),
        pods::pod().label(inject, "true").annotation(inject, "false"),
        pods::pod().label("istio.io/rev", "default"),
        pods::pod().annotation("inject.istio.io/templates", "gateway"),
        pods::pod().annotation("sidecar.istio.io/interceptionMode", "NONE"),
    ];
    for namespace in [&enabled, &plain, &disabled, &revision] {
        for (number, draft) in drafts.iter().enumerate() {
            let name = format!("web-{number}");
            pods::deploy(&world.admin, &namespace.name, &name, draft).await;
            let redirected = draft.injected(&world.admin, &namespace.name).await;
            let redirected = redirected.is_ok_and(|pod: Pod| pods::init_args(&pod).is_some());
            let detail = api
                .workload(WorkloadKind::Deployment, &namespace.name, &name)
                .await
                .expect("the Deployment");
            assert_eq!(
                detail.not_applicable.is_none(),
                redirected,
                "{} {}: {:?}",
                namespace.name,
                draft.json(),
                detail.not_applicable
            );
        }
    }
}

#[tokio::test]
async fn workloads_of_every_kind_are_listed_with_their_pods_and_the_levels_in_force() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "kinds").await;
    let api = world.console.api();
    for kind in WorkloadKind::ALL {
        let mut object = json!({
            "apiVersion": "apps/v1", "kind": kind.name(), "metadata": { "name": "web" },
            "spec": {
                "selector": { "matchLabels": { "app": kind.name() } },
                "template": workloads::template(kind.name()),
            },
        });
        if kind == WorkloadKind::StatefulSet {
            object["spec"]["serviceName"] = json!("web");
            object["spec"]["template"]["metadata"]["annotations"] =
                json!({ "traffic.sidecar.istio.io/excludeOutboundPorts": "3306" });
        }
        workloads::make(&world.admin, &namespace.name, object).await;
    }
    let asked = WorkloadQuery {
        namespace: Some(namespace.name.clone()),
        ..WorkloadQuery::default()
    };
    let all_ready = |kind| {
        let (api, asked) = (&api, &asked);
        eventually("its pods to be ready", move || async move {
            let rows = api.workloads(kind, asked).await.map_err(|e| e.to_string())?.items;
            match rows.as_slice() {
                [row]
                    if row.ready == row.replicas && row.ready > 0 && row.pods.injected == row.pods.total =>
                {
                    Ok(row.clone())
                }
                other => Err(format!("{other:?}")),
            }
        })
    };
    for kind in WorkloadKind::ALL {
        let row = all_ready(kind).await;
        let expected: &[&str] = if kind == WorkloadKind::StatefulSet {
            &["pod"]
        } else {
            &[]
        };
        assert_eq!((row.kind, row.name.as_str()), (kind, "web"));
        assert!(row.levels == expected && row.pods.stale == 0, "{row:?}");
    }
    put(
        &world.console,
        &namespace.level(),
        &traffic(&[("excludeInboundPorts", &["7001"])]),
    )
    .await
    .expect("saved");
    for kind in WorkloadKind::ALL {
        let stale = eventually("the pods to be stale", || async {
            let detail = api
                .workload(kind, &namespace.name, "web")
                .await
                .map_err(|e| e.to_string())?;
            if detail.row.pods.stale == detail.row.pods.total {
                Ok(detail)
            } else {
                Err(format!("{:?}", detail.row))
            }
        })
        .await;
        let expected: &[&str] = if kind == WorkloadKind::StatefulSet {
            &["namespace", "pod"]
        } else {
            &["namespace"]
        };
        assert_eq!(stale.row.levels, expected);
        let events = stale.events.expect("an administrator may list events");
        assert!(
            !events.is_empty() && events.iter().all(|event| !event.reason.is_empty()),
            "{events:?}"
        );
    }
}
