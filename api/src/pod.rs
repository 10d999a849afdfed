//! Pods: what the next one would get, what the running one has, and the difference.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    lint::LintView,
    page::{Column, Order},
    setting::{FieldInForce, FieldName},
};

/// A pod in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid: the `If-Match` of a delete.
    pub uid: String,
    /// Its state in one word, as `kubectl get pods` prints it: `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`.
    pub status: String,
    /// Somebody has deleted it: it is on its way out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends: bool,
    /// It has run to its end, well or badly.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub finished: bool,
    /// How many of its containers are ready.
    pub ready: u32,
    /// How many containers it has: those that run for as long as it does.
    pub containers: u32,
    /// How often a container of it was started again.
    pub restarts: u32,
    /// When a container ended last before it was started again, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_restart: Option<String>,
    /// Its node, once it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// When it was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Its controller, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// How its sidecar runs.
    pub sidecar: Sidecar,
    /// What it runs against what is in force.
    pub state: PodState,
}

/// The controller of a pod, as far up as a person would name it (a Deployment, not its ReplicaSet).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Owner {
    /// `Deployment`, `StatefulSet`, …
    pub kind: String,
    /// Its name, in the pod's namespace.
    pub name: String,
}

/// How a pod's sidecar runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sidecar {
    /// No `istio-proxy` in the pod.
    None,
    /// `istio-proxy` is an init container that keeps running (Istio's default since 1.27).
    Native,
    /// `istio-proxy` is an ordinary container.
    Classic,
}

/// What a pod runs against what is in force for the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum PodState {
    /// It runs what is in force.
    Current,
    /// It runs something else, in these fields.
    Stale {
        /// The fields that differ.
        fields: Vec<FieldName>,
    },
    /// Settings have no effect on it.
    NotApplicable {
        /// Why, in words.
        reason: String,
    },
    /// It cannot be told.
    Unknown {
        /// Why, in words.
        reason: String,
    },
}

impl PodState {
    /// Which of the states it is.
    #[must_use]
    pub fn name(&self) -> PodStateName {
        match self {
            Self::Current => PodStateName::Current,
            Self::Stale { .. } => PodStateName::Stale,
            Self::NotApplicable { .. } => PodStateName::NotApplicable,
            Self::Unknown { .. } => PodStateName::Unknown,
        }
    }

    /// Whether a difference in traffic settings is proven.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Stale { .. })
    }

    /// Whether it cannot be told what it runs.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Whether settings have an effect on the pod.
    #[must_use]
    pub fn applies(&self) -> bool {
        !matches!(self, Self::NotApplicable { .. })
    }
}

/// A pod with its three answers: desired, running, difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodDetail {
    /// As in the list.
    #[serde(flatten)]
    pub row: PodRow,
    /// Whether its namespace is the mesh's root namespace, which has no setting but the Global one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_root_namespace: bool,
    /// The values in force for the *next* pod in its place, and the level of each.
    pub desired: Vec<FieldInForce>,
    /// The values that the *running* pod was given, read from its injected container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Running>,
    /// Where they differ.
    pub differences: Vec<FieldDifference>,
    /// The annotations of the pod that our webhook wrote, by field, with their level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<String>,
    /// The PodDisruptionBudgets that select it; nothing where the caller may not list them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budgets: Option<Vec<PodBudget>>,
    /// What is remarkable about the next pod in its place, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lints: Vec<LintView>,
}

/// A PodDisruptionBudget: how many pods must stay. It counts for an eviction, not for a delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PodBudget {
    /// Its name.
    pub name: String,
    /// How many of the pods that it selects may be evicted now.
    pub allowed: u32,
}

/// What the running pod was given when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Running {
    /// The injected container that tells: `istio-init`, or `istio-validation` with the CNI plugin.
    pub container: String,
    /// Its arguments, verbatim.
    pub args: Vec<String>,
    /// The values, as a person would have set them: without Istio's own ports.
    pub values: Vec<FieldText>,
    /// Arguments that this version of Sidestep does not know: what they do is not judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_args: Vec<String>,
}

/// A field and its value as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldText {
    /// The field.
    pub field: FieldName,
    /// The value, as Istio has it.
    pub text: String,
}

/// A field whose running value is not the one in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldDifference {
    /// The field.
    pub field: FieldName,
    /// The value for the next pod.
    pub desired: String,
    /// The value of the running pod.
    pub running: String,
}

/// Which pods to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PodQuery {
    /// Only of this namespace.
    pub namespace: Option<String>,
    /// Only those whose name contains this.
    pub q: Option<String>,
    /// Only those of which this is true: what they run against what is in force.
    pub state: Option<PodStateName>,
    /// Only those whose sidecar runs like this.
    pub sidecar: Option<Sidecar>,
    /// Only those that this Deployment (or other controller) owns.
    pub owner: Option<String>,
    /// By what to sort: `name`, `namespace`, `status`, `restarts`, `owner`, `state`, `node`, `created`; with a `-` before it
    /// the other way round. By namespace and name otherwise, and among equals.
    #[param(value_type = Option<String>, example = "-created")]
    pub sort: Option<Order<PodColumn>>,
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// The states of [`PodState`] without their details, to filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PodStateName {
    /// See [`PodState::Current`].
    Current,
    /// See [`PodState::Stale`].
    Stale,
    /// See [`PodState::NotApplicable`].
    NotApplicable,
    /// See [`PodState::Unknown`].
    Unknown,
}

/// What pods can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodColumn {
    /// The name.
    Name,
    /// The namespace.
    Namespace,
    /// The status.
    Status,
    /// How often containers were started again.
    Restarts,
    /// The controller's name.
    Owner,
    /// What it runs against what is in force: stale ones first.
    State,
    /// The node that it runs on.
    Node,
    /// When it was made, oldest first.
    Created,
}

impl Column for PodColumn {
    const ALL: &[(Self, &str)] = &[
        (Self::Name, "name"),
        (Self::Namespace, "namespace"),
        (Self::Status, "status"),
        (Self::Restarts, "restarts"),
        (Self::Owner, "owner"),
        (Self::State, "state"),
        (Self::Node, "node"),
        (Self::Created, "created"),
    ];
}

/// What became of a delete or an eviction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodDeleted {
    /// The id of the change in the history.
    pub change: String,
    /// Who will make a new one, where somebody will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Owner>,
}
