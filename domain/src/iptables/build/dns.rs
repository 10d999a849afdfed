//! DNS capture: to the agent, and in tracking zones of its own.

use super::{Build, DNS_PORT, TCP, UDP};
use crate::iptables::{
    Family,
    config::{Dns, RuleError},
    matching::{Match, PortSpan, Prefix},
    rule::{
        Chain::{IstioInbound, IstioOutput, IstioOutputDns, Output, Prerouting},
        Origin,
        Table::{Nat, Raw},
        Target,
    },
};

impl Build<'_> {
    pub(super) fn dns(&mut self) -> Result<(), RuleError> {
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
        let port = || Match::Port(PortSpan::one(53));
        for owner in self.proxies()? {
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
}
