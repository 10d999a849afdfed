//! The way of a packet through the kernel's tables.

use super::{Direction, Packet, Verdict};
use crate::iptables::{Chain, Mode, Rule, Rules, Table, Target};

/// What became of a packet.
pub(super) struct Decided<'a> {
    pub(super) verdict: Verdict,
    pub(super) rule: Option<&'a Rule>,
    pub(super) shadowed: Vec<&'a Rule>,
    pub(super) table: Table,
}

/// Every rule on the packet's way through a table that could decide, whether it matches or not.
pub(super) fn all<'a>(rules: &'a Rules, packet: &Packet, table: Table) -> Vec<&'a Rule> {
    let comes_in = packet.direction == Direction::Inbound || table == Table::Mangle;
    let start = if comes_in {
        Chain::Prerouting
    } else {
        Chain::Output
    };
    let mut found = Vec::new();
    listed(rules, packet, (table, start), &mut found);
    found
}

fn listed<'a>(rules: &'a Rules, packet: &Packet, (table, chain): (Table, Chain), found: &mut Vec<&'a Rule>) {
    for rule in rules.chain(packet.family(), table, chain) {
        match &rule.target {
            Target::Jump(to) if redirects(*to).is_none() => listed(rules, packet, (table, *to), found),
            Target::SetMark(_) | Target::SaveMark | Target::RestoreMark | Target::Zone(_) => {}
            _ => found.push(rule),
        }
    }
}

/// A process of the pod sends it: marked in `mangle`, judged in `nat` and, where it goes to the pod itself under TPROXY, judged
/// once more as it comes in. `nat` looks at a connection only once.
pub(super) fn outbound<'a>(rules: &'a Rules, packet: &Packet) -> Decided<'a> {
    let mut walk = Walk {
        rules,
        packet,
        mark: 0,
    };
    walk.table(Table::Mangle, Chain::Output);
    let (end, by) = walk.table(Table::Nat, Chain::Output);
    let decided = |walk: &Walk<'a, '_>, table, chain, verdict, by| Decided {
        verdict,
        rule: by,
        shadowed: walk.others(table, chain, by),
        table,
    };
    let comes_back = rules.config.mode == Mode::Tproxy && packet.interface() == "lo";
    if matches!(end, End::Passed) && comes_back {
        let (end, by) = walk.table(Table::Mangle, Chain::Prerouting);
        if !matches!(end, End::Passed) {
            return decided(&walk, Table::Mangle, Chain::Prerouting, end.verdict(), by);
        }
    }
    decided(&walk, Table::Nat, Chain::Output, end.verdict(), by)
}

/// It arrives: `mangle` may drop it or, under TPROXY, take it; else `nat` judges.
pub(super) fn inbound<'a>(rules: &'a Rules, packet: &Packet) -> Decided<'a> {
    let mut walk = Walk {
        rules,
        packet,
        mark: 0,
    };
    let (mangled, by_mangle) = walk.table(Table::Mangle, Chain::Prerouting);
    let (table, end, by) = match mangled {
        End::Taken(_) => (Table::Mangle, mangled, by_mangle),
        End::Passed => match (walk.table(Table::Nat, Chain::Prerouting), by_mangle) {
            ((end, None), Some(by)) => (Table::Mangle, end, Some(by)),
            ((end, by), _) => (Table::Nat, end, by),
        },
    };
    Decided {
        verdict: end.verdict(),
        rule: by,
        shadowed: walk.others(table, Chain::Prerouting, by),
        table,
    }
}

/// How a walk ended.
#[derive(Clone, Copy)]
enum End {
    /// The table lets it pass.
    Passed,
    /// To a port of the pod.
    Taken(Verdict),
}

impl End {
    const fn verdict(self) -> Verdict {
        match self {
            Self::Passed => Verdict::Bypass,
            Self::Taken(verdict) => verdict,
        }
    }
}

struct Walk<'a, 'p> {
    rules: &'a Rules,
    packet: &'p Packet,
    mark: u32,
}

impl<'a> Walk<'a, '_> {
    /// Walks a table from one of the kernel's chains; says how it ended, and by which rule.
    fn table(&mut self, table: Table, chain: Chain) -> (End, Option<&'a Rule>) {
        let mut left_by = None;
        let end = self.chain(table, chain, &mut left_by);
        match end {
            Some((verdict, rule)) => (End::Taken(verdict), Some(rule)),
            None => (End::Passed, left_by),
        }
    }

    /// Walks a chain. `left_by` is the rule that last sent the packet back out of one.
    fn chain(
        &mut self,
        table: Table,
        chain: Chain,
        left_by: &mut Option<&'a Rule>,
    ) -> Option<(Verdict, &'a Rule)> {
        for rule in self.rules.chain(self.packet.family(), table, chain) {
            if !self.meets(rule) {
                continue;
            }
            match &rule.target {
                Target::Return | Target::Accept => {
                    *left_by = Some(rule);
                    return None;
                }
                Target::Jump(to) => {
                    let taken = self.chain(table, *to, left_by);
                    if let Some((verdict, inner)) = taken {
                        // The chain that redirects is no reason; the rule that leads there is.
                        return Some((verdict, if redirects(*to).is_some() { rule } else { inner }));
                    }
                }
                Target::SetMark(mark) => self.mark = *mark,
                Target::SaveMark | Target::RestoreMark | Target::Zone(_) => {}
                target => {
                    let verdict = verdict(chain, target);
                    return verdict.map(|verdict| (verdict, rule));
                }
            }
        }
        None
    }

    fn meets(&self, rule: &Rule) -> bool {
        rule.matches
            .iter()
            .all(|condition| condition.is_met(self.packet, self.mark))
    }

    /// Every rule that would decide about the packet, but for `decider`.
    fn others(&self, table: Table, chain: Chain, decider: Option<&'a Rule>) -> Vec<&'a Rule> {
        let mut found = Vec::new();
        self.collect(table, chain, &mut found);
        found.retain(|rule| !decider.is_some_and(|decider| std::ptr::eq(decider, *rule)));
        found
    }

    fn collect(&self, table: Table, chain: Chain, found: &mut Vec<&'a Rule>) {
        for rule in self.rules.chain(self.packet.family(), table, chain) {
            if !self.meets(rule) {
                continue;
            }
            match &rule.target {
                Target::Jump(to) if redirects(*to).is_some() => {
                    let there = self.rules.chain(self.packet.family(), table, *to);
                    if there.iter().any(|inner| self.meets(inner)) {
                        found.push(rule);
                    }
                }
                Target::Jump(to) => self.collect(table, *to, found),
                Target::Return
                | Target::Accept
                | Target::Redirect(_)
                | Target::RedirectUdp(_)
                | Target::Tproxy { .. }
                | Target::Drop => found.push(rule),
                Target::SetMark(_) | Target::SaveMark | Target::RestoreMark | Target::Zone(_) => {}
            }
        }
    }
}

/// What a chain that only redirects does.
const fn redirects(chain: Chain) -> Option<Verdict> {
    match chain {
        Chain::IstioRedirect => Some(Verdict::OutboundProxy),
        Chain::IstioInRedirect | Chain::IstioTproxy => Some(Verdict::InboundProxy),
        Chain::IstioDrop => Some(Verdict::Dropped),
        _ => None,
    }
}

/// What a final target in `chain` does.
fn verdict(chain: Chain, target: &Target) -> Option<Verdict> {
    match target {
        Target::Drop => Some(Verdict::Dropped),
        Target::Redirect(_) | Target::RedirectUdp(_) | Target::Tproxy { .. } => {
            Some(redirects(chain).unwrap_or(Verdict::DnsProxy))
        }
        _ => None,
    }
}
