//! What would come of a setting before it is saved.

use std::net::Ipv4Addr;

use domain::trace::Packet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    FieldProblem,
    lint::LintView,
    mesh::PodCounts,
    setting::{FieldInForce, LevelRef, SaveSetting},
    trace::{TraceAnswer, TraceQuery},
};

/// A level as it might be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewSetting {
    /// Which level, of what. A workload setting that is still to be named may have an empty name.
    pub level: LevelRef,
    /// What would be saved there.
    pub setting: SaveSetting,
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
    /// The workloads that the level is for and that the caller may see: the first of them, by namespace and name.
    pub workloads: Vec<MatchedWorkload>,
    /// How many there are.
    pub workloads_total: usize,
    /// Their pods that run now.
    pub pods: PodCounts,
    /// What is remarkable about the level and its workloads, the worst first.
    pub lints: Vec<LintView>,
    /// Where the packet that was asked about would go, in a pod of which nothing else is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceAnswer>,
    /// Why that cannot be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_note: Option<String>,
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
