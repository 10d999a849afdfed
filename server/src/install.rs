//! What Sidestep puts into a cluster: the resource, the policy, the webhook configuration, the console's rights.
//!
//! The server does it itself only in its own sandbox; elsewhere `sidestep install` does, when asked, and
//! `sidestep manifests` prints the same.

use anyhow::Context;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhook;
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DynamicObject, PostParams},
    core::gvk::GroupVersionKind,
};
use serde_json::{Value, json};

const CRD: &str = include_str!("install/manifests/crd.yaml");
const POLICY: &str = include_str!("install/manifests/policy.yaml");
const RIGHTS: &str = include_str!("install/manifests/rights.yaml");
const RESTARTS: &str = include_str!("install/manifests/restarts.yaml");
const VERIFY: &str = include_str!("install/manifests/verify.yaml");
const WEBHOOK: &str = include_str!("install/manifests/webhook.yaml");

/// The field manager of everything that Sidestep writes.
pub const FIELD_MANAGER: &str = "sidestep";
/// The webhook's path.
pub const WEBHOOK_PATH: &str = "/mutate";
/// How often a write is tried again when somebody else was quicker.
const TRIES: usize = 5;

/// What differs from cluster to cluster.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The mesh's root namespace.
    pub root_namespace: String,
    /// Namespaces whose pods the webhook never sees, beside kube-system: control planes and our own.
    pub excluded_namespaces: Vec<String>,
    /// Whether the console's account is to be able to restart workloads.
    pub restarts: bool,
    /// Whether it is to be able to undo what verifications do for a while.
    pub verify: bool,
    /// Where the API server finds the webhook; `None`: no webhook configuration is made.
    pub webhook: Option<Webhook>,
}

/// Where the API server finds the webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// By URL or by Service.
    pub at: WebhookAddress,
    /// The CA of its certificate, PEM.
    pub ca_pem: String,
    /// What becomes of a pod when the webhook does not answer.
    pub failure_policy: FailurePolicy,
}

/// By URL or by Service.
#[derive(Clone, Debug)]
pub enum WebhookAddress {
    /// An address that the API server reaches directly.
    Url(String),
    /// A Service in the cluster.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Its port.
        port: u16,
    },
}

/// What becomes of a pod when the webhook does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailurePolicy {
    /// It starts without settings, and is shown as stale.
    #[default]
    Ignore,
    /// It is not made.
    Fail,
}

/// The manifests of `plan`, in the order to apply them.
#[must_use]
pub fn manifests(plan: &Plan) -> Vec<Value> {
    let policy = POLICY.replace("{{ROOT_NAMESPACE}}", &plan.root_namespace);
    let mut all: Vec<Value> = [CRD, &policy, RIGHTS].into_iter().flat_map(documents).collect();
    if plan.restarts {
        all.extend(documents(RESTARTS));
    }
    if plan.verify {
        all.extend(documents(VERIFY));
    }
    if let Some(webhook) = &plan.webhook {
        all.extend(documents(WEBHOOK).map(|manifest| aim(manifest, plan, webhook)));
    }
    all
}

/// Fills in where the webhook is and whom it leaves alone.
fn aim(mut manifest: Value, plan: &Plan, webhook: &Webhook) -> Value {
    let entry = &mut manifest["webhooks"][0];
    let ca_bundle = k8s_openapi::ByteString(webhook.ca_pem.clone().into_bytes());
    let mut client = match &webhook.at {
        WebhookAddress::Url(url) => json!({ "url": url }),
        WebhookAddress::Service {
            namespace,
            name,
            port,
        } => {
            let path = WEBHOOK_PATH;
            json!({ "service": { "namespace": namespace, "name": name, "port": port, "path": path } })
        }
    };
    client["caBundle"] = json!(ca_bundle);
    entry["clientConfig"] = client;
    entry["failurePolicy"] = json!(format!("{:?}", webhook.failure_policy));
    let mut excluded: Vec<&str> = plan.excluded_namespaces.iter().map(String::as_str).collect();
    excluded.extend(["kube-system", plan.root_namespace.as_str()]);
    // Our own pods must be able to start while the webhook does not answer.
    if let WebhookAddress::Service { namespace, .. } = &webhook.at {
        excluded.push(namespace);
    }
    excluded.sort_unstable();
    excluded.dedup();
    entry["namespaceSelector"]["matchExpressions"][0]["values"] = json!(excluded);
    manifest
}

/// The webhook as it is made, before it is aimed.
#[must_use]
pub fn webhook_entry() -> MutatingWebhook {
    let made = documents(WEBHOOK)
        .next()
        .expect("our own manifest holds a configuration");
    serde_json::from_value(made["webhooks"][0].clone()).expect("our own manifest holds a webhook")
}

fn documents(yaml: &str) -> impl Iterator<Item = Value> {
    yaml.split("\n---\n")
        .map(|document| serde_saphyr::from_str(document).expect("our own manifests are YAML"))
}

/// Puts the manifests into the cluster with `client`, and waits until it knows the resource.
///
/// Each is created or replaced as a whole, at the version that was read: server-side apply would leave in place what an
/// earlier version of ours had and somebody else has written since, an old rule or condition among it.
pub async fn apply(client: &Client, plan: &Plan) -> anyhow::Result<Vec<String>> {
    let mut done = Vec::new();
    for manifest in manifests(plan) {
        let object: DynamicObject =
            serde_json::from_value(manifest).context("our own manifests are objects")?;
        let types = object.types.clone().context("our own manifests have a kind")?;
        let resource = ApiResource::from_gvk(&GroupVersionKind::try_from(&types)?);
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        let what = format!("{} {}", types.kind, object.name_any());
        put(&api, object)
            .await
            .with_context(|| format!("{what} was not taken"))?;
        done.push(what);
    }
    established(client).await?;
    Ok(done)
}

async fn put(api: &Api<DynamicObject>, wanted: DynamicObject) -> kube::Result<()> {
    let params = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    };
    let name = wanted.name_any();
    let mut tries = 0;
    loop {
        let written = match api.get_opt(&name).await? {
            None => api.create(&params, &wanted).await,
            Some(there) => {
                let mut object = wanted.clone();
                object.metadata.resource_version = there.resource_version();
                // Labels and annotations of others are theirs.
                let (mut labels, mut annotations) = (there.labels().clone(), there.annotations().clone());
                labels.append(object.labels_mut());
                annotations.append(object.annotations_mut());
                object.metadata.labels = Some(labels);
                object.metadata.annotations = Some(annotations);
                api.replace(&name, &params, &object).await
            }
        };
        tries += 1;
        match written {
            Err(kube::Error::Api(status))
                if (status.is_conflict() || status.is_already_exists()) && tries < TRIES => {}
            written => return written.map(drop),
        }
    }
}

/// Waits until the API server serves the resource.
async fn established(client: &Client) -> anyhow::Result<()> {
    for _ in 0..100 {
        if client
            .list_api_group_resources("sidestep.dev/v1alpha1")
            .await
            .is_ok_and(|list| !list.resources.is_empty())
        {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the cluster has taken the resource definition but does not serve it after 10 s")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            root_namespace: "mesh-root".into(),
            excluded_namespaces: vec!["sidestep".into()],
            restarts: true,
            verify: true,
            webhook: Some(Webhook {
                at: WebhookAddress::Url("https://127.0.0.1:9443/mutate".into()),
                ca_pem: "PEM".into(),
                failure_policy: FailurePolicy::Ignore,
            }),
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for manifest in manifests(&plan()) {
            let text = manifest.to_string();
            assert!(!text.contains("{{") && !text.contains("}}\""), "{text}");
        }
    }

    #[test]
    fn the_right_to_restart_is_given_only_where_it_is_asked_for() {
        let grants = |restarts| {
            let all = manifests(&Plan { restarts, ..plan() });
            let patches =
                |rule: &Value| rule["apiGroups"][0] == "apps" && rule["verbs"].to_string().contains("patch");
            let mut rules = all
                .iter()
                .flat_map(|m| m["rules"].as_array().cloned().unwrap_or_default());
            rules.any(|rule| patches(&rule))
        };
        assert!(grants(true) && !grants(false));
    }

    #[test]
    fn the_right_to_undo_is_given_only_where_it_is_asked_for_and_deletes_nothing_else() {
        let rules = |verify| -> Vec<String> {
            let all = manifests(&Plan { verify, ..plan() });
            let rules = all
                .iter()
                .filter(|m| m["kind"] == "ClusterRole" && m["metadata"]["labels"].is_null());
            let rules = rules.flat_map(|m| m["rules"].as_array().cloned().unwrap_or_default());
            rules.map(|rule| rule.to_string()).collect()
        };
        let deleting = |rules: &[String]| -> Vec<String> {
            let all = rules.iter().filter(|rule| rule.contains("delete"));
            all.cloned().collect()
        };
        assert_eq!(deleting(&rules(false)), Vec::<String>::new());
        let with = deleting(&rules(true));
        assert!(with.len() == 1 && with[0].contains("sidecars"), "{with:?}");
    }

    #[test]
    fn the_webhook_runs_first_and_leaves_control_planes_alone() {
        let all = manifests(&plan());
        let webhook = all
            .iter()
            .find(|m| m["kind"] == "MutatingWebhookConfiguration")
            .expect("it is there");
        let name = webhook["metadata"]["name"].as_str().expect("a name");
        assert!(name < "istio-", "{name}");
        let entry = &webhook["webhooks"][0];
        assert_eq!(entry["failurePolicy"], "Ignore");
        assert_eq!(entry["reinvocationPolicy"], "Never");
        let excluded = &entry["namespaceSelector"]["matchExpressions"][0]["values"];
        assert_eq!(*excluded, json!(["kube-system", "mesh-root", "sidestep"]));
    }

    #[test]
    fn the_webhooks_own_pods_never_wait_for_it() {
        let service = WebhookAddress::Service {
            namespace: "console".into(),
            name: "sidestep".into(),
            port: 443,
        };
        let webhook = plan().webhook.map(|webhook| Webhook {
            at: service,
            ..webhook
        });
        let all = manifests(&Plan { webhook, ..plan() });
        let configuration = all.last().expect("the webhook comes last");
        let excluded = &configuration["webhooks"][0]["namespaceSelector"]["matchExpressions"][0]["values"];
        assert!(
            excluded
                .as_array()
                .is_some_and(|names| names.contains(&json!("console"))),
            "{excluded}"
        );
    }

    #[test]
    fn every_kind_is_scoped_to_the_cluster() {
        // `apply` has no namespace to put things into.
        for manifest in manifests(&plan()) {
            assert!(manifest["metadata"]["namespace"].is_null(), "{manifest}");
        }
    }
}
