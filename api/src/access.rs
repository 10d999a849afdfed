//! What the caller may do: asked before a button is offered, decided again when it is pressed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// About what to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccessQuery {
    /// In this namespace.
    pub namespace: String,
    /// To the thing of this name; without it, to any.
    pub name: Option<String>,
}

/// What the cluster says that the caller may do in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Access {
    /// Each act that the console offers.
    pub items: Vec<Permission>,
}

/// Whether the caller may do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Permission {
    /// What.
    pub act: Act,
    /// Why not, with the way out; nothing where they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Something that the console offers to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    /// Delete a pod.
    DeletePod,
    /// Evict a pod.
    EvictPod,
    /// Restart a Deployment.
    RestartDeployment,
    /// Restart a StatefulSet.
    RestartStatefulSet,
    /// Restart a DaemonSet.
    RestartDaemonSet,
    /// Change a Deployment's YAML.
    EditDeployment,
    /// Change a StatefulSet's YAML.
    EditStatefulSet,
    /// Change a DaemonSet's YAML.
    EditDaemonSet,
}

impl Access {
    /// Why the caller may not do it; nothing where they may, or it is not told.
    #[must_use]
    pub fn refused(&self, act: Act) -> Option<&str> {
        let told = self.items.iter().find(|permission| permission.act == act)?;
        told.refused.as_deref()
    }
}
