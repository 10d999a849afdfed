//! A container for debugging, where no other can ask. It cannot be removed: it stays in the pod until that ends, its process
//! for ten minutes.

use std::time::Duration;

use api::audit::{Action, Target};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

use crate::{
    caller::Caller,
    change::record,
    error::{Error, from_kube},
    history::Intent,
    install::FIELD_MANAGER,
    state::State,
};

/// Its user: nobody's, and not the sidecar's, whose traffic goes round it.
const USER: u32 = 65532;
/// How many seconds its process lives.
const LIVES: &str = "600";
/// How long it may take to start, its image included.
const PATIENCE: Duration = Duration::from_secs(45);
const EVERY: Duration = Duration::from_millis(500);

/// Adds one with the caller's rights, and waits until it runs; the pod as it is then, and its name.
pub(super) async fn add(state: &State, caller: &Caller, pod: &Pod) -> Result<(Pod, String), Error> {
    let (namespace, pod_name) = (pod.namespace().unwrap_or_default(), pod.name_any());
    let name = format!("sidestep-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
    let image = state.debug_image.to_string();
    let container = json!({
        "name": name,
        "image": image,
        "command": ["sleep", LIVES],
        "securityContext": {
            "runAsUser": USER, "runAsGroup": USER, "runAsNonRoot": true, "allowPrivilegeEscalation": false,
            "capabilities": { "drop": ["ALL"] }, "seccompProfile": { "type": "RuntimeDefault" },
        },
    });
    let intent = Intent {
        actor: caller.actor.to_string(),
        action: Action::AddDebugContainer,
        target: Target {
            kind: "Pod".to_owned(),
            namespace: namespace.clone(),
            name: pod_name.clone(),
        },
        reason: None,
        before: None,
        after: Some(json!({ "container": name, "image": image })),
        based_on: pod.uid(),
        outside: None,
        reverts: None,
    };
    let api: Api<Pod> = Api::namespaced(caller.client.clone(), &namespace);
    // With the uid, so that another pod of the same name is refused.
    let patch = Patch::Strategic(json!({
        "metadata": { "uid": pod.uid() },
        "spec": { "ephemeralContainers": [container] },
    }));
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    let (write, target) = (api.clone(), pod_name.clone());
    let doing = format!("add a container for debugging to pod `{namespace}/{pod_name}`");
    let written = record(&state.history, intent, |()| None, async move {
        let added = write.patch_ephemeral_containers(&target, &params, &patch).await;
        added.map(drop).map_err(|error| from_kube(error, &doing))
    });
    written.await?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let now = caller.read::<Pod>("pod", &namespace, &pod_name).await?;
        if is_running(&now, &name) {
            return Ok((now, name));
        }
        if tokio::time::Instant::now() > deadline {
            let why = format!(
                "it does not run after {} s: can `{image}` be had?",
                PATIENCE.as_secs()
            );
            return Err(Error::NotReady(why));
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Whether the pod has a container for debugging of this name, running.
fn is_running(pod: &Pod, name: &str) -> bool {
    let statuses = pod
        .status
        .iter()
        .flat_map(|status| status.ephemeral_container_statuses.iter().flatten());
    statuses.into_iter().any(|status| {
        let running = status.state.as_ref().is_some_and(|state| state.running.is_some());
        status.name == name && running
    })
}
