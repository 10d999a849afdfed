//! Namespaces as the console lists them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::mesh::PodCounts;

/// A namespace of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceRow {
    /// Its name.
    pub name: String,
    /// Whether it is the mesh's root namespace: the Global setting is stored there, and none of another level can be.
    pub is_root: bool,
    /// Whether Istio's injector takes its pods.
    pub injection: NamespaceInjection,
    /// The revision that injects, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Whether a setting of the Namespace level is stored; in the root namespace the Global one.
    pub has_setting: bool,
    /// How many settings of the Workload level are stored.
    pub workload_settings: usize,
    /// Its pods.
    pub pods: PodCounts,
}

/// Which namespaces to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NamespaceQuery {
    /// Only those whose name contains this.
    pub q: Option<String>,
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Whether Istio's injector takes the pods of a namespace, by its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum NamespaceInjection {
    /// `istio-injection=enabled` or `istio.io/rev`.
    Enabled,
    /// `istio-injection=disabled`.
    Disabled,
    /// No label: only pods that ask for it by label.
    Unlabelled,
    /// `istio.io/dataplane-mode=ambient`: no sidecars here.
    Ambient,
    /// A control plane lives here.
    ControlPlane,
    /// One of Kubernetes' own, which Istio never injects.
    System,
}
