//! Outbound: whose packets never go to the sidecar, and which others do.

use super::{Build, MAX_GROUPS, Ranges, TCP, interfaces, lo_out, parts};
use crate::{
    field::Field,
    iptables::{
        config::{Dns, RuleError},
        matching::{Match, Owner, PortSpan},
        rule::{
            Chain::{IstioInRedirect, IstioOutput, IstioRedirect, Prerouting},
            Origin,
            Table::Nat,
            Target,
        },
    },
};

impl Build<'_> {
    /// What the sidecar itself sends, and what the application sends to itself.
    pub(super) fn owners(&mut self, loopback_too: bool) -> Result<(), RuleError> {
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

    pub(super) fn groups(&mut self) -> Result<(), RuleError> {
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

    pub(super) fn included(&mut self, ranges: Ranges) -> Result<(), RuleError> {
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
}
