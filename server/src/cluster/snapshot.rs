//! Everything that lists show, judged once for each change of the cluster.

use std::collections::HashMap;

use api::{
    mesh::PodCounts,
    namespace::{NamespaceInjection, NamespaceRow},
    pod::PodRow,
    workload::{WorkloadKind, WorkloadRow},
};
use kube::ResourceExt;

use super::{
    Cluster,
    mesh::{Revisions, namespace_injection},
    pods::Judge,
};

pub mod workloads;

/// The cluster at one moment, as the lists show it. Sorted by namespace and name.
pub struct Snapshot {
    /// The revisions of the mesh.
    pub revisions: Revisions,
    /// Namespaces.
    pub namespaces: Vec<NamespaceRow>,
    /// Pods.
    pub pods: Vec<PodRow>,
    /// Workloads, by kind in the order of [`WorkloadKind::ALL`].
    workloads: [Vec<WorkloadRow>; 3],
}

impl Snapshot {
    pub(super) fn of(cluster: &Cluster) -> Self {
        let stores = &cluster.stores;
        let settings = cluster.settings();
        let mesh = cluster.mesh();
        let (revisions, root) = (mesh.revisions.clone(), mesh.root_namespace.as_deref());
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
        for pod in &pods {
            add(by_namespace.entry(&pod.namespace).or_default(), pod);
        }

        let mut namespaces: Vec<NamespaceRow> = stores
            .namespaces
            .state()
            .iter()
            .map(|namespace| {
                let name = namespace.name_any();
                let injection = namespace_injection(namespace, &revisions);
                let is_root = root == Some(name.as_str());
                NamespaceRow {
                    is_root,
                    injection,
                    revision: revisions
                        .of_namespace(namespace.labels())
                        .filter(|_| injection == NamespaceInjection::Enabled)
                        .map(|revision| revision.name.clone()),
                    has_setting: if is_root {
                        settings.has_global_setting()
                    } else {
                        settings.has_namespace_setting(&name)
                    },
                    workload_settings: settings.workload_settings(&name),
                    pods: by_namespace.get(name.as_str()).copied().unwrap_or_default(),
                    name,
                }
            })
            .collect();
        namespaces.sort_unstable_by(|a, b| a.name.cmp(&b.name));

        let workloads = workloads::of(&judge, &pods);
        Self {
            revisions,
            namespaces,
            pods,
            workloads,
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
                unknown: sum.unknown + row.pods.unknown,
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

    /// The counts over the pods of a workload.
    #[must_use]
    pub fn counts_of(&self, kind: WorkloadKind, namespace: &str, name: &str) -> PodCounts {
        let row = self.workloads(kind).iter();
        let mut row = row.filter(|row| row.namespace == namespace && row.name == name);
        row.next().map(|row| row.pods).unwrap_or_default()
    }

    /// Whether a pod of a workload has a sidecar to which settings apply.
    #[must_use]
    pub fn has_sidecar(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let kind = WorkloadKind::ALL.into_iter().find(|of| of.name() == kind);
        kind.is_some_and(|kind| self.counts_of(kind, namespace, name).injected > 0)
    }

    /// The workloads of a kind.
    #[must_use]
    pub fn workloads(&self, kind: WorkloadKind) -> &[WorkloadRow] {
        &self.workloads[kind as usize]
    }
}

fn add(counts: &mut PodCounts, pod: &PodRow) {
    counts.total += 1;
    counts.injected += usize::from(pod.state.applies());
    // One that ends already needs no restart.
    counts.stale += usize::from(pod.state.is_stale() && !pod.ends);
    counts.unknown += usize::from(pod.state.is_unknown());
}
