//! What happens to the first packet of a connection, and why: the decision procedure of spec/istio.md §3.5.
//!
//! [`trace`] walks the very rules that the kernel would walk ([`crate::iptables`]) and says which of them decided, and which
//! others would have matched had that one not been there.

mod packet;
mod walk;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::packet::{Direction, Packet, PacketError, Protocol};
use crate::{
    field::Field,
    iptables::{Family, Mode, Origin, Rule, Rules, Table},
};

/// Where a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Round the sidecar.
    Bypass,
    /// To the sidecar's outbound port, 15001.
    OutboundProxy,
    /// To the sidecar's inbound port, 15006.
    InboundProxy,
    /// To the agent's DNS port, 15053.
    DnsProxy,
    /// Nowhere.
    Dropped,
}

impl Verdict {
    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::OutboundProxy => "outbound-proxy",
            Self::InboundProxy => "inbound-proxy",
            Self::DnsProxy => "dns-proxy",
            Self::Dropped => "dropped",
        }
    }

    /// Returns the verdict of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let all = [
            Self::Bypass,
            Self::OutboundProxy,
            Self::InboundProxy,
            Self::DnsProxy,
            Self::Dropped,
        ];
        all.into_iter().find(|verdict| verdict.as_str() == word)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a packet goes where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There are no rules at all.
    NoInterception,
    /// There are no rules for IPv6.
    Ipv6NotCaptured,
    /// A rule matched; it is whose wish it is.
    Rule(Origin),
    /// No rule matched, and it is not TCP: only that is ever redirected.
    NotTcp,
    /// No rule matched: its destination is in no included range, its port is no included port.
    NotIncluded,
    /// Nothing inbound is captured.
    InboundCaptureOff,
    /// No rule matched: its port is no included port.
    InboundNotIncluded,
}

impl Reason {
    /// Returns the name of the setting behind it, where a person can set it.
    #[must_use]
    pub const fn setting(self) -> Option<&'static str> {
        match self {
            Self::NoInterception => Some("interceptionMode"),
            Self::Rule(origin) => origin.setting(),
            Self::NotIncluded => Some(Field::IncludeOutboundIPRanges.name()),
            Self::InboundCaptureOff | Self::InboundNotIncluded => Some(Field::IncludeInboundPorts.name()),
            Self::Ipv6NotCaptured | Self::NotTcp => None,
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace<'a> {
    /// Where the packet goes.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The rule that decided; none where no rule matched.
    pub rule: Option<&'a Rule>,
    /// Rules behind it that would have matched as well, in their order.
    pub shadowed: Vec<&'a Rule>,
    /// The table that decided: where to look for the rules that did not match.
    table: Option<Table>,
    /// What makes the answer uncertain, each named.
    pub uncertain: &'a [String],
}

/// A step of the way through the rules: those in a row that are of one wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Whose wish they are.
    pub origin: Origin,
    /// The rules.
    pub rules: Vec<&'a Rule>,
    /// What came of them.
    pub outcome: Outcome,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// None of its rules matched.
    Passed,
    /// One of its rules decided.
    Decided,
    /// One of its rules would have matched, had none before it decided.
    Shadowed,
    /// It is behind the rule that decided, and none of its rules would have matched.
    NotReached,
}

impl Outcome {
    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Decided => "decided",
            Self::Shadowed => "shadowed",
            Self::NotReached => "notReached",
        }
    }
}

impl<'a> Trace<'a> {
    /// Returns the steps on the packet's way through the table that decided, in their order.
    #[must_use]
    pub fn steps(&self, rules: &'a Rules, packet: &Packet) -> Vec<Step<'a>> {
        let Some(table) = self.table else {
            return Vec::new();
        };
        let is = |rule: &Rule, other: &Rule| std::ptr::eq(rule, other);
        let (mut steps, mut decided) = (Vec::<Step<'a>>::new(), false);
        for rule in walk::all(rules, packet, table) {
            let outcome = if self.rule.is_some_and(|decider| is(decider, rule)) {
                Outcome::Decided
            } else if self.shadowed.iter().any(|shadowed| is(shadowed, rule)) {
                Outcome::Shadowed
            } else if decided {
                Outcome::NotReached
            } else {
                Outcome::Passed
            };
            match steps.last_mut().filter(|step| step.origin == rule.origin) {
                Some(step) => {
                    step.rules.push(rule);
                    // The one that decides says more of its row than those that do not.
                    if !matches!(step.outcome, Outcome::Decided | Outcome::Shadowed) {
                        step.outcome = outcome;
                    }
                }
                None => steps.push(Step {
                    origin: rule.origin,
                    rules: vec![rule],
                    outcome,
                }),
            }
            decided |= outcome == Outcome::Decided;
        }
        steps
    }
}

/// Says what happens to a packet in a pod with these rules.
#[must_use]
pub fn trace<'a>(rules: &'a Rules, packet: &Packet) -> Trace<'a> {
    let answer = |verdict, reason| Trace {
        verdict,
        reason,
        rule: None,
        shadowed: Vec::new(),
        table: None,
        uncertain: &rules.config.uncertain,
    };
    if rules.config.mode == Mode::None {
        return answer(Verdict::Bypass, Reason::NoInterception);
    }
    if packet.family() == Family::V6 && !rules.config.ipv6 {
        return answer(Verdict::Bypass, Reason::Ipv6NotCaptured);
    }
    let decided = match packet.direction {
        Direction::Outbound => walk::outbound(rules, packet),
        Direction::Inbound => walk::inbound(rules, packet),
    };
    let reason = match decided.rule {
        Some(rule) => Reason::Rule(rule.origin),
        None if packet.protocol != Protocol::Tcp => Reason::NotTcp,
        None if packet.direction == Direction::Outbound => Reason::NotIncluded,
        None if rules.config.captures_inbound() => Reason::InboundNotIncluded,
        None => Reason::InboundCaptureOff,
    };
    Trace {
        rule: decided.rule,
        shadowed: decided.shadowed,
        table: Some(decided.table),
        ..answer(decided.verdict, reason)
    }
}
