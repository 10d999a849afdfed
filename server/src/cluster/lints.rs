//! What is remarkable about settings and workloads: facts from the stores, remarks from `domain`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use api::{lint::About, namespace::NamespaceInjection};
use domain::{
    Applies, Effective, Level, Levels, Lint, Origin, Reason,
    lint::{self, Context, Mtls, Policies},
    resolve,
};
use k8s_openapi::api::core::v1::Service;
use kube::ResourceExt;

mod collected;
mod facts;

pub use self::collected::Collected;
use self::facts::{ports, probes, read_service};
use super::{
    Cluster,
    mesh::{MeshConfig, Revision, namespace_injection},
    pods::{Judge, install_values},
    policies::policies,
    snapshot::Snapshot,
    watch::Stores,
    workloads::{self, Workload},
};
use crate::proxy_config;

/// The annotation that switches the redirection of probes off for a pod.
const REWRITE_PROBES: &str = "sidecar.istio.io/rewriteAppHTTPProbers";

/// Everything that remarks are made from, read once.
pub struct Linter<'a> {
    judge: &'a Judge<'a>,
    policies: Policies,
    services: HashMap<String, Vec<Arc<Service>>>,
    /// How many pods with a sidecar each namespace has.
    injected: BTreeMap<String, usize>,
    /// How many of these each workload has, by namespace, kind and name.
    own: HashMap<(&'a str, &'a str, &'a str), usize>,
    /// The namespaces with pods with a sidecar.
    clients: Vec<String>,
    /// Whether everything is seen that mTLS depends on: else nothing is said of it.
    sees_policies: bool,
}

/// A remark and what it is about.
#[derive(Clone, Debug)]
pub struct Remark {
    /// The remark.
    pub lint: Lint,
    /// What it is about.
    pub about: Vec<About>,
}

/// What of the stores cannot be seen now, so that remarks are missing.
#[must_use]
pub fn unseen(stores: &Stores) -> Vec<String> {
    [
        stores.services.unseen(),
        stores.peer_authentications.unseen(),
        stores.authorization_policies.unseen(),
        stores.destination_rules.unseen(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Everything that is remarkable in the cluster: about installations, levels and workloads.
#[must_use]
pub fn of(cluster: &Cluster, snapshot: &Snapshot) -> Vec<Remark> {
    let (settings, mesh) = (cluster.settings(), cluster.mesh());
    let judge = Judge {
        stores: &cluster.stores,
        settings: &settings,
        revisions: &mesh.revisions,
    };
    let root = mesh.root_namespace.as_deref().unwrap_or_default();
    let linter = Linter::new(&judge, root, snapshot);
    let mut collected = Collected::default();
    for revision in mesh.revisions.all() {
        let effective = resolve(&Levels::installed(&revision.install));
        let about = About {
            kind: "Revision".to_owned(),
            namespace: revision.namespace.clone(),
            name: revision.name.clone(),
        };
        collected.add(linter.level(&effective, Some(revision)), &about, true);
    }
    for stored in cluster.stores.settings.state() {
        let (namespace, name) = (stored.namespace().unwrap_or_default(), stored.name_any());
        let setting = stored.spec.read().setting;
        let Ok(level) = Level::of(root, &namespace, &name, setting.selector.is_some()) else {
            continue;
        };
        if !setting.traffic.is_empty() {
            let (effective, revision) = judge.level(&level, setting.selector.as_ref());
            let about = about_level(&level, &namespace, &name);
            let mut lints = linter.level(&effective, revision);
            // What a lower level says is remarked on there.
            let own = origin(&level);
            lints.retain(|lint| lint.field.is_none_or(|field| effective.get(field).origin == own));
            collected.add(lints, &about, level == Level::Global);
        }
    }
    workloads::each(&cluster.stores, |workload| {
        let (_, lints) = linter.workload(&workload);
        collected.add(lints, &about(&workload), false);
    });
    collected.in_order()
}

/// How values name a level that they come from.
#[must_use]
pub fn origin(level: &Level) -> Origin {
    match level {
        Level::Global => Origin::Global,
        Level::Namespace(_) => Origin::Namespace,
        Level::Workload { name, .. } => Origin::Workload(name.clone()),
    }
}

/// How a level is named, by where it is stored.
#[must_use]
pub fn about_level(level: &Level, namespace: &str, name: &str) -> About {
    let kind = match level {
        Level::Global => "Global",
        _ => "SidecarSetting",
    };
    About {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

/// How a workload is named.
#[must_use]
pub fn about(workload: &Workload<'_>) -> About {
    About {
        kind: workload.kind.to_owned(),
        namespace: workload.namespace.to_owned(),
        name: workload.name.to_owned(),
    }
}

impl<'a> Linter<'a> {
    /// Reads what remarks are made from; `snapshot` tells who has a sidecar now.
    #[must_use]
    pub fn new(judge: &'a Judge<'a>, root: &str, snapshot: &'a Snapshot) -> Self {
        let stores = judge.stores;
        let mut services: HashMap<String, Vec<Arc<Service>>> = HashMap::new();
        for service in stores.services.state() {
            services
                .entry(service.namespace().unwrap_or_default())
                .or_default()
                .push(service);
        }
        for of_namespace in services.values_mut() {
            of_namespace.sort_by_key(|service| service.name_any());
        }
        let mut injected: BTreeMap<String, usize> = BTreeMap::new();
        let mut own: HashMap<(&str, &str, &str), usize> = HashMap::new();
        for pod in snapshot.pods.iter().filter(|pod| pod.state.applies()) {
            *injected.entry(pod.namespace.clone()).or_default() += 1;
            let (kind, name) = match &pod.owner {
                Some(owner) => (owner.kind.as_str(), owner.name.as_str()),
                None => ("Pod", pod.name.as_str()),
            };
            *own.entry((&pod.namespace, kind, name)).or_default() += 1;
        }
        Self {
            judge,
            policies: policies(stores, root),
            services,
            clients: injected.keys().cloned().collect(),
            injected,
            own,
            sees_policies: unseen(stores).is_empty(),
        }
    }

    /// Remarks on what a level says, whatever workloads it is for.
    #[must_use]
    pub fn level(&self, effective: &Effective, revision: Option<&Revision>) -> Vec<Lint> {
        let none = BTreeMap::new();
        let config = revision.map(|revision| &revision.config);
        lint::in_order(lint::values(effective, &context(revision, config, &none, None)))
    }

    /// What is in force for a workload's next pod, and remarks on it.
    #[must_use]
    pub fn workload(&self, workload: &Workload<'_>) -> (Effective, Vec<Lint>) {
        let template = workload.template;
        let annotations = template.chosen();
        let revision = self.judge.revision(workload.namespace, template.labels);
        let levels = self.judge.settings.levels(
            workload.namespace,
            template.labels,
            &annotations,
            install_values(revision),
        );
        let effective = resolve(&levels);
        // One that Istio cannot read says none: the pod is refused.
        let mode = proxy_config::interception_mode(&annotations).ok().flatten();
        let mode = mode.as_deref();
        let next = self.judge.next_pod(workload.namespace, template);
        let not_injected = match next.applies {
            Applies::Yes => None,
            Applies::No(Reason::NotInjected) => next.not_applicable,
            Applies::No(Reason::InterceptionNone) => {
                let config = revision.map(|revision| &revision.config);
                let lint = lint::interception(&context(revision, config, &annotations, mode));
                return (effective, lint.into_iter().collect());
            }
            // Gateways, pods on the node's network and the like: settings mean nothing to them.
            Applies::No(_) => return (effective, Vec::new()),
        };
        let namespace = self
            .judge
            .stores
            .namespaces
            .get_cluster_scoped(workload.namespace);
        let injection = namespace.map(|namespace| namespace_injection(&namespace, self.judge.revisions));
        let default = MeshConfig::default();
        let config = revision.map_or(&default, |revision| &revision.config);
        let rewritten = annotations.get(REWRITE_PROBES).map(|text| text == "true");
        let facts = lint::Workload {
            effective: &effective,
            annotations: &annotations,
            own_annotations: if workload.kind == "Pod" {
                &NONE
            } else {
                workload.own_annotations
            },
            ports: ports(template.spec),
            probes: probes(template.spec),
            probes_rewritten: rewritten.unwrap_or(config.probes_rewritten),
            services: self.services_of(workload),
            not_injected,
            namespace_injects: injection == Some(NamespaceInjection::Enabled),
        };
        let mut lints = lint::workload(&facts);
        if facts.not_injected.is_none() {
            lints.extend(lint::values(
                &effective,
                &context(revision, Some(config), &annotations, mode),
            ));
            if self.sees_policies {
                lints.extend(lint::mtls(&Mtls {
                    namespace: workload.namespace,
                    labels: template.labels,
                    workload: &facts,
                    policies: &self.policies,
                    clients: &self.clients_of(workload),
                    auto_mtls: config.auto_mtls,
                }));
            }
        }
        drop(facts);
        (effective, lint::in_order(lints))
    }

    /// The namespaces with pods with a sidecar beside the workload's own.
    fn clients_of(&self, workload: &Workload<'_>) -> Vec<String> {
        let there = self.injected.get(workload.namespace).copied().unwrap_or_default();
        let own = (workload.namespace, workload.kind, workload.name);
        let own = self.own.get(&own).copied().unwrap_or_default();
        let is_client = |namespace: &&String| namespace.as_str() != workload.namespace || there > own;
        self.clients.iter().filter(is_client).cloned().collect()
    }

    fn services_of(&self, workload: &Workload<'_>) -> Vec<lint::Service> {
        let there = self.services.get(workload.namespace).into_iter().flatten();
        let selecting = there.filter(|service| {
            let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
            selector.is_some_and(|selector| {
                let labels = workload.template.labels;
                !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            })
        });
        selecting.map(|service| read_service(service)).collect()
    }
}

static NONE: BTreeMap<String, String> = BTreeMap::new();

fn context<'a>(
    revision: Option<&'a Revision>,
    config: Option<&'a MeshConfig>,
    annotations: &'a BTreeMap<String, String>,
    mode: Option<&'a str>,
) -> Context<'a> {
    Context {
        install: install_values(revision),
        annotations,
        proxy_interception_mode: mode,
        mesh_interception_mode: config.and_then(|config| config.interception_mode.as_deref()),
        mesh_status_port: config.and_then(|config| config.status_port),
        dns_capture: config.and_then(|config| config.dns_capture),
    }
}
