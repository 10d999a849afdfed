//! The mesh: its revisions, its counts, and whether settings reach pods.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::setting::FieldName;

/// One cluster is one mesh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mesh {
    /// The cluster's name in the kubeconfig, or `in-cluster`.
    pub name: String,
    /// Whether the console sees the cluster now.
    pub cluster: ClusterState,
    /// The mesh's root namespace, where the Global setting lives.
    pub root_namespace: Option<String>,
    /// The control planes: one a revision.
    pub revisions: Vec<Revision>,
    /// How many namespaces there are, and how many inject.
    pub namespaces: NamespaceCounts,
    /// How many pods there are, and how many run an old setting.
    pub pods: PodCounts,
    /// Whether a saved setting reaches a new pod.
    pub delivery: Delivery,
}

/// Whether the console sees the cluster now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterState {
    /// The API server's address.
    pub server: String,
    /// The API server's version, once it has answered.
    pub version: Option<String>,
    /// Whether all first lists are in and the last contact succeeded.
    pub ready: bool,
    /// What is missing, where not ready.
    pub message: Option<String>,
}

/// A control plane revision, as its injector ConfigMap tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// `default`, or the revision's name.
    pub name: String,
    /// The namespace of its control plane.
    pub namespace: String,
    /// The proxy version that it injects (`global.tag`), where it says.
    pub version: Option<String>,
    /// Whether the CNI plugin programs the rules instead of `istio-init`.
    pub cni: bool,
    /// The tags that point at it.
    pub tags: Vec<String>,
    /// The ConfigMap, in its namespace, that holds its install values.
    pub config_map: String,
    /// What the install values (`global.proxy`) say of each field: the lowest level, which Sidestep only reads.
    pub install: Vec<InstallValue>,
}

/// What a revision's install values say of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstallValue {
    /// The field.
    pub field: FieldName,
    /// The key below `global.proxy`.
    pub key: String,
    /// The value, verbatim; absent: the key is missing, or holds no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why Sidestep would refuse it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid: Option<String>,
}

/// How many namespaces there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamespaceCounts {
    /// All that the caller may see.
    pub total: usize,
    /// Those whose labels ask for injection.
    pub injected: usize,
}

/// How many pods there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PodCounts {
    /// All that the caller may see.
    pub total: usize,
    /// Those with a sidecar to which settings apply.
    pub injected: usize,
    /// Those of the injected whose running interception differs from the settings in force.
    pub stale: usize,
    /// Those of the injected of which that cannot be told.
    pub unknown: usize,
}

/// How a saved setting reaches a new pod, now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The state in one word.
    pub state: DeliveryState,
    /// The state in a sentence.
    pub message: String,
    /// What to do, where it is not `ready`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way_out: Option<String>,
}

/// The states of the way from a saved setting to a new pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// New pods get the settings.
    Ready,
    /// The console has not yet seen enough of the cluster to say.
    Unknown,
    /// No webhook configuration of ours: settings are stored, not delivered.
    WebhookAbsent,
    /// Ours would run after Istio's injector: too late.
    WrongOrder,
    /// The configuration's CA does not vouch for the certificate that our webhook shows.
    BadCertificate,
    /// Nobody answers where the configuration points.
    Unreachable,
    /// The configuration leaves out pods that it should see, or was edited.
    WrongRules,
    /// The webhook leaves this namespace alone: settings there reach no pod.
    NamespaceLeftOut,
    /// No Istio injector was found in the cluster.
    NoInjector,
}

impl DeliveryState {
    /// Whether new pods get the settings.
    #[must_use]
    pub fn is_ready(self) -> bool {
        self == Self::Ready
    }
}
