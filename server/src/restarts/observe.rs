//! How far a workload's new pods are: Kubernetes says whether they are ready, our own judgement whether they carry the
//! settings in force.

use api::{pod::PodState, restart::WorkloadName};
use domain::restart::RESTART;
use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        core::v1::Pod,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::ResourceExt;

use super::{pods, template::words};
use crate::cluster::Cluster;

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
/// in its template, or must have. `keeps_sidecar`: its new pods are to have one.
pub(super) fn progress(
    cluster: &Cluster,
    workload: &WorkloadName,
    plan: &str,
    is_seen: bool,
    keeps_sidecar: bool,
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
    settled(cluster, workload, plan, rollout.wanted, keeps_sidecar)
}

/// Whether the new pods, which are ready, carry the settings in force.
fn settled(
    cluster: &Cluster,
    workload: &WorkloadName,
    plan: &str,
    wanted: i32,
    keeps_sidecar: bool,
) -> Progress {
    let mut new = 0;
    for (pod, row) in pods::judged(cluster, workload) {
        if row.ends || row.finished {
            continue;
        }
        if !is_new(&pod, plan) {
            return Progress::Going(format!("pod `{}` of before is still there", row.name));
        }
        let name = &row.name;
        match &row.state {
            PodState::Stale { fields } => {
                return Progress::Failed(format!(
                    "its new pod `{name}` is ready and does not carry the settings in force ({}): is delivery working, or \
                     were they changed meanwhile?",
                    fields.join(", ")
                ));
            }
            PodState::NotApplicable { reason } | PodState::Unknown { reason } if keeps_sidecar => {
                return Progress::Failed(format!(
                    "its new pod `{name}` is ready and it is not proven that it carries the settings in force: {reason}"
                ));
            }
            _ => {}
        }
        new += 1;
    }
    if new < wanted {
        Progress::Going(format!("the console has seen {new} of {wanted} new pods"))
    } else {
        Progress::Done
    }
}

/// Whether a pod was made from the template that carries this plan.
fn is_new(pod: &Pod, plan: &str) -> bool {
    pod.annotations().get(RESTART).is_some_and(|of| of == plan)
}

/// Why a new pod of the workload will not become ready; nothing where none says so.
pub(super) fn hopeless(cluster: &Cluster, workload: &WorkloadName, plan: &str) -> Option<String> {
    let pods = pods::of(cluster, workload);
    let mut new = pods.iter().filter(|pod| is_new(pod, plan));
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
