//! The rules, in the order of Istio's `tools/istio-iptables/pkg/capture/run.go`.

mod dns;
mod inbound;
mod outbound;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    Family,
    config::{Config, Mode, RuleError},
    matching::{Match, Owner, PortSpan, Prefix, number, one_word},
    rule::{Chain, Origin, Rule, Table, Target},
};
use crate::{field::Field, trace::Protocol};

use Chain::{IstioDrop, IstioInRedirect, IstioInbound, IstioOutput, IstioRedirect, Output, Prerouting};
use Table::{Mangle, Nat};

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
        let passthrough = self.passthrough();
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

    /// What the sidecar hands to the application comes from here.
    fn passthrough(&self) -> Match {
        Match::Source(Prefix::host(self.address(Ipv4Addr::new(127, 0, 0, 6), 6)))
    }

    /// The sidecar's users, then its groups.
    fn proxies(&self) -> Result<Vec<Match>, RuleError> {
        let uids = parts(&self.config.uids).map(|uid| Owner::parse("-u", uid).map(Match::Uid));
        let gids = parts(&self.config.gids).map(|gid| Owner::parse("-g", gid).map(Match::Gid));
        uids.chain(gids).collect()
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
