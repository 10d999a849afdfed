//! Pods and Deployments to make, and what istiod made of them.

use std::collections::BTreeMap;

use domain::TrafficArgs;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, Client, ResourceExt,
    api::{ListParams, PostParams},
};
use serde_json::{Value, json};

use crate::poll::eventually;

/// A pod in the making.
#[derive(Clone, Debug)]
pub struct Draft(Value);

/// A pod of one container.
#[must_use]
pub fn pod() -> Draft {
    Draft(json!({
        "metadata": { "generateName": "pod-", "labels": { "app": "web" } },
        "spec": { "containers": [{ "name": "app", "image": "demo/app:1" }] },
    }))
}

impl Draft {
    /// Adds a label.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["labels"][key] = json!(value);
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["annotations"][key] = json!(value);
        self
    }

    /// Adds annotations.
    #[must_use]
    pub fn annotations(self, all: &BTreeMap<String, String>) -> Self {
        all.iter()
            .fold(self, |draft, (key, value)| draft.annotation(key, value))
    }

    /// Changes the pod as JSON.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.0);
        self
    }

    /// Shares the node's network.
    #[must_use]
    pub fn on_host_network(mut self) -> Self {
        self.0["spec"]["hostNetwork"] = json!(true);
        self
    }

    /// The pod as JSON.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// The pod as it would come out of every webhook, without being made.
    pub async fn injected(&self, client: &Client, namespace: &str) -> kube::Result<Pod> {
        let dry_run = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        Api::namespaced(client.clone(), namespace)
            .create(&dry_run, &self.object())
            .await
    }

    /// Makes the pod and waits until it runs.
    pub async fn running(&self, client: &Client, namespace: &str) -> Pod {
        let pods = Api::<Pod>::namespaced(client.clone(), namespace);
        let made = pods
            .create(&PostParams::default(), &self.object())
            .await
            .expect("the cluster makes the pod");
        eventually("the pod to run", || async {
            let pod = pods.get(&made.name_any()).await.map_err(|e| e.to_string())?;
            if runs(&pod) {
                Ok(pod)
            } else {
                Err(format!("{:?}", pod.status))
            }
        })
        .await
    }

    fn object(&self) -> Pod {
        serde_json::from_value(self.0.clone()).expect("a draft is a pod")
    }
}

/// Makes a Deployment of one such pod.
pub async fn deploy(client: &Client, namespace: &str, name: &str, draft: &Draft) -> Deployment {
    let template = draft.clone().label("app", name);
    let deployment = json!({
        "metadata": { "name": name },
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": template.0["metadata"], "spec": template.0["spec"] },
        },
    });
    let mut deployment: Deployment = serde_json::from_value(deployment).expect("this is a Deployment");
    if let Some(meta) = deployment
        .spec
        .as_mut()
        .and_then(|spec| spec.template.metadata.as_mut())
    {
        meta.generate_name = None;
    }
    Api::namespaced(client.clone(), namespace)
        .create(&PostParams::default(), &deployment)
        .await
        .expect("the cluster makes the Deployment")
}

/// The one running pod of a Deployment that is none of `others`.
pub async fn pod_of(client: &Client, namespace: &str, deployment: &str, others: &[&str]) -> Pod {
    let pods = Api::<Pod>::namespaced(client.clone(), namespace);
    let label = ListParams::default().labels(&format!("app={deployment}"));
    eventually("a pod of the Deployment to run", || async {
        let list = pods.list(&label).await.map_err(|e| e.to_string())?.items;
        let found = list.iter().find(|pod| {
            let uid = pod.uid().unwrap_or_default();
            runs(pod) && !others.contains(&uid.as_str())
        });
        found
            .cloned()
            .ok_or_else(|| format!("{} pods, none of them", list.len()))
    })
    .await
}

fn runs(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    phase == Some("Running") && pod.metadata.deletion_timestamp.is_none()
}

/// The arguments that istiod gave `istio-init`; none where it injected nothing.
#[must_use]
pub fn init_args(pod: &Pod) -> Option<Vec<String>> {
    let containers = pod.spec.as_ref()?.init_containers.as_ref()?;
    let init = containers
        .iter()
        .find(|container| container.name == "istio-init")?;
    Some(init.args.clone().unwrap_or_default())
}

/// Those of the arguments that decide about traffic, as istiod wrote them: each flag and its value.
#[must_use]
pub fn traffic_flags(pod: &Pod) -> Vec<String> {
    let args = init_args(pod).expect("istiod injects this pod");
    let mut flags = Vec::new();
    let mut args = args.into_iter();
    while let Some(flag) = args.next() {
        if matches!(flag.as_str(), "-i" | "-x" | "-b" | "-d" | "-q" | "-o") {
            flags.push(flag);
            flags.push(args.next().expect("a flag of istio-iptables has a value"));
        }
    }
    flags
}

/// The value of one flag.
#[must_use]
pub fn flag(pod: &Pod, flag: &str) -> Option<String> {
    let flags = traffic_flags(pod);
    let at = flags.chunks(2).find(|pair| pair[0] == flag)?;
    Some(at[1].clone())
}

/// What `domain` reads off the pod.
#[must_use]
pub fn traffic_args(pod: &Pod) -> TrafficArgs {
    let args = init_args(pod).expect("istiod injects this pod");
    TrafficArgs::parse(&args).traffic.seen_with(pod.annotations())
}
