//! Deployments as the console lists them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    lint::LintView,
    mesh::PodCounts,
    page::{Column, Order},
    setting::FieldInForce,
};

/// A Deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// How many replicas it asks for.
    pub replicas: i32,
    /// How many are ready.
    pub ready: i32,
    /// Its pods.
    pub pods: PodCounts,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
}

/// Which Deployments to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeploymentQuery {
    /// Only of this namespace.
    pub namespace: Option<String>,
    /// Only those whose name contains this.
    pub q: Option<String>,
    /// `true`: only those with pods that run an old setting; `false`: only the others.
    pub stale: Option<bool>,
    /// By what to sort: `name`, `namespace`, `ready`, `stale`, `created`; with a `-` before it the other way round. By
    /// namespace and name otherwise, and among equals.
    #[param(value_type = Option<String>, example = "-stale")]
    pub sort: Option<Order<DeploymentColumn>>,
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// What Deployments can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentColumn {
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

impl Column for DeploymentColumn {
    const ALL: &[(Self, &str)] = &[
        (Self::Name, "name"),
        (Self::Namespace, "namespace"),
        (Self::Ready, "ready"),
        (Self::Stale, "stale"),
        (Self::Created, "created"),
    ];
}

/// A Deployment with what its next pods would get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentDetail {
    /// As in the list.
    #[serde(flatten)]
    pub row: DeploymentRow,
    /// How it replaces its pods: `RollingUpdate` or `Recreate`.
    pub strategy: String,
    /// Whether its rollouts are paused.
    pub paused: bool,
    /// What Kubernetes says of it.
    pub conditions: Vec<Condition>,
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

/// A condition of a Deployment, as Kubernetes has it.
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
