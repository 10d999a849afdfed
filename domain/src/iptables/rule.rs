//! One rule: where it stands, what it looks at, what it does, and whose wish it is.

use std::fmt;

use super::matching::{Match, PortSpan};
use crate::field::Field;

/// A table of the kernel, in the order in which a restore text has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Marks, drops, and inbound interception by TPROXY.
    Mangle,
    /// Redirection.
    Nat,
    /// Connection tracking zones of DNS; decides nothing.
    Raw,
}

impl Table {
    /// Its name in the kernel.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mangle => "mangle",
            Self::Nat => "nat",
            Self::Raw => "raw",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// What arrives.
    Prerouting,
    /// What processes of the pod send.
    Output,
    /// Which of what arrives goes to the sidecar.
    IstioInbound,
    /// Which of what is sent goes to the sidecar.
    IstioOutput,
    /// Which DNS goes to the agent.
    IstioOutputDns,
    /// To the sidecar's outbound port.
    IstioRedirect,
    /// To the sidecar's inbound port.
    IstioInRedirect,
    /// Packets of connections that exist (TPROXY).
    IstioDivert,
    /// To the sidecar's inbound port (TPROXY).
    IstioTproxy,
    /// Nowhere.
    IstioDrop,
}

impl Chain {
    /// Its name in the kernel.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prerouting => "PREROUTING",
            Self::Output => "OUTPUT",
            Self::IstioInbound => "ISTIO_INBOUND",
            Self::IstioOutput => "ISTIO_OUTPUT",
            Self::IstioOutputDns => "ISTIO_OUTPUT_DNS",
            Self::IstioRedirect => "ISTIO_REDIRECT",
            Self::IstioInRedirect => "ISTIO_IN_REDIRECT",
            Self::IstioDivert => "ISTIO_DIVERT",
            Self::IstioTproxy => "ISTIO_TPROXY",
            Self::IstioDrop => "ISTIO_DROP",
        }
    }

    /// Whether the kernel has it without us.
    #[must_use]
    pub const fn is_built_in(self) -> bool {
        matches!(self, Self::Prerouting | Self::Output)
    }
}

/// What a rule does with the packets that it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Leaves the chain.
    Return,
    /// Goes on in another chain.
    Jump(Chain),
    /// To a port of the pod itself.
    Redirect(PortSpan),
    /// The same, as Istio writes it for DNS over UDP.
    RedirectUdp(PortSpan),
    /// To a port of the pod itself, the destination kept.
    Tproxy {
        /// The mark that routes it there.
        mark: u32,
        /// The port.
        port: PortSpan,
    },
    /// Ends the packet.
    Drop,
    /// Lets it pass, past all other rules of the table.
    Accept,
    /// Marks the packet.
    SetMark(u32),
    /// Marks the connection as the packet is.
    SaveMark,
    /// Marks the packet as the connection is.
    RestoreMark,
    /// Tracks the connection apart.
    Zone(u8),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Return => f.write_str("-j RETURN"),
            Self::Jump(chain) => write!(f, "-j {}", chain.name()),
            Self::Redirect(port) => write!(f, "-j REDIRECT --to-ports {port}"),
            Self::RedirectUdp(port) => write!(f, "-j REDIRECT --to-port {port}"),
            Self::Tproxy { mark, port } => {
                write!(f, "-j TPROXY --tproxy-mark {mark}/0xffffffff --on-port {port}")
            }
            Self::Drop => f.write_str("-j DROP"),
            Self::Accept => f.write_str("-j ACCEPT"),
            Self::SetMark(mark) => write!(f, "-j MARK --set-mark {mark}"),
            Self::SaveMark => f.write_str("-j CONNMARK --save-mark"),
            Self::RestoreMark => f.write_str("-j CONNMARK --restore-mark"),
            Self::Zone(zone) => write!(f, "-j CT --zone {zone}"),
        }
    }
}

/// Whose wish a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One of the six settings.
    Field(Field),
    /// The annotation `excludeInterfaces`.
    ExcludeInterfaces,
    /// The annotation `reroute-virtual-interfaces`.
    VirtualInterfaces,
    /// The rest of what comes from such an interface.
    NotRerouted,
    /// `ISTIO_OUTBOUND_OWNER_GROUPS` and `…_EXCLUDE`.
    OwnerGroups,
    /// DNS capture.
    Dns,
    /// Dropping of packets that belong to no connection.
    InvalidDrop,
    /// What the sidecar itself sends must not come back to it.
    ProxyItself,
    /// What the sidecar sends to itself under the pod's address is inbound traffic.
    ProxyToItself,
    /// What the sidecar hands on to the application comes from 127.0.0.6.
    Passthrough,
    /// The application to itself, over the loopback interface.
    Loopback,
    /// The application to a loopback address.
    LoopbackAddress,
    /// The port of HBONE tunnels, on which the sidecar listens by itself.
    TunnelPort,
    /// Needed by the others; decides nothing by itself.
    Plumbing,
}

impl Origin {
    /// The name of the setting behind it, where a person can set it.
    #[must_use]
    pub const fn setting(self) -> Option<&'static str> {
        match self {
            Self::Field(field) => Some(field.name()),
            Self::ExcludeInterfaces => Some("excludeInterfaces"),
            Self::VirtualInterfaces | Self::NotRerouted => Some("reroute-virtual-interfaces"),
            Self::OwnerGroups => Some("ISTIO_OUTBOUND_OWNER_GROUPS"),
            Self::Dns => Some("ISTIO_META_DNS_CAPTURE"),
            Self::InvalidDrop => Some("INVALID_DROP"),
            Self::ProxyItself
            | Self::ProxyToItself
            | Self::Passthrough
            | Self::Loopback
            | Self::LoopbackAddress
            | Self::TunnelPort
            | Self::Plumbing => None,
        }
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its table.
    pub table: Table,
    /// Its chain.
    pub chain: Chain,
    /// Where it is put in; at the end where nothing is said. Counted from 1.
    pub position: Option<usize>,
    /// All of these must be met.
    pub matches: Vec<Match>,
    /// What it then does.
    pub target: Target,
    /// Whose wish it is.
    pub origin: Origin,
}

impl Rule {
    /// Returns the rule as arguments of iptables, its table included.
    #[must_use]
    pub fn arguments(&self) -> String {
        format!("-t {} {self}", self.table)
    }
}

impl fmt::Display for Rule {
    /// Writes the rule as a line of a restore text, without its table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "-I {} {position}", self.chain.name())?,
            None => write!(f, "-A {}", self.chain.name())?,
        }
        for condition in &self.matches {
            write!(f, " {condition}")?;
        }
        write!(f, " {}", self.target)
    }
}
