//! What happens to a packet of a pod, and why.

use std::{net::IpAddr, str::FromStr};

use domain::trace::{Direction, Packet, Protocol};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{FieldProblem, lint::About};

/// A pod, or all pods of a Deployment, and a packet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct TraceQuery {
    /// The pod's namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The pod; or say `deployment`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pod: String,
    /// The Deployment: all its pods are asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
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

/// A question that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceQuestion {
    /// The Deployment whose pods are meant, if it is not one pod.
    pub deployment: Option<String>,
    packet: Packet,
    /// Where it goes was not said: to the pod's own address.
    to_pod: bool,
}

impl TraceQuery {
    /// Reads the question: the page before it asks, the server before it answers.
    ///
    /// # Errors
    /// Every parameter that makes no sense, with what to write instead.
    pub fn read(&self) -> Result<TraceQuestion, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        if self.namespace.trim().is_empty() {
            problems.push(problem("namespace", "say which namespace is meant".to_owned()));
        }
        match (self.pod.trim().is_empty(), text(self.deployment.as_deref())) {
            (true, None) => problems.push(problem(
                "pod",
                "say which pod or which Deployment is meant".to_owned(),
            )),
            (false, Some(_)) => problems.push(problem(
                "deployment",
                "say either a pod or a Deployment".to_owned(),
            )),
            _ => {}
        }
        let direction = read(&mut problems, "direction", self.direction.as_deref(), direction);
        let direction = direction.unwrap_or(Direction::Outbound);
        let protocol = read(
            &mut problems,
            "protocol",
            self.protocol.as_deref(),
            Protocol::from_str,
        );
        let written = text(self.address.as_deref());
        let destination = read(&mut problems, "address", written, address);
        if written.is_none() && direction == Direction::Outbound {
            problems.push(problem("address", "say where it goes: an IP address".to_owned()));
        }
        let port = match self.port.trim() {
            "" => {
                problems.push(problem("port", "say which port it goes to".to_owned()));
                None
            }
            written => read(&mut problems, "port", Some(written), port),
        };
        let source = read(&mut problems, "source", self.source.as_deref(), address);
        let nowhere = IpAddr::from([0, 0, 0, 0]);
        let packet = Packet {
            direction,
            source,
            uid: self.uid,
            gid: self.gid,
            interface: text(self.interface.as_deref()).map(str::to_owned),
            ..Packet::outbound(
                protocol.unwrap_or(Protocol::Tcp),
                destination.unwrap_or(nowhere),
                port.unwrap_or_default(),
            )
        };
        if destination.is_some()
            && let Err(error) = packet.check()
        {
            problems.push(problem("source", error.to_string()));
        }
        if problems.is_empty() {
            Ok(TraceQuestion {
                deployment: text(self.deployment.as_deref()).map(str::to_owned),
                packet,
                to_pod: destination.is_none(),
            })
        } else {
            Err(problems)
        }
    }
}

impl TraceQuestion {
    /// The packet, for a pod with this address.
    ///
    /// # Errors
    /// The parameter without which it cannot be said.
    pub fn packet(&self, pod: Option<IpAddr>) -> Result<Packet, FieldProblem> {
        let mut packet = self.packet.clone();
        if self.to_pod {
            let without = || {
                problem(
                    "address",
                    "the pod has no address yet: say which one is meant".to_owned(),
                )
            };
            packet.destination = pod.ok_or_else(without)?;
        }
        let checked = packet.check();
        checked.map_err(|error| problem("source", error.to_string()))?;
        Ok(packet)
    }
}

/// What a form leaves blank is not given.
fn text(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn read<T, E: ToString>(
    problems: &mut Vec<FieldProblem>,
    path: &str,
    written: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    match parse(text(written)?) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(problem(path, error.to_string()));
            None
        }
    }
}

fn problem(path: &str, message: String) -> FieldProblem {
    FieldProblem::new(path, message)
}

fn direction(word: &str) -> Result<Direction, String> {
    match word {
        "outbound" => Ok(Direction::Outbound),
        "inbound" => Ok(Direction::Inbound),
        _ => Err(format!("`{word}` is no direction: write `outbound` or `inbound`")),
    }
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is not an IP address: rules know addresses only, write one as in `10.0.0.9` or `2001:db8::9`")
    })
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| format!("`{text}` is not a port: write a number from 1 to 65535"))
}

/// The answer: what this pod does with it, and what the next pod in its place would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceView {
    /// The pod or the Deployment.
    pub pod: About,
    /// The packet in words: `TCP to 47.100.20.144:80`.
    pub packet: String,
    /// What this pod's rules do with it; absent where it has none that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<TraceAnswer>,
    /// What the rules of the next pod would do; absent where settings have no effect on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<TraceAnswer>,
    /// Of a Deployment: its pods, each with where it sends the packet now; `running` is then absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<PodVerdict>,
    /// Why there is no answer, or only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether the two go different ways.
    pub differs: bool,
}

/// Where a pod of a Deployment sends a packet now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodVerdict {
    /// The pod.
    pub name: String,
    /// As in [`TraceAnswer`]; absent where there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// Whether the next pod sends it another way.
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
