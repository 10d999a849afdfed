//! A request that was refused or got no answer: what that means to the reader, why, and the way out.

use std::time::Duration;

use crate::prelude::*;
use api::Problem;

use crate::ui::{
    badge::Tone,
    button::Button,
    prose::{Prose, capitalised},
};

/// How often what may pass by itself is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// The reader may not see it.
    Forbidden,
    /// It is not there.
    Missing,
    /// The page's address asks for what cannot be.
    Asked,
    /// It is not known yet.
    Early,
    /// The cluster does not answer.
    Cluster,
    /// The console does not answer.
    Console,
    /// Anything else.
    Other,
}

impl Trouble {
    fn of(problem: &Problem) -> Self {
        match problem.status {
            401 | 403 => Self::Forbidden,
            404 => Self::Missing,
            400 | 422 => Self::Asked,
            _ if problem.is("not-ready") => Self::Early,
            _ if problem.is("cluster-unreachable") => Self::Cluster,
            _ if problem.is("console-unreachable") => Self::Console,
            _ => Self::Other,
        }
    }

    /// Whether it may pass without anybody doing anything here.
    fn passes(self) -> bool {
        matches!(self, Self::Early | Self::Cluster | Self::Console)
    }

    fn tone(self) -> Tone {
        match self {
            Self::Forbidden => Tone::Warning,
            Self::Missing | Self::Early => Tone::Info,
            Self::Asked | Self::Cluster | Self::Console | Self::Other => Tone::Bad,
        }
    }

    /// A drawing of 24 by 24, in lines.
    fn icon(self) -> &'static str {
        match self {
            // A lock.
            Self::Forbidden => "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9.5h-13zM12 15v2.5",
            // A glass that finds nothing.
            Self::Missing | Self::Asked => {
                "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 21 21M8 10.5h5"
            }
            // A clock.
            Self::Early => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
            // A plug that is out.
            Self::Cluster | Self::Console => {
                "M9 3v4M15 3v4M6.5 7h11v4a5.5 5.5 0 0 1-11 0zM12 16.5V19M12 21.5v.01"
            }
            // A sign.
            Self::Other => "M12 3.5 22 20.5H2zM12 10v5M12 17.5v.01",
        }
    }
}

/// Shows a problem where its data would have been.
#[component]
pub(crate) fn Failure(what: &'static str, problem: Problem, on_retry: Callback<()>) -> impl IntoView {
    let trouble = Trouble::of(&problem);
    if trouble.passes() {
        again(on_retry);
    }
    let title = match trouble {
        Trouble::Forbidden if problem.status == 403 => format!("You may not see {what}"),
        Trouble::Console => "The console does not answer".to_owned(),
        _ => problem.title,
    };
    let could_not = (trouble != Trouble::Forbidden && trouble != Trouble::Missing)
        .then(|| view! { <p>{capitalised(format!("{what} could not be read."))}</p> });
    view! {
        <section class="failure" data-tone=trouble.tone().name()>
            <svg class="failure-icon" viewBox="0 0 24 24" width="32" height="32" aria-hidden="true">
                <path d=trouble.icon()/>
            </svg>
            <div class="failure-words" role="alert">
                <h2>{title}</h2>
                {could_not}
                // What the browser calls a lost connection helps nobody.
                {(trouble != Trouble::Console).then(|| view! {
                    <p class="failure-why"><Prose text=problem.detail/></p>
                })}
                {problem.way_out.map(|way| view! { <p class="way-out"><Prose text=way/></p> })}
            </div>
            <div class="failure-actions">
                // The same address gets the same answer.
                {(trouble != Trouble::Asked).then(|| view! { <Button on_press=on_retry>"Try again"</Button> })}
                {trouble.passes().then(|| view! { <span class="more">"It is tried again by itself, too."</span> })}
                {trouble.passes().then(|| view! { <noscript><p>"Reload the page to try again."</p></noscript> })}
            </div>
            {problem.request_id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
        </section>
    }
}

/// Tries again every few seconds, for as long as the problem is shown.
fn again(on_retry: Callback<()>) {
    Effect::new(move |_| {
        if let Ok(interval) = set_interval_with_handle(move || on_retry.run(()), AGAIN) {
            on_cleanup(move || interval.clear());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again_by_itself() {
        let of = |status, kind| Trouble::of(&Problem::new(status, kind, "", ""));
        for (status, kind) in [
            (503, "not-ready"),
            (503, "cluster-unreachable"),
            (503, "console-unreachable"),
        ] {
            assert!(of(status, kind).passes(), "{kind}");
        }
        for (status, kind) in [
            (403, "forbidden"),
            (404, "not-found"),
            (400, "unreadable"),
            (503, "not-installed"),
            (502, "cluster-error"),
        ] {
            assert!(!of(status, kind).passes(), "{kind}");
        }
    }
}
