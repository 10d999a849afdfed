//! The reference page's section "Verify the bypass".

use std::collections::BTreeMap;

use api::{Precondition, outbound_policy::SaveOutboundPolicy, setting::SaveSetting};
use futures::FutureExt;
use journeys::{
    Namespace, Undo, World, eventually,
    plane::{self, EXTERNAL, Head, OTHER_EXTERNAL},
    pods,
};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

/// Saves a field of a namespace.
pub(crate) async fn save(world: &World, namespace: &Namespace, field: &str, item: &str) {
    let setting = SaveSetting {
        traffic: BTreeMap::from([(field.to_owned(), vec![item.to_owned()])]),
        ..SaveSetting::default()
    };
    let saved = world
        .console
        .api()
        .save_setting(&namespace.level(), &Precondition::Absent, &setting)
        .await;
    saved.expect("the setting is saved");
}

/// Deletes a pod over REST and returns the one that comes instead.
pub(crate) async fn replaced(world: &World, pod: &Pod) -> Pod {
    let (namespace, uid) = (pod.namespace().unwrap_or_default(), pod.uid().unwrap_or_default());
    let api = world.console.api();
    eventually("the console to delete the pod", || async {
        api.delete_pod(&namespace, &pod.name_any(), &uid)
            .await
            .map_err(|problem| problem.to_string())
    })
    .await;
    let deployment = pod.labels()["app"].clone();
    pods::pod_of(&world.admin, &namespace, &deployment, &[&uid]).await
}

/// Waits for an answer of this kind.
pub(crate) async fn answers(world: &World, pod: &Pod, url: &str, expected: Head) {
    eventually(&format!("{url} to be answered with {expected:?}"), || async {
        match plane::head(&world.sandbox, pod, url).await {
            Ok(head) if head == expected => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

/// Sets the mesh's policy for unknown hosts, until dropped.
async fn outbound_traffic_policy(world: &World, mode: &str) -> Undo {
    let root = world.root_namespace().await;
    let maps = Api::<ConfigMap>::namespaced(world.admin.clone(), &root);
    let map = maps.get("istio").await.expect("the mesh has a configuration");
    let before = map.data.unwrap_or_default()["mesh"].clone();
    let undo = world.undo(move |admin| {
        async move {
            let maps = Api::<ConfigMap>::namespaced(admin, &root);
            let back = Patch::Merge(json!({ "data": { "mesh": before } }));
            let back = maps.patch("istio", &PatchParams::default(), &back).await;
            back.expect("the policy is put back");
        }
        .boxed()
    });
    let api = world.console.api();
    let change = SaveOutboundPolicy {
        mode: mode.to_owned(),
        ..SaveOutboundPolicy::default()
    };
    eventually("the policy to be changed", || async {
        let policy = api
            .outbound_policy()
            .await
            .map_err(|problem| problem.to_string())?;
        let revision = policy.revisions.first().ok_or("no revision")?;
        let version = revision.version.clone().ok_or("no version")?;
        let version = Precondition::Version(version);
        api.save_outbound_policy(&revision.revision, &version, &change)
            .await
            .map_err(|problem| problem.to_string())
    })
    .await;
    undo
}

#[tokio::test]
async fn an_excluded_address_is_reached_round_envoy_when_envoy_would_refuse_it() {
    let world = World::alone().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "bypass").await;
    let _undo = world.removing(&namespace.level()).await;
    pods::deploy(&world.admin, &namespace.name, "client", &plane::pod()).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let url = format!("http://{EXTERNAL}/productpage");

    let allowed = Head {
        status: 200,
        by_envoy: true,
    };
    answers(&world, &old, &url, allowed).await;

    let _policy = outbound_traffic_policy(&world, "REGISTRY_ONLY").await;
    let refused = Head {
        status: 502,
        by_envoy: true,
    };
    answers(&world, &old, &url, refused).await;

    save(
        &world,
        &namespace,
        "excludeOutboundIPRanges",
        &format!("{EXTERNAL}/32"),
    )
    .await;
    let new = replaced(&world, &old).await;
    let direct = Head {
        status: 200,
        by_envoy: false,
    };
    answers(&world, &new, &url, direct).await;
    // The same pod's other traffic still goes through Envoy.
    answers(
        &world,
        &new,
        &format!("http://{OTHER_EXTERNAL}/productpage"),
        refused,
    )
    .await;
}
