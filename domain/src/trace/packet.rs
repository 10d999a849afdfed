//! The packet that is asked about.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::iptables::Family;

/// Which way a packet goes, seen from the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// A process of the pod sends it.
    Outbound,
    /// It arrives from outside the pod.
    Inbound,
}

/// The protocol on top of IP, as far as rules tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// A word that is neither `tcp` nor `udp`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a protocol that can be traced: write `tcp` or `udp`")]
pub struct UnknownProtocol(String);

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(word: &str) -> Result<Self, UnknownProtocol> {
        match word.to_ascii_lowercase().as_str() {
            "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            _ => Err(UnknownProtocol(word.to_owned())),
        }
    }
}

/// The first packet of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    /// Which way it goes.
    pub direction: Direction,
    /// Its protocol.
    pub protocol: Protocol,
    /// Where it comes from; where that is not said, from no address that a rule names.
    #[serde(default)]
    pub source: Option<IpAddr>,
    /// Where it goes.
    pub destination: IpAddr,
    /// The port there.
    pub port: u16,
    /// The user whose process sends it; where that is not said, the application: a user that no rule names.
    #[serde(default)]
    pub uid: Option<u32>,
    /// Its group, likewise.
    #[serde(default)]
    pub gid: Option<u32>,
    /// The interface that it leaves or enters by. Where it is not said: `lo` for what a pod sends to itself, else `eth0`.
    #[serde(default)]
    pub interface: Option<String>,
}

/// Why a packet makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PacketError {
    /// One IPv4 address and one IPv6 address.
    #[error("`{source_address}` and `{destination}` are of two address families: write both in one")]
    TwoFamilies {
        /// Where it comes from.
        source_address: IpAddr,
        /// Where it goes.
        destination: IpAddr,
    },
}

impl Packet {
    /// A packet that the application sends.
    #[must_use]
    pub fn outbound(protocol: Protocol, destination: IpAddr, port: u16) -> Self {
        Self {
            direction: Direction::Outbound,
            protocol,
            source: None,
            destination,
            port,
            uid: None,
            gid: None,
            interface: None,
        }
    }

    /// A packet that arrives at the pod.
    #[must_use]
    pub fn inbound(protocol: Protocol, destination: IpAddr, port: u16) -> Self {
        Self {
            direction: Direction::Inbound,
            ..Self::outbound(protocol, destination, port)
        }
    }

    /// Checks what cannot be.
    ///
    /// # Errors
    /// See [`PacketError`].
    pub fn check(&self) -> Result<(), PacketError> {
        match self.source {
            Some(source) if source.is_ipv4() != self.destination.is_ipv4() => Err(PacketError::TwoFamilies {
                source_address: source,
                destination: self.destination,
            }),
            _ => Ok(()),
        }
    }

    /// Its address family.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self.destination {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        }
    }

    /// The interface that it leaves or enters by.
    #[must_use]
    pub fn interface(&self) -> &str {
        let to_itself = || {
            self.direction == Direction::Outbound
                && (self.destination.is_loopback() || self.source == Some(self.destination))
        };
        match &self.interface {
            Some(name) => name,
            None if to_itself() => "lo",
            None => "eth0",
        }
    }
}
