//! Everything that lists show, judged once for each change of the cluster.

use std::collections::HashMap;

use api::{
    deployment::DeploymentRow,
    mesh::PodCounts,
    namespace::{NamespaceInjection, NamespaceRow},
    pod::PodRow,
};
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;

use super::{
    Cluster,
    mesh::{Revisions, namespace_injection},
    pods::Judge,
};

/// The cluster at one moment, as the lists show it. Sorted by namespace and name.
pub struct Snapshot {
    /// The revisions of the mesh.
    pub revisions: Revisions,
    /// Namespaces.
    pub namespaces: Vec<NamespaceRow>,
    /// Pods.
    pub pods: Vec<PodRow>,
    /// Deployments.
    pub deployments: Vec<DeploymentRow>,
}

impl Snapshot {
    pub(super) fn of(cluster: &Cluster) -> Self {
        let stores = &cluster.stores;
        let settings = cluster.settings();
        let revisions = cluster.mesh().revisions.clone();
        let judge = Judge {
            stores,
            settings: &settings,
            revisions: &revisions,
        };
        let mut pods: Vec<PodRow> = stores
            .pods
            .state()
            .iter()
            .map(|pod| judge.judge(pod).row)
            .collect();
        pods.sort_unstable_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));

        let mut by_namespace: HashMap<&str, PodCounts> = HashMap::new();
        let mut by_deployment: HashMap<(&str, &str), PodCounts> = HashMap::new();
        for pod in &pods {
            add(by_namespace.entry(&pod.namespace).or_default(), pod);
            if let Some(owner) = pod.owner.as_ref().filter(|owner| owner.kind == "Deployment") {
                add(
                    by_deployment.entry((&pod.namespace, &owner.name)).or_default(),
                    pod,
                );
            }
        }

        let mut namespaces: Vec<NamespaceRow> = stores
            .namespaces
            .state()
            .iter()
            .map(|namespace| {
                let name = namespace.name_any();
                let injection = namespace_injection(namespace, &revisions);
                NamespaceRow {
                    injection,
                    revision: revisions
                        .of_namespace(namespace.labels())
                        .filter(|_| injection == NamespaceInjection::Enabled)
                        .map(|revision| revision.name.clone()),
                    has_setting: settings.has_namespace_setting(&name),
                    workload_settings: settings.workload_settings(&name),
                    pods: by_namespace.get(name.as_str()).copied().unwrap_or_default(),
                    name,
                }
            })
            .collect();
        namespaces.sort_unstable_by(|a, b| a.name.cmp(&b.name));

        let mut deployments: Vec<DeploymentRow> = stores
            .deployments
            .state()
            .iter()
            .map(|deployment| {
                let mut row = deployment_row(deployment);
                let pods = by_deployment.get(&(row.namespace.as_str(), row.name.as_str()));
                row.pods = pods.copied().unwrap_or_default();
                row
            })
            .collect();
        deployments.sort_unstable_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        Self {
            revisions,
            namespaces,
            pods,
            deployments,
        }
    }

    /// The names of all namespaces.
    #[must_use]
    pub fn namespace_names(&self) -> Vec<String> {
        self.namespaces.iter().map(|row| row.name.clone()).collect()
    }

    /// The counts over the namespaces that `includes` says.
    #[must_use]
    pub fn counts(&self, includes: impl Fn(&str) -> bool) -> PodCounts {
        self.namespaces
            .iter()
            .filter(|row| includes(&row.name))
            .fold(PodCounts::default(), |sum, row| PodCounts {
                total: sum.total + row.pods.total,
                injected: sum.injected + row.pods.injected,
                stale: sum.stale + row.pods.stale,
            })
    }

    /// The counts over those pods of a namespace that `is_counted` says.
    #[must_use]
    pub fn counts_in(&self, namespace: &str, is_counted: impl Fn(&PodRow) -> bool) -> PodCounts {
        let start = self
            .pods
            .partition_point(|pod| pod.namespace.as_str() < namespace);
        let mut counts = PodCounts::default();
        for pod in self.pods[start..]
            .iter()
            .take_while(|pod| pod.namespace == namespace)
        {
            if is_counted(pod) {
                add(&mut counts, pod);
            }
        }
        counts
    }

    /// The counts over the pods of a Deployment.
    #[must_use]
    pub fn counts_of_deployment(&self, namespace: &str, name: &str) -> PodCounts {
        self.counts_in(namespace, |pod| {
            let owner = pod.owner.as_ref().filter(|owner| owner.kind == "Deployment");
            owner.is_some_and(|owner| owner.name == name)
        })
    }
}

/// A Deployment as the lists show it, its pods not counted.
#[must_use]
pub fn deployment_row(deployment: &Deployment) -> DeploymentRow {
    let (spec, status) = (deployment.spec.as_ref(), deployment.status.as_ref());
    DeploymentRow {
        namespace: deployment.namespace().unwrap_or_default(),
        name: deployment.name_any(),
        replicas: spec.and_then(|spec| spec.replicas).unwrap_or(1),
        ready: status
            .and_then(|status| status.ready_replicas)
            .unwrap_or_default(),
        pods: PodCounts::default(),
        created: deployment.creation_timestamp().map(|time| time.0.to_string()),
    }
}

fn add(counts: &mut PodCounts, pod: &PodRow) {
    counts.total += 1;
    counts.injected += usize::from(pod.state.applies());
    // One that ends already needs no restart.
    counts.stale += usize::from(pod.state.is_stale() && !pod.ends);
}
