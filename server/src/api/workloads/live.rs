//! One workload as the API server has it, and what has happened to it.

use api::workload::{Condition, WorkloadEvent, WorkloadKind, WorkloadRow};
use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    core::v1::{Event, PodTemplateSpec},
};
use kube::{Api, api::ListParams};

use crate::{
    caller::Caller,
    cluster::{Cluster, snapshot::workloads},
    error::Error,
};

/// How many events are told.
const EVENTS: usize = 20;

/// A workload, read with the caller's rights.
pub(super) struct Live {
    /// As in the list, its pods not counted.
    pub(super) row: WorkloadRow,
    pub(super) template: PodTemplateSpec,
    pub(super) strategy: String,
    pub(super) paused: bool,
    pub(super) conditions: Vec<Condition>,
}

/// The conditions of a kind, which differ in type alone.
macro_rules! conditions {
    ($status:expr) => {
        $status
            .and_then(|status| status.conditions)
            .unwrap_or_default()
            .into_iter()
            .map(|condition| Condition {
                kind: condition.type_,
                status: condition.status,
                reason: condition.reason,
                message: condition.message,
                since: condition.last_transition_time.map(|time| time.0.to_string()),
            })
            .collect()
    };
}

impl Live {
    /// Reads it.
    pub(super) async fn read(
        cluster: &Cluster,
        caller: &Caller,
        kind: WorkloadKind,
        namespace: &str,
        name: &str,
    ) -> Result<Self, Error> {
        let default = || "RollingUpdate".to_owned();
        Ok(match kind {
            WorkloadKind::Deployment => {
                let it: Deployment = caller.read(kind.name(), namespace, name).await?;
                let row = cluster.judging(|judge| workloads::deployment(judge, &it));
                let spec = it.spec.unwrap_or_default();
                Self {
                    row,
                    template: spec.template,
                    strategy: spec
                        .strategy
                        .and_then(|strategy| strategy.type_)
                        .unwrap_or_else(default),
                    paused: spec.paused.unwrap_or_default(),
                    conditions: conditions!(it.status),
                }
            }
            WorkloadKind::StatefulSet => {
                let it: StatefulSet = caller.read(kind.name(), namespace, name).await?;
                let row = cluster.judging(|judge| workloads::stateful_set(judge, &it));
                let spec = it.spec.unwrap_or_default();
                Self {
                    row,
                    template: spec.template,
                    strategy: spec
                        .update_strategy
                        .and_then(|strategy| strategy.type_)
                        .unwrap_or_else(default),
                    paused: false,
                    conditions: conditions!(it.status),
                }
            }
            WorkloadKind::DaemonSet => {
                let it: DaemonSet = caller.read(kind.name(), namespace, name).await?;
                let row = cluster.judging(|judge| workloads::daemon_set(judge, &it));
                let spec = it.spec.unwrap_or_default();
                Self {
                    row,
                    template: spec.template,
                    strategy: spec
                        .update_strategy
                        .and_then(|strategy| strategy.type_)
                        .unwrap_or_else(default),
                    paused: false,
                    conditions: conditions!(it.status),
                }
            }
        })
    }
}

/// What has happened to it, the newest first; nothing where the caller may not list events.
pub(super) async fn events(
    caller: &Caller,
    kind: WorkloadKind,
    namespace: &str,
    name: &str,
) -> Option<Vec<WorkloadEvent>> {
    let about = format!("involvedObject.kind={},involvedObject.name={name}", kind.name());
    let api = Api::<Event>::namespaced(caller.client.clone(), namespace);
    let mut events = api.list(&ListParams::default().fields(&about)).await.ok()?.items;
    let last = |event: &Event| {
        let series = event
            .series
            .as_ref()
            .and_then(|series| series.last_observed_time.clone());
        let micro = series.or_else(|| event.event_time.clone()).map(|time| time.0);
        let plain = event
            .last_timestamp
            .clone()
            .or_else(|| event.first_timestamp.clone());
        micro.or_else(|| plain.map(|time| time.0))
    };
    events.sort_by_cached_key(|event| std::cmp::Reverse(last(event)));
    events.truncate(EVENTS);
    let told = events.into_iter().map(|event| WorkloadEvent {
        warning: event.type_.as_deref() == Some("Warning"),
        count: event
            .series
            .as_ref()
            .and_then(|series| series.count)
            .or(event.count)
            .unwrap_or(1),
        last: last(&event).map(|time| time.to_string()),
        reason: event.reason.unwrap_or_default(),
        message: event.message.unwrap_or_default(),
    });
    Some(told.collect())
}
