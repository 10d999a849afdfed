//! The pods of one workload as they are now. A run asks for those of a few workloads, often: to judge the whole cluster for
//! that ([`Cluster::snapshot`]) would take the time that the restarts need.

use std::sync::Arc;

use api::{
    pod::{PodRow, PodState},
    restart::WorkloadName,
};
use k8s_openapi::api::core::v1::Pod;

use super::facts::Running;
use crate::cluster::{Cluster, pods::owner};

/// The pods of a workload that are there.
pub(super) fn of(cluster: &Cluster, workload: &WorkloadName) -> Vec<Arc<Pod>> {
    let is_its = |pod: &Arc<Pod>| {
        pod.metadata.namespace.as_deref() == Some(workload.namespace.as_str())
            && owner(&cluster.stores, pod)
                .is_some_and(|owner| owner.kind == workload.kind && owner.name == workload.name)
    };
    cluster.stores.pods.state().into_iter().filter(is_its).collect()
}

/// The same, each with what it runs against what is in force.
pub(super) fn judged(cluster: &Cluster, workload: &WorkloadName) -> Vec<(Arc<Pod>, PodRow)> {
    let pods = of(cluster, workload);
    cluster.judging(|judge| {
        let judged = pods.into_iter().map(|pod| {
            let row = judge.judge(&pod).row;
            (pod, row)
        });
        judged.collect()
    })
}

/// The pods of a workload as its restart sees them. One that ends already needs none.
pub(super) fn running(cluster: &Cluster, workload: &WorkloadName) -> Running {
    let judged = judged(cluster, workload);
    let staying = || {
        judged
            .iter()
            .filter(|(_, row)| !row.ends)
            .map(|(_, row)| &row.state)
    };
    let stale = staying().filter(|state| state.is_stale()).count();
    Running {
        stale: u32::try_from(stale).unwrap_or(u32::MAX),
        has_sidecar: staying().any(PodState::applies),
    }
}
