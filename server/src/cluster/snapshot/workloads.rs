//! Workloads as the lists show them.

use std::collections::HashMap;

use api::{
    mesh::PodCounts,
    pod::PodRow,
    workload::{WorkloadKind, WorkloadRow},
};
use domain::Origin;
use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::add;
use crate::cluster::{
    pods::{Judge, origin_word},
    template::NextPod,
};

/// The pods of each workload, counted.
type Counts<'a> = HashMap<(&'a str, &'a str, &'a str), PodCounts>;

/// The workloads of each kind, in the order of [`WorkloadKind::ALL`], by namespace and name.
pub(super) fn of(judge: &Judge<'_>, pods: &[PodRow]) -> [Vec<WorkloadRow>; 3] {
    let mut counts: Counts<'_> = HashMap::new();
    for pod in pods {
        if let Some(owner) = &pod.owner {
            add(
                counts
                    .entry((&owner.kind, &pod.namespace, &owner.name))
                    .or_default(),
                pod,
            );
        }
    }
    let stores = judge.stores;
    WorkloadKind::ALL.map(|kind| {
        let mut rows: Vec<WorkloadRow> = match kind {
            WorkloadKind::Deployment => {
                let all = stores.deployments.state();
                all.iter().map(|it| deployment(judge, it)).collect()
            }
            WorkloadKind::StatefulSet => {
                let all = stores.stateful_sets.state();
                all.iter().map(|it| stateful_set(judge, it)).collect()
            }
            WorkloadKind::DaemonSet => {
                let all = stores.daemon_sets.state();
                all.iter().map(|it| daemon_set(judge, it)).collect()
            }
        };
        for row in &mut rows {
            let own = (kind.name(), row.namespace.as_str(), row.name.as_str());
            row.pods = counts.get(&own).copied().unwrap_or_default();
        }
        rows.sort_unstable_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        rows
    })
}

/// A Deployment, its pods not counted.
pub(crate) fn deployment(judge: &Judge<'_>, it: &Deployment) -> WorkloadRow {
    let (spec, status) = (it.spec.as_ref(), it.status.as_ref());
    WorkloadRow {
        replicas: spec.and_then(|spec| spec.replicas).unwrap_or(1),
        ready: status
            .and_then(|status| status.ready_replicas)
            .unwrap_or_default(),
        ..row(
            judge,
            WorkloadKind::Deployment,
            &it.metadata,
            spec.map(|spec| &spec.template),
        )
    }
}

/// A StatefulSet, its pods not counted.
pub(crate) fn stateful_set(judge: &Judge<'_>, it: &StatefulSet) -> WorkloadRow {
    let (spec, status) = (it.spec.as_ref(), it.status.as_ref());
    WorkloadRow {
        replicas: spec.and_then(|spec| spec.replicas).unwrap_or(1),
        ready: status
            .and_then(|status| status.ready_replicas)
            .unwrap_or_default(),
        ..row(
            judge,
            WorkloadKind::StatefulSet,
            &it.metadata,
            spec.map(|spec| &spec.template),
        )
    }
}

/// A DaemonSet, its pods not counted. It asks for a pod on each node that it is for.
pub(crate) fn daemon_set(judge: &Judge<'_>, it: &DaemonSet) -> WorkloadRow {
    let status = it.status.as_ref();
    WorkloadRow {
        replicas: status.map_or(0, |status| status.desired_number_scheduled),
        ready: status.map_or(0, |status| status.number_ready),
        ..row(
            judge,
            WorkloadKind::DaemonSet,
            &it.metadata,
            it.spec.as_ref().map(|spec| &spec.template),
        )
    }
}

fn row(
    judge: &Judge<'_>,
    kind: WorkloadKind,
    metadata: &ObjectMeta,
    template: Option<&PodTemplateSpec>,
) -> WorkloadRow {
    let namespace = metadata.namespace.clone().unwrap_or_default();
    let next = template.map(|template| judge.next_pod(&namespace, template.into()));
    WorkloadRow {
        kind,
        name: metadata.name.clone().unwrap_or_default(),
        replicas: 0,
        ready: 0,
        pods: PodCounts::default(),
        levels: next.as_ref().map(levels).unwrap_or_default(),
        applies: next.is_none_or(|next| next.not_applicable.is_none()),
        created: metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0.to_string()),
        namespace,
    }
}

/// The levels that a value in force comes from, the nearest last; install values and defaults are nobody's choice here.
fn levels(next: &NextPod) -> Vec<String> {
    let mut chosen: Vec<&Origin> = next
        .effective
        .iter()
        .map(|field| &field.origin)
        .filter(|origin| !matches!(origin, Origin::BuiltIn | Origin::Install))
        .collect();
    let rank = |origin: &Origin| match origin {
        Origin::BuiltIn => 0,
        Origin::Install => 1,
        Origin::Global => 2,
        Origin::Namespace => 3,
        Origin::Workload(_) => 4,
        Origin::Pod => 5,
    };
    chosen.sort_by_cached_key(|origin| (rank(origin), origin_word(origin)));
    chosen.dedup();
    chosen.into_iter().map(origin_word).collect()
}
