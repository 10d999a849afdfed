//! What follows from the values in force alone.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::{Code, Lint, listed, refused::refused};
use crate::{
    annotation,
    caution::everything,
    cidr::Cidr,
    effective::{Effective, Origin},
    field::Field,
    install::InstallValues,
    iptables::Prefix,
    running::{Item, Reading, SYSTEM_PORTS},
};

/// Istio's own ports lie here: 15001 and 15006 (redirection), 15008 (HBONE), 15020 and 15021 (agent), 15053 (DNS),
/// 15090 (metrics), and istiod's.
const ISTIOS_PORTS: std::ops::RangeInclusive<u16> = 15000..=15090;

/// Whose values they are.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The install values of the revision.
    pub install: &'a InstallValues,
    /// The annotations of the pod template that people wrote; none for a level.
    pub annotations: &'a BTreeMap<String, String>,
    /// The interception mode of the pod template's annotation `proxy.istio.io/config`, where it says; none for a level.
    pub proxy_interception_mode: Option<&'a str>,
    /// `defaultConfig.interceptionMode` of the mesh configuration, where it says.
    pub mesh_interception_mode: Option<&'a str>,
    /// `defaultConfig.statusPort` of the mesh configuration, where it says; the port that the agent really has.
    pub mesh_status_port: Option<u16>,
    /// Whether DNS capture is on (`ISTIO_META_DNS_CAPTURE`), where that is known.
    pub dns_capture: Option<bool>,
}

/// The six values as Istio reads them.
struct Readings([Reading; 6]);

impl Readings {
    fn of(effective: &Effective) -> Self {
        Self(Field::ALL.map(|field| Reading::of(field, &effective.get(field).text)))
    }

    fn get(&self, field: Field) -> &Reading {
        &self.0[field.index()]
    }

    /// The ports of a field; none where it is `*`.
    fn ports(&self, field: Field) -> BTreeSet<u16> {
        let port = |item: &Item| match item {
            Item::Port(port) => Some(port.get()),
            _ => None,
        };
        match self.get(field) {
            Reading::All => BTreeSet::new(),
            Reading::Items(items) => items.iter().filter_map(port).collect(),
        }
    }

    /// The address ranges of a field; none where it is `*`.
    fn ranges(&self, field: Field) -> Vec<Cidr> {
        let range = |item: &Item| match item {
            Item::Cidr(range) => Some(*range),
            _ => None,
        };
        match self.get(field) {
            Reading::All => Vec::new(),
            Reading::Items(items) => items.iter().filter_map(range).collect(),
        }
    }

    fn is_empty(&self, field: Field) -> bool {
        matches!(self.get(field), Reading::Items(items) if items.is_empty())
    }

    fn is_all(&self, field: Field) -> bool {
        matches!(self.get(field), Reading::All)
    }
}

/// Says whether inbound traffic to a port of the container goes round the sidecar (`in_match` of spec/istio.md §3.5), Istio's
/// own ports aside.
#[must_use]
pub fn inbound_bypasses(effective: &Effective, port: u16) -> bool {
    let read = Readings::of(effective);
    match read.get(Field::IncludeInboundPorts) {
        Reading::All => read.ports(Field::ExcludeInboundPorts).contains(&port),
        Reading::Items(_) => !read.ports(Field::IncludeInboundPorts).contains(&port),
    }
}

/// Remarks on the values in force, in no order.
#[must_use]
pub fn values(effective: &Effective, context: &Context<'_>) -> Vec<Lint> {
    let read = Readings::of(effective);
    let mut lints = Vec::new();
    let cni = context.install.cni_enabled;
    lints.extend(effective.iter().filter_map(|in_force| refused(in_force, cni)));
    lints.extend(capture(effective, &read, context));
    lints.extend(excludes(&read));
    lints.extend(loopback(effective));
    lints.extend(ignored(&read));
    lints.extend(istios_ports(&read));
    lints.extend(dns(&read, context));
    lints.extend(interception(context));
    lints.extend(status_port(context));
    lints
}

fn ignored(read: &Readings) -> Vec<Lint> {
    let mut lints = Vec::new();
    if !read.is_empty(Field::IncludeOutboundPorts) && read.is_all(Field::IncludeOutboundIPRanges) {
        lints.push(Lint::of(
            Code::IncludeOutboundPortsWithoutEffect,
            Field::IncludeOutboundPorts,
            "While includeOutboundIPRanges is `*`, all outbound traffic goes through the sidecar anyway, on these ports as \
             on all others.",
            "leave it as it is if that is what you want; to send only these ports through the sidecar, set \
             includeOutboundIPRanges to explicitly empty or to a list",
        ));
    }
    if !read.is_empty(Field::ExcludeInboundPorts) && !read.is_all(Field::IncludeInboundPorts) {
        lints.push(Lint::of(
            Code::ExcludeInboundPortsIgnored,
            Field::ExcludeInboundPorts,
            "While includeInboundPorts is not `*`, excludeInboundPorts is not looked at: only the ports that are included go \
             through the sidecar.",
            "set includeInboundPorts to `*`, or take the ports out of includeInboundPorts instead",
        ));
    }
    lints
}

fn excludes(read: &Readings) -> Vec<Lint> {
    let mut lints = Vec::new();
    let included = read.ports(Field::IncludeOutboundPorts);
    let both: Vec<String> = read
        .ports(Field::ExcludeOutboundPorts)
        .intersection(&included)
        .map(ToString::to_string)
        .collect();
    if !both.is_empty() {
        let are = if both.len() == 1 { "is" } else { "are" };
        lints.push(Lint::of(
            Code::ExcludeBeatsInclude,
            Field::IncludeOutboundPorts,
            format!(
                "{} {are} in excludeOutboundPorts too, and every exclude wins.",
                listed(&both)
            ),
            "take the ports out of one of the two lists",
        ));
    }
    let excluded: Vec<IpNet> = read
        .ranges(Field::ExcludeOutboundIPRanges)
        .into_iter()
        .map(Cidr::net)
        .collect();
    let whole = IpNet::aggregate(&excluded);
    // An exclude inside of an include is what excludes are for.
    let covered: Vec<String> = read
        .ranges(Field::IncludeOutboundIPRanges)
        .into_iter()
        .filter(|range| whole.iter().any(|excluded| excluded.contains(&range.net())))
        .map(|range| range.to_string())
        .collect();
    if !covered.is_empty() {
        lints.push(Lint::of(
            Code::ExcludeBeatsInclude,
            Field::IncludeOutboundIPRanges,
            format!(
                "All of {} is in excludeOutboundIPRanges too, and every exclude wins.",
                listed(&covered)
            ),
            "take the addresses out of one of the two lists",
        ));
    }
    let family = match everything(&excluded) {
        (false, false) => return lints,
        (true, false) => "IPv4 ",
        (false, true) => "IPv6 ",
        (true, true) => "",
    };
    lints.push(Lint::of(
        Code::EverythingExcluded,
        Field::ExcludeOutboundIPRanges,
        format!(
            "Every {family}address is excluded: all outbound {family}traffic goes straight out, whatever the include fields \
             say."
        ),
        "exclude only the ranges that are meant",
    ));
    lints
}

/// Istio tells loopback by the address as it is written, whatever its mask.
fn loopback(effective: &Effective) -> Option<Lint> {
    let field = Field::IncludeOutboundIPRanges;
    let written: Vec<&str> = effective
        .get(field)
        .text
        .split(',')
        .filter(|part| Prefix::parse("-i", part).is_ok_and(|range| range.is_loopback()))
        .collect();
    (!written.is_empty()).then(|| {
        let (are, addresses) = if written.len() == 1 {
            ("is", "a loopback address")
        } else {
            ("are", "loopback addresses")
        };
        Lint::of(
            Code::LoopbackIncluded,
            field,
            format!(
                "{} {are} {addresses}, and one is enough: what the application sends to its own pod is no longer left alone, be \
                 it IPv4 or IPv6. It goes through the sidecar where it is included; only `127.0.0.1` and `::1` do not.",
                listed(&written)
            ),
            "take loopback addresses out, unless that is what you want",
        )
    })
}

fn capture(effective: &Effective, read: &Readings, context: &Context<'_>) -> Vec<Lint> {
    let mut lints = Vec::new();
    let ranges = effective.get(Field::IncludeOutboundIPRanges);
    let falls_back =
        context.install.cni_enabled && ranges.text.is_empty() && ranges.origin <= Origin::Install;
    if falls_back {
        lints.push(Lint::of(
            Code::EmptyRangesUnderCni,
            Field::IncludeOutboundIPRanges,
            "The install values say that no address is redirected, but with the Istio CNI plugin an empty text there means \
             `*`: everything is.",
            "set includeOutboundIPRanges to explicitly empty at the level Global: an annotation is taken as it is",
        ));
    } else if read.is_empty(Field::IncludeOutboundIPRanges) && read.is_empty(Field::IncludeOutboundPorts) {
        lints.push(Lint::of(
            Code::CaptureOff,
            Field::IncludeOutboundIPRanges,
            "No outbound traffic goes through the sidecar: it has neither mTLS nor routing, retries and metrics of the mesh.",
            "include the addresses, or the ports, that the mesh is for",
        ));
    }
    if read.is_empty(Field::IncludeInboundPorts) {
        lints.push(Lint::of(
            Code::CaptureOff,
            Field::IncludeInboundPorts,
            "No inbound traffic goes through the sidecar: it has neither mTLS nor authorization policies.",
            "include the ports that the mesh is for, or `*`",
        ));
    }
    lints
}

fn istios_ports(read: &Readings) -> Vec<Lint> {
    let told = |field: Field| {
        let is_own = |port: &u16| ISTIOS_PORTS.contains(port);
        // Excluded inbound, these are only repeated: Istio excludes them itself.
        let repeated = |port: &u16| field == Field::ExcludeInboundPorts && SYSTEM_PORTS.contains(port);
        let ports = read.ports(field);
        let own: Vec<String> = ports
            .iter()
            .filter(|port| is_own(port) && !repeated(port))
            .map(ToString::to_string)
            .collect();
        (!own.is_empty()).then(|| {
            Lint::of(
                Code::SystemPort,
                field,
                format!(
                    "From 15000 to 15090 are Istio's own ports, which it treats by itself: {}.",
                    listed(&own)
                ),
                "take them out, unless an application really uses them",
            )
        })
    };
    Field::ALL.into_iter().filter_map(told).collect()
}

fn dns(read: &Readings, context: &Context<'_>) -> Option<Lint> {
    let excluded = read.ports(Field::ExcludeOutboundPorts).contains(&53);
    (excluded && context.dns_capture != Some(false)).then(|| {
        let when = if context.dns_capture.is_none() {
            "Where DNS capture is on, this switches it off"
        } else {
            "DNS capture is on, and this switches it off"
        };
        Lint::of(
            Code::DnsPortExcluded,
            Field::ExcludeOutboundPorts,
            format!("{when}: queries on port 53 go straight out before Istio could answer them."),
            "take 53 out, or switch DNS capture off where you mean that",
        )
    })
}

/// The remark on an interception mode with which a pod never starts. All other remarks are about pods that are intercepted.
#[must_use]
pub fn interception(context: &Context<'_>) -> Option<Lint> {
    let own = context
        .annotations
        .get(annotation::INTERCEPTION_MODE)
        .map(String::as_str);
    let mode = own
        .or(context.proxy_interception_mode)
        .or(context.mesh_interception_mode);
    (context.install.cni_enabled && mode == Some("NONE")).then(|| {
        Lint::of(
            Code::InterceptionNoneUnderCni,
            None,
            "The interception mode is `NONE`, which the Istio CNI plugin refuses: the pod gets no network and never starts.",
            format!(
                "leave the pod without a sidecar (label `{}: \"false\"`), or include nothing instead",
                annotation::INJECT
            ),
        )
    })
}

fn status_port(context: &Context<'_>) -> Option<Lint> {
    let agent = context.mesh_status_port?;
    let own = context.annotations.get(annotation::STATUS_PORT);
    // The annotation moves both, the agent and its exclusion.
    let excluded = context.install.status_port;
    (own.is_none() && excluded != u32::from(agent)).then(|| {
        Lint::of(
            Code::StatusPortMismatch,
            Field::ExcludeInboundPorts,
            format!(
                "The mesh configuration puts Istio's agent on port {agent}, but the install values exclude {excluded}: \
                 health checks and metrics run into the sidecar."
            ),
            format!("set `global.proxy.statusPort` to {agent} in the install values"),
        )
    })
}
