//! Inbound, by redirection or by TPROXY; and the interfaces that are left out or rerouted, both ways.

use super::{Build, OUTBOUND_MARK, TCP, interfaces, lo_in, lo_out, parts};
use crate::{
    field::Field,
    iptables::{
        config::{Mode, RuleError},
        matching::{Match, PortSpan},
        rule::{
            Chain::{IstioDivert, IstioInRedirect, IstioInbound, IstioTproxy, Output, Prerouting},
            Origin, Table,
            Table::{Mangle, Nat},
            Target,
        },
    },
};

impl Build<'_> {
    pub(super) fn interfaces(&mut self) -> Result<(), RuleError> {
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

    pub(super) fn inbound(&mut self) -> Result<(), RuleError> {
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

    pub(super) fn tproxy(&mut self) -> Result<(), RuleError> {
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
        for owner in self.proxies()? {
            let to_itself = [Match::NotDestination(self.loopback()?), TCP, lo_out(), owner];
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
        let passthrough = self.passthrough();
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
}
