//! What happens to a packet of a pod, and why.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::lint::About;

/// A pod and a packet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct TraceQuery {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// `outbound` (a process of the pod sends it; so if not given) or `inbound` (it arrives from outside).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `tcp` (if not given) or `udp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The IP address that it goes to. Inbound it may be left out: it is the pod's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(example = "47.100.20.144")]
    pub address: Option<String>,
    /// The port that it goes to. Inbound that is the container's port, not a Service's.
    #[param(example = "80")]
    pub port: String,
    /// The IP address that it comes from; if not given, one that no rule names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The user whose process sends it; if not given, the application's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Its group, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// The interface that it leaves or enters by; if not given, it follows from the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
}

/// The answer: what this pod does with it, and what the next pod in its place would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceView {
    /// The pod.
    pub pod: About,
    /// The packet in words: `TCP to 47.100.20.144:80`.
    pub packet: String,
    /// What this pod's rules do with it; absent where it has none that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<TraceAnswer>,
    /// What the rules of the next pod would do; absent where settings have no effect on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<TraceAnswer>,
    /// Why there is no answer, or only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether the two go different ways.
    pub differs: bool,
}

/// Where a packet goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceAnswer {
    /// `bypass`, `outbound-proxy`, `inbound-proxy`, `dns-proxy` or `dropped`.
    #[schema(example = "bypass")]
    pub verdict: String,
    /// The answer in one sentence.
    pub sentence: String,
    /// The setting behind it; absent where it is Istio's own rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// The level that the setting's value is from, as in the values in force; of the next pod only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The rule that decided, as arguments of iptables; absent where no rule matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The way through the rules.
    pub steps: Vec<TraceStep>,
    /// What makes the answer uncertain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncertain: Vec<String>,
}

/// Rules in a row that are of one wish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceStep {
    /// What they are about.
    pub about: String,
    /// The setting whose rules they are; absent where they are Istio's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// `passed`: none matched. `decided`: one did, and that was it. `shadowed`: one would have, had none before. `notReached`.
    pub outcome: String,
    /// The first ten of the rules, the one that matched first, as arguments of iptables.
    pub rules: Vec<String>,
    /// How many there are.
    pub rules_total: usize,
}
