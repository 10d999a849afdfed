//! The decision procedure of spec/istio.md §3.5, written down from there.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv6Addr},
};

use domain::{
    Cidr, TrafficArgs,
    iptables::{Config, Host, RuleError, Rules},
    trace::{Direction, Packet, Protocol, Verdict},
};

/// `Cfg` of the procedure.
#[derive(Clone, Debug)]
pub(super) struct Cfg {
    pub(super) tproxy: bool,
    pub(super) v6: bool,
    pub(super) in_inc: Ports,
    pub(super) in_exc: BTreeSet<u16>,
    pub(super) out_inc: Ranges,
    pub(super) out_exc: Vec<Cidr>,
    pub(super) out_pinc: BTreeSet<u16>,
    pub(super) out_pexc: BTreeSet<u16>,
    pub(super) exc_if: BTreeSet<&'static str>,
    pub(super) virt_if: BTreeSet<&'static str>,
    pub(super) uids: BTreeSet<u32>,
    pub(super) gids: BTreeSet<u32>,
    pub(super) og: Groups,
    pub(super) dns: Dns,
    pub(super) l4: Cidr,
}

#[derive(Clone, Debug)]
pub(super) enum Ports {
    All,
    List(BTreeSet<u16>),
    Empty,
}

#[derive(Clone, Debug)]
pub(super) enum Ranges {
    Wild,
    List(Vec<Cidr>),
}

#[derive(Clone, Debug)]
pub(super) enum Groups {
    All { exc: BTreeSet<u32> },
    Only { inc: BTreeSet<u32> },
}

#[derive(Clone, Debug)]
pub(super) enum Dns {
    Off,
    Servers(Vec<IpAddr>),
    AllPort53,
}

pub(super) const BYPASS: Verdict = Verdict::Bypass;
pub(super) const ENVOY_IN: Verdict = Verdict::InboundProxy;
pub(super) const ENVOY_OUT: Verdict = Verdict::OutboundProxy;

impl Cfg {
    pub(super) fn in_match(&self, port: u16) -> bool {
        match &self.in_inc {
            Ports::All => !self.in_exc.contains(&port),
            Ports::List(list) => list.contains(&port),
            Ports::Empty => false,
        }
    }

    pub(super) fn is_l(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(_) => self.l4.contains(address),
            IpAddr::V6(address) => address == Ipv6Addr::LOCALHOST,
        }
    }

    pub(super) fn included(&self, address: IpAddr) -> bool {
        match &self.out_inc {
            Ranges::Wild => true,
            Ranges::List(ranges) => ranges.iter().any(|range| range.contains(address)),
        }
    }

    /// Our ranges have no host bits, so their address is as it is written.
    pub(super) fn loop_inc(&self) -> bool {
        match &self.out_inc {
            Ranges::Wild => false,
            Ranges::List(ranges) => ranges.iter().any(|range| range.net().addr().is_loopback()),
        }
    }

    pub(super) fn outbound(&self, pkt: &Pkt) -> Verdict {
        if pkt.dst.is_ipv6() && !self.v6 {
            return BYPASS;
        }
        let nat = self.nat_out(pkt);
        if nat == BYPASS && self.tproxy && self.tproxy_self(pkt) {
            ENVOY_IN
        } else {
            nat
        }
    }

    pub(super) fn nat_out(&self, pkt: &Pkt) -> Verdict {
        let (lo, loop_inc) = (pkt.interface == "lo", self.loop_inc());
        let dns_on = match &self.dns {
            Dns::Off => false,
            Dns::Servers(servers) => !servers.is_empty(),
            Dns::AllPort53 => true,
        };
        if self.exc_if.contains(pkt.interface) || self.out_pexc.contains(&pkt.port) || (lo && from_6(pkt.src))
        {
            return BYPASS;
        }
        let uids = self.uids.iter().map(|uid| (pkt.uid == *uid, true));
        let gids = self.gids.iter().map(|gid| (pkt.gid == *gid, false));
        for (is, by_user) in uids.chain(gids) {
            if is {
                let exempt = pkt.port == 15008 || (pkt.port == 53 && dns_on && by_user);
                if lo && pkt.tcp && !self.is_l(pkt.dst) && !exempt {
                    return ENVOY_IN;
                }
                return BYPASS;
            } else if lo && !loop_inc && (!dns_on || (pkt.tcp && pkt.port != 53)) {
                return BYPASS;
            }
        }
        let by_group = match &self.og {
            Groups::All { exc } => exc.contains(&pkt.gid),
            Groups::Only { inc } => !inc.contains(&pkt.gid),
        };
        if by_group {
            return BYPASS;
        }
        let to_agent = match &self.dns {
            Dns::Off => false,
            Dns::Servers(servers) => servers.contains(&pkt.dst),
            Dns::AllPort53 => true,
        };
        if pkt.port == 53 && to_agent {
            return Verdict::DnsProxy;
        }
        if self.is_l(pkt.dst) || self.out_exc.iter().any(|range| range.contains(pkt.dst)) || !pkt.tcp {
            return BYPASS;
        }
        if self.out_pinc.contains(&pkt.port) || self.included(pkt.dst) {
            return ENVOY_OUT;
        }
        BYPASS
    }

    pub(super) fn tproxy_self(&self, pkt: &Pkt) -> bool {
        pkt.tcp
            && pkt.interface == "lo"
            && !self.exc_if.contains("lo")
            && !from_6(pkt.src)
            && !self.is_l(pkt.dst)
            && (self.uids.contains(&pkt.uid) || self.gids.contains(&pkt.gid))
            && self.in_match(pkt.port)
    }

    pub(super) fn inbound(&self, pkt: &Pkt) -> Verdict {
        if pkt.dst.is_ipv6() && !self.v6 {
            return BYPASS;
        }
        if self.virt_if.contains(pkt.interface) {
            return if pkt.tcp && self.included(pkt.dst) {
                ENVOY_OUT
            } else {
                BYPASS
            };
        }
        if self.exc_if.contains(pkt.interface) || !pkt.tcp {
            return BYPASS;
        }
        if !self.tproxy && pkt.port == 15008 && !matches!(self.in_inc, Ports::Empty) {
            return BYPASS;
        }
        if self.in_match(pkt.port) { ENVOY_IN } else { BYPASS }
    }

    /// The same as arguments and environment.
    pub(super) fn rules(&self) -> Result<Rules, RuleError> {
        let ports = |ports: &BTreeSet<u16>| list(ports.iter());
        let mut args = vec![
            "-p",
            "15001",
            "-z",
            "15006",
            "-m",
            if self.tproxy { "TPROXY" } else { "REDIRECT" },
        ]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
        for (flag, value) in [
            (
                "-b",
                match &self.in_inc {
                    Ports::All => "*".to_owned(),
                    Ports::List(list) => ports(list),
                    Ports::Empty => String::new(),
                },
            ),
            ("-d", ports(&self.in_exc)),
            (
                "-i",
                match &self.out_inc {
                    Ranges::Wild => "*".to_owned(),
                    Ranges::List(ranges) => list(ranges.iter()),
                },
            ),
            ("-x", list(self.out_exc.iter())),
            ("-q", ports(&self.out_pinc)),
            ("-o", ports(&self.out_pexc)),
            ("-c", list(self.exc_if.iter())),
            ("-k", list(self.virt_if.iter())),
            ("-u", list(self.uids.iter())),
            ("-g", list(self.gids.iter())),
        ] {
            args.extend([flag.to_owned(), value]);
        }
        let mut environment = BTreeMap::from([(
            "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR".to_owned(),
            self.l4.to_string(),
        )]);
        let (name, groups) = match &self.og {
            Groups::All { exc } => ("ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", exc),
            Groups::Only { inc } => ("ISTIO_OUTBOUND_OWNER_GROUPS", inc),
        };
        environment.insert(name.to_owned(), list(groups.iter()));
        let mut host = Host {
            ipv6: self.v6,
            ..Host::default()
        };
        match &self.dns {
            Dns::Off => {}
            Dns::Servers(servers) => {
                args.push("--redirect-dns".to_owned());
                host.dns_servers.clone_from(servers);
            }
            Dns::AllPort53 => args.extend(["--redirect-dns".to_owned(), "--capture-all-dns".to_owned()]),
        }
        Rules::of(Config::read(&TrafficArgs::parse(&args), &environment, &host)?)
    }
}

pub(super) fn list<T: std::fmt::Display>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

pub(super) fn from_6(source: IpAddr) -> bool {
    source == IpAddr::from([127, 0, 0, 6]) || source == IpAddr::from([0, 0, 0, 0, 0, 0, 0, 6])
}

#[derive(Clone, Debug)]
pub(super) struct Pkt {
    pub(super) tcp: bool,
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) port: u16,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) interface: &'static str,
}

impl Pkt {
    pub(super) fn packet(&self, direction: Direction) -> Packet {
        Packet {
            direction,
            protocol: if self.tcp { Protocol::Tcp } else { Protocol::Udp },
            source: Some(self.src),
            destination: self.dst,
            port: self.port,
            uid: Some(self.uid),
            gid: Some(self.gid),
            interface: Some(self.interface.to_owned()),
        }
    }
}
