//! What would come of a setting before it is saved.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    lint::LintView,
    mesh::PodCounts,
    setting::{FieldInForce, LevelRef, SaveSetting},
};

/// A level as it might be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewSetting {
    /// Which level, of what. A workload setting that is still to be named may have an empty name.
    pub level: LevelRef,
    /// What would be saved there.
    pub setting: SaveSetting,
}

/// What would come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// Each field as the next pod of this level would get it, pod annotations aside.
    pub in_force: Vec<FieldInForce>,
    /// The workloads that the level is for and that the caller may see: the first of them, by namespace and name.
    pub workloads: Vec<MatchedWorkload>,
    /// How many there are.
    pub workloads_total: usize,
    /// Their pods that run now.
    pub pods: PodCounts,
    /// What is remarkable about the level and its workloads, the worst first.
    pub lints: Vec<LintView>,
}

/// A workload that a level is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatchedWorkload {
    /// `Deployment`, `StatefulSet`, `DaemonSet`, `Job`, or `Pod` for one that nobody owns.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The workload settings that select it, the one that wins first.
    pub settings: Vec<String>,
    /// Why settings have no effect on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
}
