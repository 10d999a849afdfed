//! Settings of a level: what is stored, what is inherited, what is in force.

use std::collections::BTreeMap;

use domain::Traffic;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    mesh::{Delivery, PodCounts},
    owner::OwnerView,
    problem::FieldProblem,
};

/// The name of one of the six fields, as Istio writes it.
pub type FieldName = String;

/// The six fields as lists of strings. A field that is absent is inherited, `[]` is explicitly empty; `null` and
/// `[""]` are refused.
pub type RawTraffic = BTreeMap<String, Vec<String>>;

/// [`RawTraffic`] spelt out for the OpenAPI document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Traffic)]
pub struct TrafficSchema {
    /// Addresses to which external access is redirected to the sidecar proxy; `["*"]` is all.
    #[schema(required = false, example = json!(["*"]))]
    #[serde(rename = "includeOutboundIPRanges")]
    pub include_outbound_ip_ranges: Vec<String>,
    /// Addresses to which external access is not redirected to the sidecar proxy.
    #[schema(required = false, example = json!(["47.100.20.144/32"]))]
    #[serde(rename = "excludeOutboundIPRanges")]
    pub exclude_outbound_ip_ranges: Vec<String>,
    /// Ports on which inbound traffic is redirected to the sidecar proxy; `["*"]` is all.
    #[schema(required = false, example = json!(["*"]))]
    pub include_inbound_ports: Vec<String>,
    /// Ports on which outbound traffic is redirected to the sidecar proxy.
    #[schema(required = false, example = json!(["7001", "7002", "7005"]))]
    pub include_outbound_ports: Vec<String>,
    /// Ports on which inbound traffic is not redirected to the sidecar proxy.
    #[schema(required = false, example = json!(["7001", "7002", "9000-9010"]))]
    pub exclude_inbound_ports: Vec<String>,
    /// Ports on which outbound traffic is not redirected to the sidecar proxy.
    #[schema(required = false, example = json!([]))]
    pub exclude_outbound_ports: Vec<String>,
}

/// A level with what is stored there and what is in force below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingView {
    /// Which level, of what.
    pub level: LevelRef,
    /// What is stored; absent: nothing, so that everything is inherited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredSetting>,
    /// Who owns what is stored, and what becomes of an edit; absent: nobody who leaves a mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerView>,
    /// Each field as the next pod of this level gets it, pod annotations aside.
    pub in_force: Vec<FieldInForce>,
    /// Whether a saved setting reaches new pods now.
    pub delivery: Delivery,
    /// The pods of this level that the caller may list: how many there are, and how many run an old setting.
    pub pods: PodCounts,
    /// Whether a write must say why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reason_required: bool,
    /// Why the caller may not save here; absent: they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// With the answer to a write: the id of the change in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// With the answer to a write: what the writer should know although it succeeded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// A level by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum LevelRef {
    /// The whole mesh.
    Global,
    /// One namespace.
    Namespace {
        /// Its name.
        namespace: String,
    },
    /// The workloads of a namespace that a label selector matches.
    Workload {
        /// The namespace.
        namespace: String,
        /// The setting's name.
        name: String,
    },
}

impl From<&domain::Level> for LevelRef {
    fn from(level: &domain::Level) -> Self {
        match level {
            domain::Level::Global => Self::Global,
            domain::Level::Namespace(namespace) => Self::Namespace {
                namespace: namespace.clone(),
            },
            domain::Level::Workload { namespace, name } => Self::Workload {
                namespace: namespace.clone(),
                name: name.clone(),
            },
        }
    }
}

impl From<LevelRef> for domain::Level {
    fn from(level: LevelRef) -> Self {
        match level {
            LevelRef::Global => Self::Global,
            LevelRef::Namespace { namespace } => Self::Namespace(namespace),
            LevelRef::Workload { namespace, name } => Self::Workload { namespace, name },
        }
    }
}

/// What the cluster stores for a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredSetting {
    /// The fields as stored.
    #[schema(value_type = TrafficSchema)]
    pub traffic: RawTraffic,
    /// Which pods of the namespace it is for (Workload level only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<SelectorBody>,
    /// Which of several that match the same pod wins (Workload level only): the higher one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The resource's uid.
    pub uid: String,
    /// The version of what is stored: send it back as `If-Match: "<version>"` with a write. It changes with the spec, not
    /// with the status that the console writes.
    pub version: String,
    /// Stored fields that are invalid all the same; each counts as *inherit*.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invalid: Vec<FieldProblem>,
}

/// The label selector of a Workload setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SelectorBody {
    /// Labels that a pod must have, all of them.
    pub match_labels: BTreeMap<String, String>,
}

/// A field with the value in force and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldInForce {
    /// The field, by Istio's name.
    pub field: FieldName,
    /// The field, by the console's label.
    pub label: String,
    /// The value as Istio gets it; empty: nothing.
    pub text: String,
    /// The level that set it: `builtIn`, `install`, `global`, `namespace`, `workload/<name>`, `pod`.
    pub origin: String,
    /// What it replaced, nearest level first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrode: Vec<OverriddenValue>,
    /// Why the value would be refused, where it stands at a level that Sidestep does not write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid: Option<String>,
}

/// A value that a nearer level replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverriddenValue {
    /// The level that set it.
    pub origin: String,
    /// The value.
    pub text: String,
}

/// The body of a write: the whole level, as it shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveSetting {
    /// The fields; what is absent is inherited.
    #[schema(value_type = TrafficSchema)]
    pub traffic: RawTraffic,
    /// Which pods it is for: required at the Workload level, refused elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<SelectorBody>,
    /// Which of several that match the same pod wins: the higher one. Workload level only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Save although the owner of what is stored will undo it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_owner: bool,
}

/// How a setting is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeleteSetting {
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Remove it although its owner will bring it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[param(required = false)]
    pub override_owner: bool,
}

impl SaveSetting {
    /// Saves `traffic` at the Global or Namespace level.
    #[must_use]
    pub fn of(traffic: &Traffic) -> Self {
        Self {
            traffic: traffic.to_raw(),
            ..Self::default()
        }
    }
}
