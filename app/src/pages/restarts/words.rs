//! Restarts in words.

use api::restart::{RestartCounts, Scope};
use domain::restart::{ItemState, RunState};

use crate::ui::badge::Tone;

/// Which workloads were asked for.
pub(super) fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Stale => "everything stale".to_owned(),
        Scope::Namespace { namespace } => format!("everything stale in `{namespace}`"),
        Scope::Change { .. } => "what a change of settings reaches".to_owned(),
        Scope::Workloads { workloads } => match workloads.as_slice() {
            [one] => format!("{} `{}/{}`", one.kind, one.namespace, one.name),
            many => format!("{} workloads by name", many.len()),
        },
    }
}

/// How a run stands.
pub(super) fn run(state: RunState) -> (Tone, &'static str) {
    match state {
        RunState::Planned => (Tone::Info, "Planned"),
        RunState::Running => (Tone::Info, "Running"),
        RunState::Paused => (Tone::Warning, "Paused"),
        RunState::Succeeded => (Tone::Good, "Succeeded"),
        RunState::Failed => (Tone::Bad, "Failed"),
        RunState::Cancelled => (Tone::Quiet, "Cancelled"),
    }
}

/// How a workload of a run stands.
pub(super) fn item(state: ItemState) -> (Tone, &'static str) {
    match state {
        ItemState::Waiting => (Tone::Quiet, "Waiting"),
        ItemState::Restarting => (Tone::Info, "Restarting"),
        ItemState::Done => (Tone::Good, "Done"),
        ItemState::Failed => (Tone::Bad, "Failed"),
        ItemState::Skipped => (Tone::Quiet, "Skipped"),
        ItemState::Left => (Tone::Warning, "Left"),
    }
}

/// How far it is.
pub(super) fn progress(counts: RestartCounts) -> String {
    let RestartCounts {
        total,
        restarting,
        done,
        failed,
        skipped,
        ..
    } = counts;
    let others = [
        (restarting, "restarting"),
        (failed, "failed"),
        (skipped, "skipped"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0);
    let mut words = vec![format!("{done} of {total} done")];
    words.extend(others.map(|(count, what)| format!("{count} {what}")));
    words.join(", ")
}

/// A span of time that is still to come.
pub(super) fn remaining(seconds: u64) -> String {
    match seconds {
        0..=90 => format!("about {seconds} s to go"),
        _ => format!("about {} min to go", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_names_only_what_there_is() {
        let counts = RestartCounts {
            total: 4,
            done: 1,
            failed: 1,
            restarting: 2,
            ..RestartCounts::default()
        };
        assert_eq!(progress(counts), "1 of 4 done, 2 restarting, 1 failed");
        assert_eq!(
            progress(RestartCounts {
                total: 2,
                done: 2,
                ..RestartCounts::default()
            }),
            "2 of 2 done"
        );
        assert_eq!(remaining(30), "about 30 s to go");
        assert_eq!(remaining(91), "about 2 min to go");
    }
}
