//! Workloads as the console lists them: Deployments, StatefulSets, DaemonSets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    lint::LintView,
    mesh::PodCounts,
    page::{Column, Order},
    setting::FieldInForce,
};

/// What kind of workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum WorkloadKind {
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
}

impl WorkloadKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Deployment, Self::StatefulSet, Self::DaemonSet];

    /// The kind as Kubernetes spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
        }
    }

    /// Several of them.
    #[must_use]
    pub const fn names(self) -> &'static str {
        match self {
            Self::Deployment => "Deployments",
            Self::StatefulSet => "StatefulSets",
            Self::DaemonSet => "DaemonSets",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadRow {
    /// What it is.
    pub kind: WorkloadKind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// How many pods it asks for.
    pub replicas: i32,
    /// How many are ready.
    pub ready: i32,
    /// Its pods.
    pub pods: PodCounts,
    /// The levels that say something for its next pod, the nearest last: `global`, `namespace`, `workload/<name>`, `pod`. None:
    /// install values and Istio's own defaults.
    pub levels: Vec<String>,
    /// Whether settings have an effect on its pods, as far as its template tells.
    pub applies: bool,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
}

/// Which workloads of a kind to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorkloadQuery {
    /// Only of this namespace.
    pub namespace: Option<String>,
    /// Only those whose name contains this.
    pub q: Option<String>,
    /// `true`: only those with pods that run an old setting; `false`: only the others.
    pub stale: Option<bool>,
    /// By what to sort: `name`, `namespace`, `ready`, `stale`, `created`; with a `-` before it the other way round. By
    /// namespace and name otherwise, and among equals.
    #[param(value_type = Option<String>, example = "-stale")]
    pub sort: Option<Order<WorkloadColumn>>,
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// What workloads can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkloadColumn {
    /// The name.
    Name,
    /// The namespace.
    Namespace,
    /// How many replicas are ready.
    Ready,
    /// How many pods run an old setting.
    Stale,
    /// When it was made, oldest first.
    Created,
}

impl Column for WorkloadColumn {
    const ALL: &[(Self, &str)] = &[
        (Self::Name, "name"),
        (Self::Namespace, "namespace"),
        (Self::Ready, "ready"),
        (Self::Stale, "stale"),
        (Self::Created, "created"),
    ];
}

/// A workload with what its next pods would get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadDetail {
    /// As in the list.
    #[serde(flatten)]
    pub row: WorkloadRow,
    /// Whether its namespace is the mesh's root namespace, which has no setting but the Global one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_root_namespace: bool,
    /// How it replaces its pods: `RollingUpdate`, `Recreate` or `OnDelete`.
    pub strategy: String,
    /// Whether its rollouts are paused.
    pub paused: bool,
    /// What Kubernetes says of it.
    pub conditions: Vec<Condition>,
    /// What has happened to it lately, the newest first; nothing where the caller may not list events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<WorkloadEvent>>,
    /// The values in force for the next pod, and the level of each.
    pub desired: Vec<FieldInForce>,
    /// Why settings have no effect on its pods, as far as its template tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
    /// The settings of the Workload level that select its pods, the one that wins first.
    pub workload_settings: Vec<String>,
    /// What is remarkable about its next pods, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lints: Vec<LintView>,
}

/// Something that has happened to a workload, as Kubernetes tells it for an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadEvent {
    /// Whether it is a warning.
    pub warning: bool,
    /// The reason, in one word.
    pub reason: String,
    /// What happened, in a sentence.
    pub message: String,
    /// How often.
    pub count: i32,
    /// When last, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// A condition of a workload, as Kubernetes has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Condition {
    /// Its type: `Available`, `Progressing`, `ReplicaFailure`.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The reason, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Since when, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}
