//! Deployments as the console lists them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::mesh::PodCounts;

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
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}
