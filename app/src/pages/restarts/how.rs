//! How a plan is carried out: in words, and, before it is started, another way.

use api::restart::{PlanRestart, RestartOptions, RestartRun, RestartWindow};
use domain::restart::{Order, RunState};

use crate::{prelude::*, ui::prose::Prose};

mod otherwise;

use self::otherwise::Otherwise;

/// What of a run does not change until it is started.
#[derive(Clone, PartialEq)]
pub(super) struct Asked {
    id: String,
    plan: PlanRestart,
    is_started: bool,
}

impl Asked {
    /// Of a run.
    pub(super) fn of(run: &RestartRun) -> Self {
        let row = &run.row;
        Self {
            id: row.id.clone(),
            plan: PlanRestart {
                scope: row.scope.clone(),
                options: run.options.clone(),
                reason: row.reason.clone(),
            },
            is_started: row.state != RunState::Planned,
        }
    }
}

/// The section of a plan's page.
pub(super) fn how(asked: Asked) -> AnyView {
    let Asked { id, plan, is_started } = asked;
    let lines = sentences(&plan.options).into_iter();
    let lines = lines.map(|text| view! { <li><Prose text/></li> }).collect_view();
    view! {
        <section class="panel" aria-labelledby="how">
            <h2 id="how">"How"</h2>
            <ul class="restart-how">{lines}</ul>
            {(!is_started).then(|| view! {
                <details class="disclosure">
                    <summary>"Plan it otherwise"</summary>
                    <Otherwise id plan/>
                </details>
            })}
        </section>
    }
}

/// The options in words.
fn sentences(options: &RestartOptions) -> Vec<String> {
    let mut lines = vec![
        format!(
            "at most {} at a time, and {} a second",
            counted(options.max_in_flight, "workload"),
            counted(options.pods_per_second as usize, "pod")
        ),
        waves(options),
        format!(
            "a workload fails when its new pods are not ready after {} s",
            options.deadline_seconds
        ),
    ];
    lines.push(if options.stop_on_failure {
        "nothing more begins once a workload has failed".to_owned()
    } else {
        "the others go on when a workload fails".to_owned()
    });
    if let Some(most) = options.max_unavailable {
        lines.push(format!(
            "nothing more begins once more than {} are missing",
            counted(most as usize, "pod")
        ));
    }
    if options.allow_interruption {
        lines.push("workloads of which all pods are gone for a moment are restarted too".to_owned());
    }
    if let Some(RestartWindow { from, to }) = &options.window {
        lines.push(format!("workloads begin between `{from}` and `{to}`"));
    }
    lines
}

fn waves(options: &RestartOptions) -> String {
    let by = match &options.order {
        Order::Namespace => "a wave is a namespace".to_owned(),
        Order::Label { key } => format!("a wave is what has the same label `{key}`"),
        Order::Together => "all are one wave".to_owned(),
    };
    let size = options
        .wave_size
        .map(|size| format!(", of at most {}", counted(size, "workload")));
    let pause = match options.pause_seconds {
        0 => String::new(),
        seconds => format!(", with {seconds} s between two"),
    };
    [by, size.unwrap_or_default(), pause].concat()
}

fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_told_in_four_lines() {
        let lines = sentences(&RestartOptions::default());
        assert_eq!(
            lines,
            [
                "at most 2 workloads at a time, and 5 pods a second",
                "a wave is a namespace",
                "a workload fails when its new pods are not ready after 600 s",
                "nothing more begins once a workload has failed",
            ]
        );
    }

    #[test]
    fn each_option_is_told() {
        let lines = sentences(&RestartOptions {
            max_in_flight: 1,
            pause_seconds: 30,
            order: Order::Label {
                key: "tier".to_owned(),
            },
            wave_size: Some(4),
            stop_on_failure: false,
            max_unavailable: Some(1),
            allow_interruption: true,
            window: Some(RestartWindow {
                from: "2026-01-31T22:00:00Z".to_owned(),
                to: "2026-01-31T23:00:00Z".to_owned(),
            }),
            ..RestartOptions::default()
        });
        let lines = lines.join("\n");
        for told in [
            "at most 1 workload at a time",
            "a wave is what has the same label `tier`, of at most 4 workloads, with 30 s between two",
            "the others go on",
            "more than 1 pod are missing",
            "gone for a moment",
            "between `2026-01-31T22:00:00Z` and `2026-01-31T23:00:00Z`",
        ] {
            assert!(lines.contains(told), "{told:?} is not in {lines}");
        }
    }
}
