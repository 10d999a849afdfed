//! A second control plane revision: an istiod of the test's own, with install values of its own.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures::FutureExt;
use k8s_openapi::{
    api::{admissionregistration::v1::MutatingWebhookConfiguration, core::v1::ConfigMap},
    apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, PostParams},
};
use serde_json::Value;

use crate::{
    poll::within,
    resource::{ignore_missing, to_restore},
    undo::Undo,
    world::World,
};

const INJECTOR: &str = "istio-sidecar-injector";
const REVISION: &str = "istio.io/rev";
/// istiod waits for its first lists.
const START: Duration = Duration::from_mins(1);

/// The revision, for as long as it is held.
pub struct Revision {
    /// Its name: what a namespace's label `istio.io/rev` asks for.
    pub name: String,
    istiod: Child,
    log: PathBuf,
    _undo: Undo,
}

impl Revision {
    /// Copies the default revision's ConfigMaps and webhook configuration, changes `global.proxy` in its install values,
    /// and starts an istiod for it.
    pub async fn start(world: &World, name: &str, proxy: &[(&str, &str)]) -> Self {
        let changes = |values: &mut Value| {
            for (key, text) in proxy {
                values["global"]["proxy"][key] = (*text).into();
            }
        };
        Self::start_with(world, name, changes, str::to_owned).await
    }

    /// The same with any change to the install values, and to the text of the mesh configuration.
    pub async fn start_with(
        world: &World,
        name: &str,
        change_values: impl FnOnce(&mut Value),
        change_mesh: impl FnOnce(&str) -> String,
    ) -> Self {
        let root = world.root_namespace().await;
        let undo = world.undo({
            let (root, name) = (root.clone(), name.to_owned());
            move |admin| {
                async move {
                    let webhooks = Api::<MutatingWebhookConfiguration>::all(admin.clone());
                    let gone = DeleteParams::default();
                    ignore_missing(webhooks.delete(&format!("{INJECTOR}-{name}"), &gone).await);
                    let config_maps = Api::<ConfigMap>::namespaced(admin, &root);
                    for map in [INJECTOR, "istio"] {
                        ignore_missing(config_maps.delete(&format!("{map}-{name}"), &gone).await);
                    }
                }
                .boxed()
            }
        });
        let config_maps = Api::<ConfigMap>::namespaced(world.admin.clone(), &root);
        let copied = async |map: &str| {
            let mut copy = to_restore(config_maps.get(map).await.expect("the default revision has it"));
            copy.metadata.name = Some(format!("{map}-{name}"));
            copy.labels_mut().insert(REVISION.to_owned(), name.to_owned());
            copy
        };
        let mut injector = copied(INJECTOR).await;
        edit(&mut injector, "values", |text| {
            let mut values: Value = serde_json::from_str(text).expect("the values are JSON");
            values["revision"] = name.into();
            change_values(&mut values);
            values.to_string()
        });
        let mut mesh = copied("istio").await;
        edit(&mut mesh, "mesh", change_mesh);
        for map in [injector, mesh] {
            made(config_maps.create(&PostParams::default(), &map).await);
        }
        let https = free_port();
        let (istiod, log) = istiod(world, &root, name, https);
        let revision = Self {
            name: name.to_owned(),
            istiod,
            log,
            _undo: undo,
        };
        within(START, "the second istiod to listen", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", https))
                .await
                .map_err(|error| format!("{error}; its log: {}", revision.last_lines()))
        })
        .await;
        let webhooks = Api::<MutatingWebhookConfiguration>::all(world.admin.clone());
        let ours = webhook(webhooks.get(INJECTOR).await.expect("there is one"), name, https);
        made(webhooks.create(&PostParams::default(), &ours).await);
        revision
    }

    fn last_lines(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

impl Drop for Revision {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.istiod.kill();
        let _ = self.istiod.wait();
    }
}

fn made<T>(result: kube::Result<T>) {
    drop(result.expect("an administrator may make it"));
}

/// Replaces one text of a ConfigMap.
fn edit(map: &mut ConfigMap, key: &str, change: impl FnOnce(&str) -> String) {
    let data = map.data.as_mut().expect("the ConfigMap has data");
    let text = change(&data[key]);
    data.insert(key.to_owned(), text);
}

/// The default's configuration, cut down to the one webhook that looks at namespaces labelled with the revision.
fn webhook(
    default: MutatingWebhookConfiguration,
    revision: &str,
    https: u16,
) -> MutatingWebhookConfiguration {
    let mut copy = to_restore(default);
    copy.metadata.name = Some(format!("{INJECTOR}-{revision}"));
    copy.labels_mut().insert(REVISION.to_owned(), revision.to_owned());
    let webhooks = copy.webhooks.get_or_insert_default();
    webhooks.truncate(1);
    let webhook = webhooks.first_mut().expect("the configuration has a webhook");
    "rev.namespace.sidecar-injector.istio.io".clone_into(&mut webhook.name);
    webhook.client_config.url = Some(format!("https://127.0.0.1:{https}/inject"));
    let is = |key: &str, operator: &str, values: &[&str]| LabelSelectorRequirement {
        key: key.to_owned(),
        operator: operator.to_owned(),
        values: (!values.is_empty()).then(|| values.iter().map(|value| (*value).to_owned()).collect()),
    };
    let selector = |requirements| {
        Some(LabelSelector {
            match_expressions: Some(requirements),
            match_labels: None,
        })
    };
    webhook.namespace_selector = selector(vec![
        is(REVISION, "In", &[revision]),
        is("istio-injection", "DoesNotExist", &[]),
    ]);
    webhook.object_selector = selector(vec![is("sidecar.istio.io/inject", "NotIn", &["false"])]);
    copy
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

/// Starts it as the sandbox starts its own: see `parts.go`.
fn istiod(world: &World, namespace: &str, revision: &str, https: u16) -> (Child, PathBuf) {
    let state = &world.sandbox.state;
    let home = state.join("home").join(format!("istiod-{revision}"));
    fs::create_dir_all(&home).expect("the sandbox's folder can be written");
    let log = state.join("logs").join(format!("istiod-{revision}.log"));
    let file = File::create(&log).expect("the sandbox's folder can be written");
    let certificate = |name: &str| state.join("certs").join(name);
    let child = Command::new(&world.sandbox.sandbox_binary)
        .args(["istiod", "discovery", "--namespace", namespace])
        .arg("--kubeconfig")
        .arg(world.sandbox.kubeconfig(crate::User::Admin))
        .args(["--httpsAddr", &format!("127.0.0.1:{https}")])
        .args(["--httpAddr", "127.0.0.1:0", "--grpcAddr", "127.0.0.1:0"])
        .args(["--secureGRPCAddr", "", "--monitoringAddr", "127.0.0.1:0"])
        .args(["--ctrlz_address", "localhost", "--ctrlz_port", "0"])
        .args(["--shutdownDuration", "0s"])
        .arg("--tlsCertFile")
        .arg(certificate("istiod.crt"))
        .arg("--tlsKeyFile")
        .arg(certificate("istiod.key"))
        .arg("--caCertFile")
        .arg(certificate("ca.crt"))
        .env("POD_NAMESPACE", namespace)
        .env("POD_NAME", format!("istiod-{revision}-0"))
        .env("REVISION", revision)
        .env("CLUSTER_ID", "Kubernetes")
        .env("PILOT_CERT_PROVIDER", "none")
        .env("ENABLE_CA_SERVER", "false")
        .env("XDS_AUTH", "false")
        .env("INJECTION_WEBHOOK_CONFIG_NAME", "")
        .env("VALIDATION_WEBHOOK_CONFIG_NAME", "")
        .env("ENABLE_LEADER_ELECTION", "false")
        .current_dir(&home)
        .stdin(Stdio::null())
        .stdout(file.try_clone().expect("a file can be shared"))
        .stderr(file)
        .spawn()
        .expect("the sandbox's binary starts");
    (child, log)
}
