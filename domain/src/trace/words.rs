//! An answer in words.

use std::fmt;

use super::{Packet, Reason, Trace, Verdict};
use crate::{field::Field, iptables::Origin};

impl fmt::Display for Reason {
    /// Completes "… because".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoInterception => "no rules are written for this pod: its interception mode is `NONE`, or a switch keeps them from being written",
            Self::Ipv6NotCaptured => "this pod has no rules for IPv6, so all of it bypasses",
            Self::NotTcp => "no rule is for it: only TCP is redirected to the sidecar",
            Self::NotIncluded => {
                "its destination is in no range of `includeOutboundIPRanges`, and its port is not in `includeOutboundPorts`"
            }
            Self::InboundCaptureOff => "`includeInboundPorts` is empty: nothing inbound is intercepted",
            Self::InboundNotIncluded => "its port is not in `includeInboundPorts`",
            Self::Rule(origin) => origin.because(),
        })
    }
}

impl Origin {
    const fn because(self) -> &'static str {
        match self {
            Self::Field(Field::IncludeOutboundIPRanges) => "its destination is in `includeOutboundIPRanges`",
            Self::Field(Field::ExcludeOutboundIPRanges) => "its destination is in `excludeOutboundIPRanges`",
            Self::Field(Field::IncludeInboundPorts) => "its port is in `includeInboundPorts`",
            Self::Field(Field::IncludeOutboundPorts) => "its port is in `includeOutboundPorts`",
            Self::Field(Field::ExcludeInboundPorts) => "its port is in `excludeInboundPorts`",
            Self::Field(Field::ExcludeOutboundPorts) => "its port is in `excludeOutboundPorts`",
            Self::ExcludeInterfaces => "its interface is in `excludeInterfaces`",
            Self::VirtualInterfaces => {
                "its interface is in `reroute-virtual-interfaces`: what it sends counts as outbound"
            }
            Self::NotRerouted => {
                "it comes from an interface of `reroute-virtual-interfaces`, is not TCP or goes to no included range"
            }
            Self::OwnerGroups => {
                "the group of the process that sends it is left out by `ISTIO_OUTBOUND_OWNER_GROUPS`"
            }
            Self::Dns => "DNS capture is on: the agent answers what is asked there",
            Self::InvalidDrop => "it belongs to no connection, and `INVALID_DROP` is on",
            Self::ProxyItself => "the sidecar itself sends it, and its own traffic must not come back to it",
            Self::ProxyToItself => "the sidecar sends it to its own pod: that is inbound traffic of the pod",
            Self::Passthrough => {
                "it comes from 127.0.0.6: the sidecar has seen it and hands it to the application"
            }
            Self::Loopback => "the application sends it to its own pod",
            Self::LoopbackAddress => "it goes to a loopback address",
            Self::TunnelPort => "its port is the one of HBONE tunnels, where the sidecar listens by itself",
            Self::Plumbing => "a rule that Istio needs for itself says so",
        }
    }
}

impl Origin {
    /// Returns what its rules are about, in a few words; a setting by its name.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::ProxyItself => "what the sidecar itself sends",
            Self::ProxyToItself => "what the sidecar sends to its own pod",
            Self::Passthrough => "what the sidecar hands to the application, from 127.0.0.6",
            Self::Loopback => "what the application sends to its own pod",
            Self::LoopbackAddress => "loopback addresses",
            Self::TunnelPort => "the port of HBONE tunnels",
            Self::InvalidDrop => "packets that belong to no connection",
            Self::Dns => "DNS capture",
            Self::OwnerGroups => "groups of users that are left out",
            Self::Plumbing => "what Istio needs for itself",
            Self::Field(field) => field.name(),
            Self::ExcludeInterfaces => "excludeInterfaces",
            Self::VirtualInterfaces => "reroute-virtual-interfaces",
            Self::NotRerouted => "what else comes from those interfaces",
        }
    }
}

impl Verdict {
    /// Completes "TCP to 10.0.0.9:80 …".
    #[must_use]
    pub const fn goes(self) -> &'static str {
        match self {
            Self::Bypass => "goes round the sidecar",
            Self::OutboundProxy => "goes to the sidecar, as outbound traffic",
            Self::InboundProxy => "goes to the sidecar, as inbound traffic",
            Self::DnsProxy => "goes to the agent's DNS proxy",
            Self::Dropped => "is dropped",
        }
    }
}

impl Trace<'_> {
    /// Returns the answer in one sentence.
    #[must_use]
    pub fn sentence(&self, packet: &Packet) -> String {
        let (verdict, reason) = (self.verdict.goes(), self.reason);
        format!("{packet} {verdict}, because {reason}")
    }
}

impl fmt::Display for Packet {
    /// `TCP to 10.0.0.9:80`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.to_string().to_ascii_uppercase();
        let at = std::net::SocketAddr::new(self.destination, self.port);
        write!(formatter, "{protocol} to {at}")
    }
}
