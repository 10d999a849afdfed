//! Pods with a real network and a real Envoy: the sandbox's node `node-plane`.

use std::{path::Path, time::Duration};

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DynamicObject},
    core::gvk::GroupVersionKind,
};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

use crate::{
    pods::{self, Draft},
    poll::within,
    sandbox::{Sandbox, User},
};

/// A host outside the mesh.
pub const EXTERNAL: &str = "198.51.100.10";
/// Another one.
pub const OTHER_EXTERNAL: &str = "198.51.100.11";
/// Envoy may have to be downloaded first.
const PATIENCE: Duration = Duration::from_mins(3);

/// `dataplane.json`, as far as it is needed here.
#[derive(Debug, Deserialize)]
struct State {
    state: String,
    #[serde(default)]
    reason: String,
}

/// Waits until the sandbox has its data plane.
///
/// # Panics
/// Where there is none, with the sandbox's reason: `make test` counts these journeys as skipped there and does not come here.
pub async fn ready(sandbox: &Sandbox) {
    let file = sandbox.state.join("dataplane.json");
    within(PATIENCE, "the sandbox's data plane", || async {
        let state = read(&file)?;
        match state.state.as_str() {
            "ready" => Ok(()),
            "absent" => panic!("this sandbox has no data plane: {}", state.reason),
            other => Err(other.to_owned()),
        }
    })
    .await;
}

fn read(file: &Path) -> Result<State, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// A pod of one container for that node. It ends quickly.
#[must_use]
pub fn pod() -> Draft {
    pods::pod().with(|pod| {
        pod["spec"]["nodeSelector"] = json!({ "kubernetes.io/hostname": "node-plane" });
        pod["spec"]["tolerations"] = json!([{ "key": "sidestep.dev/data-plane", "operator": "Exists" }]);
        pod["spec"]["terminationGracePeriodSeconds"] = json!(1);
    })
}

/// What a command in a container came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

/// Runs a command in a container by way of the API server, as `kubectl exec` does.
pub async fn exec(sandbox: &Sandbox, pod: &Pod, container: &str, command: &[&str]) -> Run {
    let namespace = pod.namespace().expect("a pod has a namespace");
    let run = Command::new(&sandbox.sandbox_binary)
        .arg("kubectl")
        .arg("--kubeconfig")
        .arg(sandbox.kubeconfig(User::Admin))
        .args(["-n", &namespace, "exec", &pod.name_any(), "-c", container, "--"])
        .args(command)
        .output()
        .await
        .expect("the sandbox has a kubectl");
    Run {
        code: run.status.code(),
        output: String::from_utf8_lossy(&run.stdout).into_owned(),
        errors: String::from_utf8_lossy(&run.stderr).into_owned(),
    }
}

/// The head of an answer to `curl -I`, run in the application's container.
pub async fn head(sandbox: &Sandbox, pod: &Pod, url: &str) -> Result<Head, String> {
    let run = exec(sandbox, pod, "app", &["curl", "-sS", "-m", "5", "-I", url]).await;
    let mut lines = run.output.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| format!("{run:?}"))?;
    let by_envoy = lines.any(|line| {
        let line = line.to_ascii_lowercase();
        line.starts_with("server: envoy") || line.starts_with("x-envoy-")
    });
    Ok(Head { status, by_envoy })
}

/// What the head of an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// Whether a header says that Envoy sent or forwarded it.
    pub by_envoy: bool,
}

/// Istio's networking resources of a kind.
#[must_use]
pub fn networking(client: &Client, namespace: &str, version: &str, kind: &str) -> Api<DynamicObject> {
    let gvk = GroupVersionKind::gvk("networking.istio.io", version, kind);
    let plural = format!("{}s", kind.to_ascii_lowercase());
    Api::namespaced_with(
        client.clone(),
        namespace,
        &ApiResource::from_gvk_with_plural(&gvk, &plural),
    )
}
