//! What would come of a setting before it is saved.

use std::net::Ipv4Addr;

use domain::trace::Packet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    FieldProblem, Problem,
    lint::LintView,
    mesh::PodCounts,
    setting::{FieldInForce, FieldName, LevelRef, SaveSetting},
    snippet::Snippet,
    trace::{TraceAnswer, TraceQuery},
};

/// A level as it might be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewSetting {
    /// Which level, of what. A workload setting that is still to be named may have an empty name.
    pub level: LevelRef,
    /// What would be saved there; absent: what is stored there would be removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<SaveSetting>,
    /// Whether the cluster is asked to take it, without storing it.
    #[serde(default)]
    pub dry_run: bool,
    /// What is asked about besides: where this packet of a pod of the level would go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet: Option<PreviewPacket>,
}

/// A packet of any pod that a level is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewPacket {
    /// As in the query of a trace: `outbound`, if nothing is said, or `inbound`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `tcp`, if nothing is said, or `udp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The IP address that it goes to; inbound it may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The port that it goes to.
    #[serde(default)]
    pub port: String,
}

impl PreviewPacket {
    /// Reads it.
    ///
    /// # Errors
    /// Every member that makes no sense, with what to write instead.
    pub fn read(&self) -> Result<Packet, Vec<FieldProblem>> {
        // Whose packet it is, is the level's to say: any pod's.
        let of_any = TraceQuery {
            namespace: "any".to_owned(),
            pod: "any".to_owned(),
            direction: self.direction.clone(),
            protocol: self.protocol.clone(),
            address: self.address.clone(),
            port: self.port.clone(),
            ..TraceQuery::default()
        };
        let question = of_any.read()?;
        question
            .packet(Some(Ipv4Addr::UNSPECIFIED.into()))
            .map_err(|problem| vec![problem])
    }
}

/// What would come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// Each field as the next pod of this level would get it, pod annotations aside.
    pub in_force: Vec<FieldInForce>,
    /// The workloads that the level is for and that the caller may see: the first of them, those that change before the
    /// others, by namespace and name.
    pub workloads: Vec<MatchedWorkload>,
    /// How many there are.
    pub workloads_total: usize,
    /// Their pods that run now.
    pub pods: PodCounts,
    /// What it does to workloads and pods.
    pub impact: Impact,
    /// What changes at the level, field by field.
    pub changes: Vec<FieldChange>,
    /// The same as lines of the resource: a unified diff, empty where nothing changes.
    pub diff: String,
    /// The same change made by other means.
    pub snippets: Vec<Snippet>,
    /// What the cluster says to it, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<DryRun>,
    /// What is remarkable about the level and its workloads, the worst first.
    pub lints: Vec<LintView>,
    /// Those of them that are not true now.
    pub new_lints: Vec<LintView>,
    /// What is remarkable now and would not be.
    pub resolved_lints: Vec<LintView>,
    /// Where the packet that was asked about would go, in a pod of which nothing else is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceAnswer>,
    /// Why that cannot be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_note: Option<String>,
}

/// What a save does to workloads and pods, as far as the caller may see them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Impact {
    /// Workloads whose next pod gets something else than it would now.
    pub workloads_changed: usize,
    /// Workloads of the level for which a nearer level keeps every changed field as it is.
    pub workloads_shielded: usize,
    /// Running pods in whose place the next one gets something else than it would now.
    pub pods_changed: usize,
    /// Running pods of the level for which a nearer level keeps every changed field as it is.
    pub pods_shielded: usize,
    /// Running pods that need a restart now.
    pub stale_before: usize,
    /// Running pods that need a restart then.
    pub stale_after: usize,
    /// Running pods that need a restart then, and not now.
    pub newly_stale: usize,
}

/// A field of a level before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// The field, by Istio's name; also `selector` and `priority`.
    pub field: String,
    /// What the level says now: `inherit`, `explicitly empty`, or its items.
    pub before: String,
    /// What it would say.
    pub after: String,
}

/// What the cluster says to a change that it is asked to take without storing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DryRun {
    /// Whether it would take it.
    pub accepted: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// A field that a nearer level keeps as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shield {
    /// The field.
    pub field: FieldName,
    /// The nearer level: `namespace`, `workload/<name>`, `pod`.
    pub origin: String,
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
    /// The fields of which its next pod gets something else than it would now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldName>,
    /// The changed fields that a nearer level keeps as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shielded: Vec<Shield>,
    /// How many of its running pods need a restart then.
    #[serde(default)]
    pub stale: usize,
}
