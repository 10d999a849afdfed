//! The facts of a verification, as they are told.

use api::verification::Fact;
use domain::verify::{Answer, Moved, Movement, Reason};

use super::Proof;
use crate::verify::tool::Seen;

/// How many counters of a kind are told.
const TOLD: usize = 5;

impl Proof<'_> {
    pub(super) fn note(&mut self, about: &str, what: impl Into<String>) {
        self.facts.push(Fact {
            about: about.to_owned(),
            what: what.into(),
            decided: false,
        });
    }

    pub(super) fn tell_answer(&mut self, seen: &Seen) {
        match &seen.answer {
            Answer::Answered { status, .. } => {
                self.note("answer", format!("status {status}"));
                for name in [
                    "server",
                    "x-envoy-upstream-service-time",
                    "x-envoy-decorator-operation",
                ] {
                    if let Some(value) = seen.answer.header(name) {
                        self.note("header", format!("{name}: {}", cut(value)));
                    }
                }
            }
            Answer::Redirected { status } => {
                self.note("answer", format!("status {status}, and the tool followed it"));
            }
            Answer::Failed(failure) => {
                let words = if seen.words.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", cut(&seen.words))
                };
                self.note("answer", format!("{}{words}", failure.sentence()));
            }
        }
        if let Some(remote) = seen.remote {
            let from = seen
                .local
                .as_ref()
                .map(|local| format!(", from {local}"))
                .unwrap_or_default();
            self.note("connection", format!("to {remote}{from}"));
        }
    }

    pub(super) fn tell_movement(&mut self, movement: &Movement, reason: Reason) {
        let lists = [
            (
                &movement.destination,
                reason == Reason::DestinationCounted || reason == Reason::Contradiction,
            ),
            (
                &movement.refused,
                matches!(reason, Reason::RefusalCounted | Reason::OtherTraffic),
            ),
            (
                &movement.own,
                matches!(
                    reason,
                    Reason::OwnResponseCounted | Reason::RefusalCounted | Reason::OtherTraffic
                ),
            ),
            (&movement.elsewhere, reason == Reason::OtherTraffic),
        ];
        let mut moved = 0;
        for (list, decided) in lists {
            moved += list.len();
            self.facts
                .extend(list.iter().take(TOLD).map(|moved| counter(moved, decided)));
            if list.len() > TOLD {
                self.note("counter", format!("and {} more", list.len() - TOLD));
            }
        }
        if moved == 0 {
            let decided = reason == Reason::NothingForwarded;
            self.facts.push(Fact {
                about: "counter".to_owned(),
                what: "of what Envoy forwards to, nothing was counted".to_owned(),
                decided,
            });
        }
        match &movement.accepted {
            Some(accepted) => {
                let decided = matches!(
                    reason,
                    Reason::NoConnectionTaken
                        | Reason::Contradiction
                        | Reason::OwnResponseCounted
                        | Reason::RefusalCounted
                );
                self.facts.push(counter(accepted, decided));
            }
            None => self.note(
                "note",
                "this pod's Envoy does not count the connections of its listeners",
            ),
        }
    }
}

fn counter(moved: &Moved, decided: bool) -> Fact {
    let Moved {
        counter,
        before,
        after,
    } = moved;
    Fact {
        about: "counter".to_owned(),
        what: format!("{counter}: {before} before, {after} after"),
        decided,
    }
}

/// What somebody else says, not too long.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
