//! Whether a request that was really sent went through Envoy: decided from facts, never from hope.
//!
//! Facts are the answer ([`Answer`]) and what Envoy counted before and after it ([`Movement`]). A response header alone proves
//! nothing: `server: envoy` may be another Envoy's on the way, and Envoy forwards what it does not understand without any
//! (spec/istio.md §4.3). A counter alone may have been moved by other traffic of the pod, unless it is the destination's own:
//! one of refusals counts only where Envoy took a single connection meanwhile, and refused a single one.
//! Where the facts do not suffice, or contradict each other, the verdict is [`Verdict::NotProven`].

mod answer;
pub mod confine;
mod counters;
mod target;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::{
    answer::{Answer, Failure},
    counters::{Counters, Destination, Moved, Movement},
    target::{Method, Scheme, Target, TargetError},
};
use crate::trace;

/// What the facts prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Envoy forwarded the request, or answered it by itself.
    ThroughEnvoy,
    /// The request was answered, and Envoy had no part in it.
    WentRound,
    /// Envoy refused it, as it does with what nothing declares under `REGISTRY_ONLY`.
    Blocked,
    /// The facts do not suffice.
    NotProven,
}

impl Verdict {
    /// Returns the word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ThroughEnvoy => "through-envoy",
            Self::WentRound => "went-round",
            Self::Blocked => "blocked",
            Self::NotProven => "not-proven",
        }
    }

    /// Returns it in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ThroughEnvoy => "through Envoy",
            Self::WentRound => "went round Envoy",
            Self::Blocked => "blocked by Envoy",
            Self::NotProven => "not proven",
        }
    }

    /// Returns whether it is what the pod's rules say of the packet; nothing where it proves neither.
    #[must_use]
    pub fn agrees_with(self, predicted: trace::Verdict) -> Option<bool> {
        match self {
            Self::WentRound => Some(predicted == trace::Verdict::Bypass),
            Self::ThroughEnvoy | Self::Blocked => Some(predicted == trace::Verdict::OutboundProxy),
            Self::NotProven => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.words())
    }
}

/// The fact that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A counter of the destination itself went up.
    DestinationCounted,
    /// Envoy counted a response of its own, and the answer says that it is Envoy's.
    OwnResponseCounted,
    /// Envoy counted a refusal.
    RefusalCounted,
    /// The same request was answered before, and is refused since this pod's Envoy refuses what nothing declares.
    RefusedSince,
    /// Envoy took no connection at all, and there was an answer.
    NoConnectionTaken,
    /// Nothing that Envoy forwards to was counted, and there was an answer that is not Envoy's.
    NothingForwarded,
    /// The header and the counters contradict each other.
    Contradiction,
    /// Counters of other destinations moved, or those that all share: the request's or other traffic's.
    OtherTraffic,
    /// The answer says that it is Envoy's, and no counter tells of which one's.
    UncountedAnswer,
    /// The answer is an error that could be Envoy's, and no counter tells.
    ErrorAnswer,
    /// A redirect was followed: the counters are of more than one request.
    Redirected,
    /// There was no answer.
    NoAnswer,
    /// Envoy's counters could not be read.
    NoCounters,
    /// They were read so late that some may have been dropped.
    ReadLate,
}

impl Reason {
    /// Returns it as a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::DestinationCounted => "Envoy's own counter for this destination went up",
            Self::OwnResponseCounted => {
                "Envoy counted a response of its own, and the answer says that it is Envoy's"
            }
            Self::RefusalCounted => "Envoy counted a refusal, and the answer is one",
            Self::RefusedSince => {
                "the same request was answered before, and is refused since this pod's Envoy refuses what nothing declares"
            }
            Self::NoConnectionTaken => {
                "the destination answered, and Envoy took no outbound connection meanwhile"
            }
            Self::NothingForwarded => {
                "the destination answered, the answer does not say that it is Envoy's, and Envoy forwarded nothing meanwhile"
            }
            Self::Contradiction => {
                "the answer and Envoy's counters contradict each other: another Envoy on the way may have answered"
            }
            Self::OtherTraffic => {
                "only counters that other traffic of the pod moves too went up. Ask again when it is quieter"
            }
            Self::UncountedAnswer => {
                "the answer says that it is Envoy's, but no counter tells whether it is this pod's. The annotation \
                 `sidecar.istio.io/statsInclusionPrefixes: listener,http.outbound,tcp,cluster.BlackHoleCluster` on the pod template \
                 lets its Envoy count that"
            }
            Self::ErrorAnswer => {
                "the answer is no success, and could be Envoy's own without saying so: ask for a path that is answered with 200"
            }
            Self::Redirected => {
                "the request was redirected and the tool followed: the counters are of more than one request. Ask for the URL that \
                 it leads to"
            }
            Self::NoAnswer => "nothing answered: that is no proof of either way",
            Self::NoCounters => "Envoy's counters could not be read, and the answer alone proves nothing",
            Self::ReadLate => {
                "Envoy's counters were read too long after the answer: it may have dropped those that would tell. Ask again"
            }
        }
    }
}

/// A verdict and the fact that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is proven.
    pub verdict: Verdict,
    /// By what.
    pub reason: Reason,
}

/// Decides. `movement`: nothing where the counters could not be read; `late`: they were read so long after the answer that
/// Envoy may have dropped those of an address that is not in use any more.
#[must_use]
pub fn decide(answer: &Answer, movement: Option<&Movement>, late: bool) -> Decision {
    let (verdict, reason) = judged(answer, movement, late);
    Decision { verdict, reason }
}

/// Decides about a request under `REGISTRY_ONLY`, which this pod's Envoy was seen to have, beside the same request before:
/// only what goes through this Envoy can be refused since.
#[must_use]
pub fn decide_confined(
    before: &Answer,
    answer: &Answer,
    movement: Option<&Movement>,
    late: bool,
) -> Decision {
    let decision = decide(answer, movement, late);
    let was_answered = matches!(before, Answer::Answered { status, .. } if *status != 502);
    let is_refused = match (answer, decision.reason) {
        (Answer::Answered { status: 502, headers }, Reason::UncountedAnswer | Reason::OtherTraffic) => {
            answer::is_envoys(headers)
        }
        // Envoy that took no connection has not closed one.
        (Answer::Failed(Failure::Closed), Reason::NoAnswer | Reason::OtherTraffic) => {
            movement.is_some_and(|moved| !took_none(moved))
        }
        _ => false,
    };
    if was_answered && is_refused {
        return Decision {
            verdict: Verdict::Blocked,
            reason: Reason::RefusedSince,
        };
    }
    decision
}

/// Whether Envoy counts connections of its listeners, and counted none.
fn took_none(moved: &Movement) -> bool {
    moved.accepted.as_ref().is_some_and(|accepted| !accepted.is_up())
}

/// Whether Envoy took one connection, and made one of the responses, or refusals, that these count: all of them count every
/// destination, and with more than one the others may be somebody else's.
fn is_the_only_one(moved: &Movement, counted: &[&[Moved]]) -> bool {
    let most = counted.iter().copied().flatten().map(Moved::rise).max();
    most == Some(1) && moved.accepted.as_ref().is_some_and(|taken| taken.rise() == 1)
}

fn judged(answer: &Answer, movement: Option<&Movement>, late: bool) -> (Verdict, Reason) {
    use Reason as R;
    use Verdict::{Blocked, NotProven, ThroughEnvoy, WentRound};

    let Some(moved) = movement else {
        return (NotProven, R::NoCounters);
    };
    let took_none = took_none(moved);
    let to_destination = !moved.destination.is_empty();
    if to_destination && took_none {
        return (NotProven, R::Contradiction);
    }
    let (status, headers) = match answer {
        Answer::Failed(failure) => {
            return match failure {
                _ if to_destination => (ThroughEnvoy, R::DestinationCounted),
                Failure::Closed if is_the_only_one(moved, &[&moved.refused]) => (Blocked, R::RefusalCounted),
                Failure::Closed if !took_none && !moved.refused.is_empty() => (NotProven, R::OtherTraffic),
                _ => (NotProven, R::NoAnswer),
            };
        }
        Answer::Redirected { .. } => return (NotProven, R::Redirected),
        Answer::Answered { status, headers } => (*status, headers),
    };
    let by_envoy = answer::is_envoys(headers);
    if to_destination {
        return (ThroughEnvoy, R::DestinationCounted);
    }
    if by_envoy {
        // A success is somebody else's answer: the response that was counted was to another request.
        let is_own = !(200..300).contains(&status) && is_the_only_one(moved, &[&moved.own]);
        let is_refusal = status == 502 && is_the_only_one(moved, &[&moved.refused, &moved.own]);
        let is_counted = !moved.own.is_empty() || !moved.refused.is_empty();
        return match moved.accepted {
            _ if took_none => (NotProven, R::Contradiction),
            _ if is_refusal => (Blocked, R::RefusalCounted),
            _ if is_own => (ThroughEnvoy, R::OwnResponseCounted),
            _ if !moved.elsewhere.is_empty() => (NotProven, R::OtherTraffic),
            Some(_) if is_counted => (NotProven, R::OtherTraffic),
            _ => (NotProven, R::UncountedAnswer),
        };
    }
    match status {
        _ if took_none => (WentRound, R::NoConnectionTaken),
        _ if !moved.elsewhere.is_empty() || !moved.own.is_empty() => (NotProven, R::OtherTraffic),
        _ if late => (NotProven, R::ReadLate),
        // What Envoy forwards it counts; what it answers by itself without its name on it is an error or a redirect.
        200..300 => (WentRound, R::NothingForwarded),
        _ => (NotProven, R::ErrorAnswer),
    }
}
