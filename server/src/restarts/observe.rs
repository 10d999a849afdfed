//! How far a workload's new pods are: Kubernetes says whether they are ready, our own judgement whether they carry the
//! settings in force.

use api::{
    pod::{PodRow, PodState},
    restart::WorkloadName,
};
use domain::restart::RESTART;
use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        core::v1::Pod,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{Api, Client, ResourceExt, api::ListParams};

use super::{facts::workload_of, template::words};
use crate::cluster::{Cluster, snapshot::Snapshot};

/// States of a container that do not pass by themselves, or not soon.
const HOPELESS: [&str; 6] = [
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
];

/// How far a workload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Its new pods are coming; in words.
    Going(String),
    /// They are ready and carry the settings in force.
    Done,
    /// They will not be, and why.
    Failed(String),
}

/// What Kubernetes says of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rollout {
    /// The controller has seen the template as it is now.
    is_observed: bool,
    wanted: i32,
    updated: i32,
    ready: i32,
    /// Of the old template.
    old: i32,
    is_overdue: bool,
}

/// A workload in the console's view: what its template carries, and its rollout.
struct Seen {
    plan: Option<String>,
    rollout: Rollout,
}

/// Whether the console sees that the workload's template carries this plan.
pub(super) fn carries(cluster: &Cluster, workload: &WorkloadName, plan: &str) -> bool {
    seen(cluster, workload).is_some_and(|seen| seen.plan.as_deref() == Some(plan))
}

/// How far the workload is that this plan has restarted, as the console sees it. `is_seen`: the console has seen the restart
/// in its template, or must have.
pub(super) fn progress(
    cluster: &Cluster,
    snapshot: &Snapshot,
    workload: &WorkloadName,
    plan: &str,
    is_seen: bool,
) -> Progress {
    let Some(seen) = seen(cluster, workload) else {
        return Progress::Failed(format!("{} is gone", words(workload)));
    };
    if seen.plan.as_deref() != Some(plan) {
        return if is_seen {
            Progress::Failed(
                "its template no longer carries this restart: somebody, or a Git-ops tool, has changed it back"
                    .to_owned(),
            )
        } else {
            Progress::Going("the console waits to see its own write".to_owned())
        };
    }
    let rollout = seen.rollout;
    if rollout.is_observed && rollout.is_overdue {
        return Progress::Failed(format!(
            "its progress deadline is exceeded: {} of {} new pods are ready",
            rollout.ready.min(rollout.updated),
            rollout.wanted
        ));
    }
    if !rollout.is_observed
        || rollout.updated < rollout.wanted
        || rollout.ready < rollout.wanted
        || rollout.old > 0
    {
        return Progress::Going(format!("{} of {} pods are new", rollout.updated, rollout.wanted));
    }
    settled(cluster, snapshot, workload, plan, rollout.wanted)
}

/// Whether the new pods, which are ready, carry the settings in force.
fn settled(
    cluster: &Cluster,
    snapshot: &Snapshot,
    workload: &WorkloadName,
    plan: &str,
    wanted: i32,
) -> Progress {
    let rows = pods_of(snapshot, workload).filter(|row| !row.ends && !row.finished);
    let mut new = 0;
    for row in rows {
        let pod = cluster.stores.pods.get(&row.namespace, &row.name);
        // A StatefulSet's pods keep their names: the snapshot may still show the one of before.
        let is_new = pod.is_some_and(|pod| {
            pod.metadata.uid.as_deref() == Some(&row.uid)
                && pod.annotations().get(RESTART).is_some_and(|of| of == plan)
        });
        if !is_new {
            return Progress::Going(format!("pod `{}` of before is still there", row.name));
        }
        if let PodState::Stale { fields } = &row.state {
            return Progress::Failed(format!(
                "its new pod `{}` is ready and does not carry the settings in force ({}): is delivery working, or were they \
                 changed meanwhile?",
                row.name,
                fields.join(", ")
            ));
        }
        new += 1;
    }
    if new < wanted {
        Progress::Going(format!("the console has seen {new} of {wanted} new pods"))
    } else {
        Progress::Done
    }
}

/// Why a new pod of the workload will not become ready; nothing where none says so. Read from the API server: the console
/// does not keep what containers wait for.
pub(super) async fn hopeless(
    client: &Client,
    snapshot: &Snapshot,
    workload: &WorkloadName,
    plan: &str,
) -> Option<String> {
    // Only pods that do not run are worth a question.
    pods_of(snapshot, workload).next()?;
    let pods = Api::<Pod>::namespaced(client.clone(), &workload.namespace);
    // From the API server's memory: it may be a moment old.
    let list = pods.list(&ListParams::default().match_any()).await.ok()?;
    let names: Vec<&str> = pods_of(snapshot, workload).map(|row| row.name.as_str()).collect();
    let mut new = list.items.iter().filter(|pod| {
        names.contains(&pod.name_any().as_str())
            && pod.annotations().get(RESTART).is_some_and(|of| of == plan)
    });
    new.find_map(|pod| {
        let status = pod.status.as_ref()?;
        let statuses = status
            .container_statuses
            .iter()
            .chain(&status.init_container_statuses)
            .flatten();
        statuses.into_iter().find_map(|container| {
            let waiting = container.state.as_ref()?.waiting.as_ref()?;
            let reason = waiting
                .reason
                .as_deref()
                .filter(|reason| HOPELESS.contains(reason))?;
            Some(format!(
                "container `{}` of its new pod `{}` is in {reason}",
                container.name,
                pod.name_any()
            ))
        })
    })
}

/// How many pods of a workload are missing now.
pub(super) fn missing(cluster: &Cluster, workload: &WorkloadName) -> u32 {
    seen(cluster, workload).map_or(0, |seen| {
        u32::try_from(seen.rollout.wanted - seen.rollout.ready).unwrap_or_default()
    })
}

fn pods_of<'a>(snapshot: &'a Snapshot, workload: &'a WorkloadName) -> impl Iterator<Item = &'a PodRow> {
    let start = snapshot
        .pods
        .partition_point(|pod| pod.namespace.as_str() < workload.namespace.as_str());
    snapshot.pods[start..]
        .iter()
        .take_while(|pod| pod.namespace == workload.namespace)
        .filter(|pod| workload_of(pod) == *workload)
}

fn seen(cluster: &Cluster, workload: &WorkloadName) -> Option<Seen> {
    let WorkloadName {
        kind,
        namespace,
        name,
    } = workload;
    let stores = &cluster.stores;
    match kind.as_str() {
        "StatefulSet" => stores.stateful_sets.get(namespace, name).map(|set| Seen {
            plan: set
                .spec
                .as_ref()
                .and_then(|spec| plan_of(spec.template.metadata.as_ref())),
            rollout: of_stateful_set(&set),
        }),
        "DaemonSet" => stores.daemon_sets.get(namespace, name).map(|set| Seen {
            plan: set
                .spec
                .as_ref()
                .and_then(|spec| plan_of(spec.template.metadata.as_ref())),
            rollout: of_daemon_set(&set),
        }),
        _ => stores.deployments.get(namespace, name).map(|deployment| Seen {
            plan: deployment
                .spec
                .as_ref()
                .and_then(|spec| plan_of(spec.template.metadata.as_ref())),
            rollout: of_deployment(&deployment),
        }),
    }
}

fn plan_of(template: Option<&ObjectMeta>) -> Option<String> {
    template?.annotations.as_ref()?.get(RESTART).cloned()
}

fn of_deployment(deployment: &Deployment) -> Rollout {
    let status = deployment.status.clone().unwrap_or_default();
    let wanted = deployment
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    let updated = status.updated_replicas.unwrap_or_default();
    Rollout {
        is_observed: status.observed_generation >= deployment.metadata.generation,
        wanted,
        updated,
        ready: status.available_replicas.unwrap_or_default(),
        old: status.replicas.unwrap_or_default() - updated,
        is_overdue: status.conditions.iter().flatten().any(|condition| {
            condition.type_ == "Progressing"
                && condition.reason.as_deref() == Some("ProgressDeadlineExceeded")
        }),
    }
}

fn of_stateful_set(set: &StatefulSet) -> Rollout {
    let status = set.status.clone().unwrap_or_default();
    let wanted = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    // Once all are new, the controller forgets the revision before.
    let updated = if status.current_revision == status.update_revision {
        status.replicas
    } else {
        status.updated_replicas.unwrap_or_default()
    };
    Rollout {
        is_observed: status.observed_generation >= set.metadata.generation,
        wanted,
        updated,
        ready: status.ready_replicas.unwrap_or_default(),
        old: status.replicas - updated,
        is_overdue: false,
    }
}

fn of_daemon_set(set: &DaemonSet) -> Rollout {
    let status = set.status.clone().unwrap_or_default();
    let (wanted, updated) = (
        status.desired_number_scheduled,
        status.updated_number_scheduled.unwrap_or_default(),
    );
    Rollout {
        is_observed: status.observed_generation >= set.metadata.generation,
        wanted,
        updated,
        ready: status.number_available.unwrap_or_default(),
        old: status.current_number_scheduled - updated,
        is_overdue: false,
    }
}
