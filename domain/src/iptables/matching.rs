//! What a rule looks at: read as `iptables` reads it, printed as Istio wrote it.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;

use super::config::RuleError;
use crate::trace::{Packet, Protocol};

/// One condition of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// `-p tcp`
    Protocol(Protocol),
    /// `-i eth0`
    In(String),
    /// `-o lo`
    Out(String),
    /// `-s 127.0.0.6/32`
    Source(Prefix),
    /// `-d 10.0.0.0/8`
    Destination(Prefix),
    /// `! -d 127.0.0.1/32`
    NotDestination(Prefix),
    /// `--dport 80`
    Port(PortSpan),
    /// `! --dport 15008`
    NotPort(PortSpan),
    /// `--sport 53`; only in rules that decide nothing.
    SourcePort(u16),
    /// `-m multiport ! --dports 53,15008`
    NotPorts(Vec<PortSpan>),
    /// `-m owner --uid-owner 1337`
    Uid(Owner),
    /// `-m owner ! --uid-owner 1337`
    NotUid(Owner),
    /// `-m owner --gid-owner 1337`
    Gid(Owner),
    /// `-m owner ! --gid-owner 1337`
    NotGid(Owner),
    /// `-m mark --mark 1337`
    Mark(u32),
    /// `-m mark ! --mark 1338`
    NotMark(u32),
    /// `-m connmark --mark 1337`
    ConnectionMark(u32),
    /// `-m conntrack --ctstate …`: no new connection is in one of those states.
    State(&'static str),
}

impl Match {
    /// Whether a packet of a new connection, with this mark, is meant.
    #[must_use]
    pub fn is_met(&self, packet: &Packet, mark: u32) -> bool {
        match self {
            Self::Protocol(protocol) => packet.protocol == *protocol,
            Self::In(name) | Self::Out(name) => is_interface(name, packet.interface()),
            Self::Source(prefix) => packet.source.is_some_and(|source| prefix.net.contains(&source)),
            Self::Destination(prefix) => prefix.net.contains(&packet.destination),
            Self::NotDestination(prefix) => !prefix.net.contains(&packet.destination),
            Self::Port(ports) => ports.contains(packet.port),
            Self::NotPort(ports) => !ports.contains(packet.port),
            Self::NotPorts(all) => !all.iter().any(|ports| ports.contains(packet.port)),
            Self::Uid(owner) => packet.uid.is_some_and(|uid| owner.contains(uid)),
            Self::NotUid(owner) => !packet.uid.is_some_and(|uid| owner.contains(uid)),
            Self::Gid(owner) => packet.gid.is_some_and(|gid| owner.contains(gid)),
            Self::NotGid(owner) => !packet.gid.is_some_and(|gid| owner.contains(gid)),
            Self::Mark(wanted) => mark == *wanted,
            Self::NotMark(unwanted) => mark != *unwanted,
            Self::SourcePort(_) | Self::ConnectionMark(_) | Self::State(_) => false,
        }
    }
}

/// A `+` at the end stands for anything.
fn is_interface(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('+') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

impl fmt::Display for Match {
    /// Writes the parameters as `istio-iptables` does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(protocol) => write!(f, "-p {protocol}"),
            Self::In(name) => write!(f, "-i {name}"),
            Self::Out(name) => write!(f, "-o {name}"),
            Self::Source(prefix) => write!(f, "-s {prefix}"),
            Self::Destination(prefix) => write!(f, "-d {prefix}"),
            Self::NotDestination(prefix) => write!(f, "! -d {prefix}"),
            Self::Port(ports) => write!(f, "--dport {ports}"),
            Self::NotPort(ports) => write!(f, "! --dport {ports}"),
            Self::SourcePort(port) => write!(f, "--sport {port}"),
            Self::NotPorts(all) => {
                f.write_str("-m multiport ! --dports ")?;
                for (position, ports) in all.iter().enumerate() {
                    write!(f, "{}{ports}", if position > 0 { "," } else { "" })?;
                }
                Ok(())
            }
            Self::Uid(owner) => write!(f, "-m owner --uid-owner {owner}"),
            Self::NotUid(owner) => write!(f, "-m owner ! --uid-owner {owner}"),
            Self::Gid(owner) => write!(f, "-m owner --gid-owner {owner}"),
            Self::NotGid(owner) => write!(f, "-m owner ! --gid-owner {owner}"),
            Self::Mark(mark) => write!(f, "-m mark --mark {mark}"),
            Self::NotMark(mark) => write!(f, "-m mark ! --mark {mark}"),
            Self::ConnectionMark(mark) => write!(f, "-m connmark --mark {mark}"),
            Self::State(states) => write!(f, "-m conntrack --ctstate {states}"),
        }
    }
}

/// An address range with its host bits as they were written: loopback is told by them (`HasLoopBackIP`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    address: IpAddr,
    net: IpNet,
}

impl Prefix {
    /// Reads a range as Go's `netip.ParsePrefix` does.
    ///
    /// # Errors
    /// Names the text: `istio-iptables` ends with it.
    pub fn parse(flag: &'static str, text: &str) -> Result<Self, RuleError> {
        let refused = || RuleError::Range {
            flag,
            text: text.to_owned(),
        };
        let (address, bits) = text.rsplit_once('/').ok_or_else(refused)?;
        let address: IpAddr = address.parse().map_err(|_| refused())?;
        let plain = !bits.is_empty()
            && bits.bytes().all(|byte| byte.is_ascii_digit())
            && (bits == "0" || !bits.starts_with('0'));
        let bits = bits.parse().ok().filter(|_| plain).ok_or_else(refused)?;
        let net = IpNet::new(address, bits).map_err(|_| refused())?;
        Ok(Self { address, net })
    }

    /// One address.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        Self {
            address,
            net: IpNet::from(address),
        }
    }

    /// Whether it is of IPv4.
    #[must_use]
    pub fn is_v4(&self) -> bool {
        self.address.is_ipv4()
    }

    /// Whether the address, as it is written, is a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.address {
            IpAddr::V4(address) => address.is_loopback(),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(mapped) => mapped.is_loopback(),
                None => address.is_loopback(),
            },
        }
    }

    /// The length of the prefix.
    #[must_use]
    pub fn bits(&self) -> u8 {
        self.net.prefix_len()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.net.prefix_len())
    }
}

/// A port or a range of ports as `iptables` reads `--dport`, with the text it was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSpan {
    text: String,
    first: u16,
    last: u16,
}

impl PortSpan {
    /// Reads a port: decimal, octal after `0`, hexadecimal after `0x`, or a range with a colon (spec/istio.md §2).
    ///
    /// # Errors
    /// What `iptables-restore` refuses, and names, which it looks up in a file that only the image has.
    pub fn parse(flag: &'static str, text: &str) -> Result<Self, RuleError> {
        let refused = || RuleError::Port {
            flag,
            text: text.to_owned(),
        };
        let number = |part: &str, missing| {
            if part.is_empty() {
                Ok(missing)
            } else {
                number(part)
                    .and_then(|number| u16::try_from(number).ok())
                    .ok_or_else(refused)
            }
        };
        let word = one_word(text).ok_or_else(refused)?;
        if word.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(RuleError::PortName {
                flag,
                text: word.to_owned(),
            });
        }
        let (first, last) = word.split_once(':').unwrap_or((word, word));
        let (first, last) = (number(first, 0)?, number(last, u16::MAX)?);
        if first > last {
            return Err(refused());
        }
        Ok(Self {
            text: text.to_owned(),
            first,
            last,
        })
    }

    /// One port.
    #[must_use]
    pub fn one(port: u16) -> Self {
        Self {
            text: port.to_string(),
            first: port,
            last: port,
        }
    }

    /// Whether the port is one of them.
    #[must_use]
    pub const fn contains(&self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

impl fmt::Display for PortSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The owner of a socket: an id, or a range of ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    text: String,
    first: u32,
    last: u32,
}

impl Owner {
    /// Reads an id or `1000-2000`.
    ///
    /// # Errors
    /// Names are looked up in files that only the image has.
    pub fn parse(flag: &'static str, text: &str) -> Result<Self, RuleError> {
        let refused = || RuleError::Owner {
            flag,
            text: text.to_owned(),
        };
        let word = one_word(text).ok_or_else(refused)?;
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (Some(first), Some(last)) = (number(first), number(last)) else {
            return Err(refused());
        };
        Ok(Self {
            text: text.to_owned(),
            first,
            last,
        })
    }

    /// Whether the id is one of them.
    #[must_use]
    pub const fn contains(&self, id: u32) -> bool {
        self.first <= id && id <= self.last
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The one word of a text; `iptables-restore` splits at blanks.
pub(super) fn one_word(text: &str) -> Option<&str> {
    let mut words = text.split_ascii_whitespace();
    let word = words.next()?;
    let quotes = word.contains(['"', '\'', '\\', '#']);
    (words.next().is_none() && !quotes).then_some(word)
}

/// As C's `strtoul` with base 0.
pub(super) fn number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) if !digits.starts_with('+') => u32::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None if digits.len() > 1 && digits.starts_with('0') => u32::from_str_radix(digits, 8).ok(),
        None => digits.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_as_iptables_reads_them() {
        let read = |text| {
            PortSpan::parse("-q", text)
                .map(|span| (span.first, span.last))
                .ok()
        };
        for (text, expected) in [
            ("80", Some((80, 80))),
            (" 443", Some((443, 443))),
            ("0070", Some((56, 56))),
            ("0x50", Some((80, 80))),
            ("+80", Some((80, 80))),
            ("80:90", Some((80, 90))),
            (":90", Some((0, 90))),
            ("80:", Some((80, 65535))),
            ("080", None),
            ("80-90", None),
            ("90:80", None),
            ("65536", None),
            ("-1", None),
            ("*", None),
            (" ", None),
            ("80 443", None),
            ("http", None),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn ranges_are_read_as_go_reads_them_and_keep_their_host_bits() {
        for (text, expected) in [
            ("10.0.0.5/8", Some("10.0.0.5/8")),
            ("2001:DB8:0::/32", Some("2001:db8::/32")),
            ("::ffff:10.0.0.0/104", Some("::ffff:10.0.0.0/104")),
            ("10.0.0.1", None),
            ("10.0.0.0/08", None),
            ("10.0.0.0/+8", None),
            ("10.0.0.0/33", None),
            ("010.0.0.0/8", None),
            (" 10.0.0.0/8", None),
            ("fe80::1%eth0/64", None),
        ] {
            let read = Prefix::parse("-i", text).ok().map(|prefix| prefix.to_string());
            assert_eq!(read.as_deref(), expected, "{text:?}");
        }
        let loopback = |text| Prefix::parse("-i", text).unwrap().is_loopback();
        assert!(loopback("127.0.0.1/24") && loopback("::1/128") && loopback("::ffff:127.0.0.1/128"));
        assert!(!loopback("0.0.0.0/0"));
    }
}
