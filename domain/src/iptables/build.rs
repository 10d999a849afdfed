//! The rules, in the order of Istio's `tools/istio-iptables/pkg/capture/run.go`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    Family,
    config::{Config, Dns, Mode, RuleError},
    matching::{Match, Owner, PortSpan, Prefix, number, one_word},
    rule::{Chain, Origin, Rule, Table, Target},
};
use crate::{field::Field, trace::Protocol};

use Chain::{
    IstioDivert, IstioDrop, IstioInRedirect, IstioInbound, IstioOutput, IstioOutputDns, IstioRedirect,
    IstioTproxy, Output, Prerouting,
};
use Table::{Mangle, Nat, Raw};

const TCP: Match = Match::Protocol(Protocol::Tcp);
const UDP: Match = Match::Protocol(Protocol::Udp);
/// What the sidecar sends to itself under the pod's address carries this mark.
const OUTBOUND_MARK: u32 = 1338;
/// Where the agent answers DNS.
const DNS_PORT: u16 = 15053;
/// More groups than these do not fit into one rule.
const MAX_GROUPS: usize = 64;

/// The rules of a pod, as they are handed to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What they were made from.
    pub config: Config,
    v4: Vec<Rule>,
    v6: Vec<Rule>,
    /// Both families, chain by chain, in the order in which the kernel walks them.
    chains: [Vec<(Table, Chain, Vec<Rule>)>; 2],
}

impl Rules {
    /// Makes the rules.
    ///
    /// # Errors
    /// What makes the container that writes them fail.
    pub fn of(config: Config) -> Result<Self, RuleError> {
        let family = |family| {
            let mut build = Build {
                family,
                config: &config,
                rules: Vec::new(),
            };
            build.all()?;
            Ok::<_, RuleError>(build.rules)
        };
        let none = config.mode == Mode::None;
        let v4 = if none { Vec::new() } else { family(Family::V4)? };
        let v6 = if none || !config.ipv6 {
            Vec::new()
        } else {
            family(Family::V6)?
        };
        Ok(Self {
            chains: [walked(&v4), walked(&v6)],
            config,
            v4,
            v6,
        })
    }

    /// The rules of a family in the order in which they are written.
    #[must_use]
    pub fn written(&self, family: Family) -> &[Rule] {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// The rules of a chain in the order in which the kernel walks them.
    #[must_use]
    pub fn chain(&self, family: Family, table: Table, chain: Chain) -> &[Rule] {
        let chains = &self.chains[match family {
            Family::V4 => 0,
            Family::V6 => 1,
        }];
        chains
            .iter()
            .find(|(of, name, _)| (*of, *name) == (table, chain))
            .map_or(&[], |(.., rules)| rules)
    }
}

fn walked(written: &[Rule]) -> Vec<(Table, Chain, Vec<Rule>)> {
    let mut chains: Vec<(Table, Chain, Vec<Rule>)> = Vec::new();
    for rule in written {
        let key = (rule.table, rule.chain);
        let at = chains
            .iter()
            .position(|(table, chain, _)| (*table, *chain) == key);
        let at = at.unwrap_or_else(|| {
            chains.push((key.0, key.1, Vec::new()));
            chains.len() - 1
        });
        let rules = &mut chains[at].2;
        let position = rule.position.map_or(rules.len(), |position| position - 1);
        rules.insert(position.min(rules.len()), rule.clone());
    }
    chains
}

/// The parts of a comma list; empty ones are dropped, blanks are kept.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|part| !part.is_empty())
}

/// A list of ranges: those of one family, and whether a loopback address is written in either.
enum Ranges {
    All,
    Some { of_family: Vec<Prefix>, loopback: bool },
}

struct Build<'a> {
    family: Family,
    config: &'a Config,
    rules: Vec<Rule>,
}

impl Build<'_> {
    fn all(&mut self) -> Result<(), RuleError> {
        let config = self.config;
        let excluded = match self.ranges("-x", &config.exclude_ranges)? {
            Ranges::All => return Err(RuleError::EverythingExcluded),
            Ranges::Some { of_family, .. } => of_family,
        };
        let included = self.ranges("-i", &config.include_ranges)?;
        let loopback_too = matches!(included, Ranges::Some { loopback: true, .. });
        self.interfaces()?;
        if config.drop_invalid {
            let invalid = Match::State("INVALID");
            self.add(
                Mangle,
                Prerouting,
                [invalid],
                Target::Jump(IstioDrop),
                Origin::InvalidDrop,
            );
            self.add(Mangle, IstioDrop, [], Target::Drop, Origin::InvalidDrop);
        }
        let tunnel = PortSpan::parse("-e", &config.tunnel_port)?;
        self.add(
            Nat,
            IstioInbound,
            [TCP, Match::Port(tunnel)],
            Target::Return,
            Origin::TunnelPort,
        );
        let envoy = Target::Redirect(PortSpan::parse("-p", &config.envoy_port)?);
        self.add(Nat, IstioRedirect, [TCP], envoy, Origin::Plumbing);
        let inbound = Target::Redirect(PortSpan::parse("-z", &config.inbound_port)?);
        self.add(Nat, IstioInRedirect, [TCP], inbound, Origin::Plumbing);
        self.inbound()?;

        self.add(Nat, Output, [], Target::Jump(IstioOutput), Origin::Plumbing);
        for port in parts(&config.exclude_outbound) {
            let port = Match::Port(PortSpan::parse("-o", port)?);
            for protocol in [TCP, UDP] {
                let origin = Origin::Field(Field::ExcludeOutboundPorts);
                self.add(Nat, IstioOutput, [protocol, port.clone()], Target::Return, origin);
            }
        }
        let passthrough = Match::Source(Prefix::host(self.address(Ipv4Addr::new(127, 0, 0, 6), 6)));
        self.add(
            Nat,
            IstioOutput,
            [lo_out(), passthrough],
            Target::Return,
            Origin::Passthrough,
        );
        self.owners(loopback_too)?;
        self.groups()?;
        self.dns()?;
        let loopback = Match::Destination(self.loopback()?);
        self.add(
            Nat,
            IstioOutput,
            [loopback],
            Target::Return,
            Origin::LoopbackAddress,
        );
        for range in excluded {
            let origin = Origin::Field(Field::ExcludeOutboundIPRanges);
            self.add(
                Nat,
                IstioOutput,
                [Match::Destination(range)],
                Target::Return,
                origin,
            );
        }
        for port in parts(&config.include_outbound) {
            let port = Match::Port(PortSpan::parse("-q", port)?);
            let origin = Origin::Field(Field::IncludeOutboundPorts);
            self.add(Nat, IstioOutput, [TCP, port], Target::Jump(IstioRedirect), origin);
        }
        self.included(included)?;
        if config.mode == Mode::Tproxy {
            self.tproxy()?;
        }
        Ok(())
    }

    fn add<const N: usize>(
        &mut self,
        table: Table,
        chain: Chain,
        matches: [Match; N],
        target: Target,
        origin: Origin,
    ) {
        self.put(None, table, chain, matches.into(), target, origin);
    }

    fn insert<const N: usize>(
        &mut self,
        at: usize,
        chain: (Table, Chain),
        matches: [Match; N],
        target: Target,
        origin: Origin,
    ) {
        self.put(Some(at), chain.0, chain.1, matches.into(), target, origin);
    }

    fn put(
        &mut self,
        position: Option<usize>,
        table: Table,
        chain: Chain,
        matches: Vec<Match>,
        target: Target,
        origin: Origin,
    ) {
        self.rules.push(Rule {
            table,
            chain,
            position,
            matches,
            target,
            origin,
        });
    }

    fn ranges(&self, flag: &'static str, text: &str) -> Result<Ranges, RuleError> {
        if text == "*" {
            return Ok(Ranges::All);
        }
        let all = parts(text)
            .map(|part| Prefix::parse(flag, part))
            .collect::<Result<Vec<_>, _>>()?;
        let loopback = all.iter().any(Prefix::is_loopback);
        let of_family = all
            .into_iter()
            .filter(|range| range.is_v4() == (self.family == Family::V4))
            .collect();
        Ok(Ranges::Some { of_family, loopback })
    }

    /// An address of the family: this one, or the IPv6 address with this last part.
    fn address(&self, v4: Ipv4Addr, v6: u16) -> IpAddr {
        match self.family {
            Family::V4 => v4.into(),
            Family::V6 => Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, v6).into(),
        }
    }

    /// `L` of spec/istio.md §3.5.
    fn loopback(&self) -> Result<Prefix, RuleError> {
        let text = &self.config.loopback;
        let refused = || RuleError::Loopback(text.clone());
        let v4 = Prefix::parse("", text).map_err(|_| refused())?;
        if !v4.is_v4() || !v4.is_loopback() || v4.bits() < 8 {
            return Err(refused());
        }
        Ok(match self.family {
            Family::V4 => v4,
            Family::V6 => Prefix::host(Ipv6Addr::LOCALHOST.into()),
        })
    }

    fn interfaces(&mut self) -> Result<(), RuleError> {
        let config = self.config;
        let excluded = interfaces("-c", &config.exclude_interfaces)?;
        let tables: &[Table] = if config.mode == Mode::Tproxy {
            &[Nat, Mangle]
        } else {
            &[Nat]
        };
        for table in tables {
            for name in &excluded {
                let origin = Origin::ExcludeInterfaces;
                self.add(
                    *table,
                    Prerouting,
                    [Match::In(name.clone())],
                    Target::Return,
                    origin,
                );
                self.add(*table, Output, [Match::Out(name.clone())], Target::Return, origin);
            }
        }
        for name in interfaces("-k", &config.virtual_interfaces)? {
            let origin = Origin::NotRerouted;
            self.insert(1, (Nat, Prerouting), [Match::In(name)], Target::Return, origin);
        }
        Ok(())
    }

    fn inbound(&mut self) -> Result<(), RuleError> {
        const KNOWN: Match = Match::State("RELATED,ESTABLISHED");
        let config = self.config;
        if config.include_inbound.is_empty() {
            return Ok(());
        }
        let tproxy = config.mode == Mode::Tproxy;
        let table = if tproxy { Mangle } else { Nat };
        if tproxy {
            let mark = self.mark()?;
            self.add(Mangle, IstioDivert, [], Target::SetMark(mark), Origin::Plumbing);
            self.add(Mangle, IstioDivert, [], Target::Accept, Origin::Plumbing);
            let port = PortSpan::parse("-z", &config.inbound_port)?;
            let elsewhere = Match::NotDestination(self.loopback()?);
            self.add(
                Mangle,
                IstioTproxy,
                [elsewhere, TCP],
                Target::Tproxy { mark, port },
                Origin::Plumbing,
            );
        }
        self.add(
            table,
            Prerouting,
            [TCP],
            Target::Jump(IstioInbound),
            Origin::Plumbing,
        );
        let origin = Origin::Field(Field::IncludeInboundPorts);
        if config.include_inbound == "*" {
            for port in parts(&config.exclude_inbound) {
                let port = Match::Port(PortSpan::parse("-d", port)?);
                let excluded = Origin::Field(Field::ExcludeInboundPorts);
                self.add(table, IstioInbound, [TCP, port], Target::Return, excluded);
            }
            if tproxy {
                self.add(
                    Mangle,
                    IstioInbound,
                    [TCP, KNOWN],
                    Target::Jump(IstioDivert),
                    Origin::Plumbing,
                );
                self.add(Mangle, IstioInbound, [TCP], Target::Jump(IstioTproxy), origin);
            } else {
                self.add(Nat, IstioInbound, [TCP], Target::Jump(IstioInRedirect), origin);
            }
            return Ok(());
        }
        for port in parts(&config.include_inbound) {
            let port = Match::Port(PortSpan::parse("-b", port)?);
            if tproxy {
                let known = [TCP, port.clone(), KNOWN];
                self.add(
                    Mangle,
                    IstioInbound,
                    known,
                    Target::Jump(IstioDivert),
                    Origin::Plumbing,
                );
                self.add(
                    Mangle,
                    IstioInbound,
                    [TCP, port],
                    Target::Jump(IstioTproxy),
                    origin,
                );
            } else {
                self.add(
                    Nat,
                    IstioInbound,
                    [TCP, port],
                    Target::Jump(IstioInRedirect),
                    origin,
                );
            }
        }
        Ok(())
    }

    /// What the sidecar itself sends, and what the application sends to itself.
    fn owners(&mut self, loopback_too: bool) -> Result<(), RuleError> {
        let config = self.config;
        let tunnel = PortSpan::parse("-e", &config.tunnel_port)?;
        let dns = config.dns != Dns::Off;
        let owners = parts(&config.uids)
            .map(|uid| {
                Owner::parse("-u", uid).map(|owner| (Match::Uid(owner.clone()), Match::NotUid(owner), true))
            })
            .chain(parts(&config.gids).map(|gid| {
                Owner::parse("-g", gid).map(|owner| (Match::Gid(owner.clone()), Match::NotGid(owner), false))
            }));
        for owner in owners {
            let (is, is_not, by_user) = owner?;
            let elsewhere = Match::NotDestination(self.loopback()?);
            let ports = if dns && by_user {
                Match::NotPorts(vec![PortSpan::one(53), tunnel.clone()])
            } else {
                Match::NotPort(tunnel.clone())
            };
            let to_itself = [lo_out(), elsewhere, TCP, ports, is.clone()];
            self.add(
                Nat,
                IstioOutput,
                to_itself,
                Target::Jump(IstioInRedirect),
                Origin::ProxyToItself,
            );
            if !loopback_too {
                if dns {
                    let app = [lo_out(), TCP, Match::NotPort(PortSpan::one(53)), is_not];
                    self.add(Nat, IstioOutput, app, Target::Return, Origin::Loopback);
                } else {
                    self.add(
                        Nat,
                        IstioOutput,
                        [lo_out(), is_not],
                        Target::Return,
                        Origin::Loopback,
                    );
                }
            }
            self.add(Nat, IstioOutput, [is], Target::Return, Origin::ProxyItself);
        }
        Ok(())
    }

    fn groups(&mut self) -> Result<(), RuleError> {
        let config = self.config;
        let origin = Origin::OwnerGroups;
        if config.groups == "*" {
            for group in parts(&config.groups_excluded) {
                let group = Match::Gid(Owner::parse("ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", group)?);
                self.add(Nat, IstioOutput, [group], Target::Return, origin);
            }
            return Ok(());
        }
        let others = parts(&config.groups)
            .map(|group| Owner::parse("ISTIO_OUTBOUND_OWNER_GROUPS", group).map(Match::NotGid))
            .collect::<Result<Vec<_>, _>>()?;
        if others.len() > MAX_GROUPS {
            return Err(RuleError::TooManyGroups(others.len()));
        }
        self.put(None, Nat, IstioOutput, others, Target::Return, origin);
        Ok(())
    }

    fn dns(&mut self) -> Result<(), RuleError> {
        let (all, servers) = match &self.config.dns {
            Dns::Off => return Ok(()),
            Dns::All => (true, Vec::new()),
            Dns::Servers(servers) => {
                let of_family = servers
                    .iter()
                    .filter(|server| server.is_ipv4() == (self.family == Family::V4));
                (false, of_family.map(|server| Prefix::host(*server)).collect())
            }
        };
        self.add(Raw, Output, [], Target::Jump(IstioOutputDns), Origin::Plumbing);
        if all || !servers.is_empty() {
            self.add(Nat, IstioOutput, [], Target::Jump(IstioOutputDns), Origin::Dns);
        }
        let port = || Match::Port(PortSpan::one(53));
        for (protocol, target) in [
            (TCP, Target::Redirect(PortSpan::one(DNS_PORT))),
            (UDP, Target::RedirectUdp(PortSpan::one(DNS_PORT))),
        ] {
            if all {
                self.add(Nat, IstioOutputDns, [protocol, port()], target, Origin::Dns);
                continue;
            }
            for server in &servers {
                let to = [protocol.clone(), port(), Match::Destination(server.clone())];
                self.add(Nat, IstioOutputDns, to, target.clone(), Origin::Dns);
            }
        }
        self.zones(all, &servers)
    }

    /// Conntrack zones: they keep answers apart and decide nothing.
    fn zones(&mut self, all: bool, servers: &[Prefix]) -> Result<(), RuleError> {
        let config = self.config;
        let port = || Match::Port(PortSpan::one(53));
        let owners = parts(&config.uids)
            .map(|uid| Owner::parse("-u", uid).map(Match::Uid))
            .chain(parts(&config.gids).map(|gid| Owner::parse("-g", gid).map(Match::Gid)));
        for owner in owners {
            let owner = owner?;
            let asks = [UDP, port(), owner.clone()];
            self.add(Raw, IstioOutputDns, asks, Target::Zone(1), Origin::Plumbing);
            let answers = [UDP, Match::SourcePort(DNS_PORT), owner];
            self.add(Raw, IstioOutputDns, answers, Target::Zone(2), Origin::Plumbing);
        }
        if all || !servers.is_empty() {
            self.add(Raw, Prerouting, [], Target::Jump(IstioInbound), Origin::Plumbing);
        }
        if all {
            self.add(
                Raw,
                IstioOutputDns,
                [UDP, port()],
                Target::Zone(2),
                Origin::Plumbing,
            );
            let answers = [UDP, Match::SourcePort(53)];
            self.add(Raw, IstioInbound, answers, Target::Zone(1), Origin::Plumbing);
        }
        for server in servers {
            let asks = [UDP, port(), Match::Destination(server.clone())];
            self.add(Raw, IstioOutputDns, asks, Target::Zone(2), Origin::Plumbing);
            let answers = [UDP, Match::SourcePort(53), Match::Source(server.clone())];
            self.add(Raw, IstioInbound, answers, Target::Zone(1), Origin::Plumbing);
        }
        Ok(())
    }

    fn included(&mut self, ranges: Ranges) -> Result<(), RuleError> {
        let virtual_interfaces = interfaces("-k", &self.config.virtual_interfaces)?;
        let origin = Origin::Field(Field::IncludeOutboundIPRanges);
        let there = || Target::Jump(IstioRedirect);
        match ranges {
            Ranges::All => {
                self.add(Nat, IstioOutput, [], there(), origin);
                for name in virtual_interfaces {
                    let rerouted = Origin::VirtualInterfaces;
                    self.insert(1, (Nat, Prerouting), [Match::In(name)], there(), rerouted);
                }
            }
            Ranges::Some { of_family, .. } => {
                for range in of_family {
                    let to = Match::Destination(range);
                    for name in &virtual_interfaces {
                        let from = [Match::In(name.clone()), to.clone()];
                        self.insert(1, (Nat, Prerouting), from, there(), Origin::VirtualInterfaces);
                    }
                    self.add(Nat, IstioOutput, [to], there(), origin);
                }
            }
        }
        Ok(())
    }

    fn tproxy(&mut self) -> Result<(), RuleError> {
        let config = self.config;
        let mark = self.mark()?;
        let plumbing = Origin::Plumbing;
        self.add(
            Mangle,
            Prerouting,
            [TCP, Match::Mark(mark)],
            Target::SaveMark,
            plumbing,
        );
        self.add(
            Mangle,
            Output,
            [TCP, lo_out(), Match::Mark(mark)],
            Target::Return,
            plumbing,
        );
        let owners = parts(&config.uids)
            .map(|uid| Owner::parse("-u", uid).map(Match::Uid))
            .chain(parts(&config.gids).map(|gid| Owner::parse("-g", gid).map(Match::Gid)));
        for owner in owners {
            let to_itself = [Match::NotDestination(self.loopback()?), TCP, lo_out(), owner?];
            self.add(
                Mangle,
                Output,
                to_itself,
                Target::SetMark(OUTBOUND_MARK),
                plumbing,
            );
        }
        let known = [TCP, Match::ConnectionMark(mark)];
        self.add(Mangle, Output, known, Target::RestoreMark, plumbing);
        let chain = (Mangle, IstioInbound);
        self.insert(1, chain, [TCP, Match::Mark(mark)], Target::Return, plumbing);
        let passthrough = Match::Source(Prefix::host(self.address(Ipv4Addr::new(127, 0, 0, 6), 6)));
        self.insert(
            2,
            chain,
            [TCP, passthrough, lo_in()],
            Target::Return,
            Origin::Passthrough,
        );
        let from_app = [TCP, lo_in(), Match::NotMark(OUTBOUND_MARK)];
        self.insert(3, chain, from_app, Target::Return, Origin::Loopback);
        Ok(())
    }

    fn mark(&self) -> Result<u32, RuleError> {
        let text = &self.config.tproxy_mark;
        number(text)
            .filter(|mark| mark.to_string() == *text)
            .ok_or_else(|| RuleError::Mark(text.clone()))
    }
}

fn lo_out() -> Match {
    Match::Out("lo".to_owned())
}

fn lo_in() -> Match {
    Match::In("lo".to_owned())
}

/// The longest name that the kernel takes.
const MAX_NAME: usize = 15;

fn interfaces(flag: &'static str, text: &str) -> Result<Vec<String>, RuleError> {
    parts(text)
        .map(|part| {
            let refused = || RuleError::Interface {
                flag,
                text: part.to_owned(),
            };
            let name = one_word(part).filter(|name| name.len() <= MAX_NAME);
            name.map(str::to_owned).ok_or_else(refused)
        })
        .collect()
}
