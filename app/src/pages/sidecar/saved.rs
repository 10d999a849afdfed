//! What the last write came to: what it did, or why not.

use crate::prelude::*;
use api::{
    Problem,
    pod::{PodQuery, PodStateName},
    restart::Scope,
    setting::SettingView,
};
use domain::Level;

use super::{
    draft::{Change, words},
    form::{Form, Saved},
};
use crate::{
    components::restart::{Restart, restart},
    routes,
    ui::{badge::Tone, button::Button, notice::Notice, prose::Prose},
};

/// The id of the outcome's place.
pub(super) const OUTCOME: &str = "outcome";

/// The outcome of the last write, where there is one to tell.
#[component]
pub(super) fn Outcome(form: Form) -> impl IntoView {
    view! {
        // Always there: a screen reader hears what comes into it.
        <div class="outcome" id=OUTCOME aria-live="polite">
            {move || form.saved.get().map(|saved| view! { <Succeeded form saved/> })}
            {move || form.problem.get().map(|problem| view! { <Refused problem/> })}
        </div>
    }
}

#[component]
fn Succeeded(form: Form, saved: Saved) -> impl IntoView {
    let Saved {
        changes,
        reset,
        change,
        notices,
    } = saved;
    let title = if reset {
        "Reset to inherited"
    } else {
        "Settings updated"
    };
    view! {
        <Notice tone=Tone::Good title>
            <Changes changes/>
            <Pods form/>
            {notices.into_iter().map(|notice| view! { <p><Prose text=notice/></p> }).collect_view()}
            {change.clone().map(|id| view! { <RestartAffected form change=id/> })}
            {change.map(|id| view! { <p><a href=routes::change(&id)>"Show this change in the history"</a></p> })}
        </Notice>
    }
}

/// The way to a plan that restarts what the change reaches, while anything there is stale.
#[component]
fn RestartAffected(form: Form, change: String) -> impl IntoView {
    let plan = restart();
    let stale = Memo::new(move |_| form.view.with(|view| view.pods.stale > 0));
    view! {
        {move || stale.get().then(|| {
            let change = change.clone();
            view! {
                <p>
                    <Button busy=plan.busy() on_press=move || plan.plan(Scope::Change { change: change.clone() })>
                        "Restart affected workloads"
                    </Button>
                    " The plan is shown first; nothing is restarted before you start it."
                </p>
            }
        })}
        <Restart plan/>
    }
}

/// Part by part, what was and what is.
#[component]
pub(super) fn Changes(changes: Vec<Change>) -> impl IntoView {
    let lines = changes
        .into_iter()
        .map(|change| {
            view! {
                <li>
                    <code>{change.part.name()}</code> ": "
                    <del>{words(change.from.as_ref())}</del>
                    <span class="visually-hidden">" becomes "</span>
                    <span aria-hidden="true">" → "</span>
                    <ins>{words(change.to.as_ref())}</ins>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="changes">{lines}</ul> }
}

/// How many pods still run the old setting, and the way to them. It follows the pods.
#[component]
pub(super) fn Pods(form: Form) -> impl IntoView {
    let counts = Memo::new(move |_| form.view.with(|view| view.pods));
    let pods = |state| form.view.with_untracked(|view| pods_in(view, state));
    let (old, unjudged) = (pods(PodStateName::Stale), pods(PodStateName::Unknown));
    move || {
        let counts = counts.get();
        let (stale, unknown, all) = (counts.stale, counts.unknown, counts.injected);
        let of_stale = match (stale, all) {
            (_, 0) => {
                view! { <p>"No pod with a sidecar runs here yet: the next one gets this."</p> }.into_any()
            }
            // What is not known is not taken for what is in force.
            (0, _) if unknown > 0 => ().into_any(),
            (0, 1) => view! { <p>"The one pod with a sidecar runs what is in force."</p> }.into_any(),
            (0, all) => view! { <p>"All " {all} " pods with a sidecar run what is in force."</p> }.into_any(),
            (stale, all) => {
                let old = old.clone();
                let run = match (stale, all) {
                    (1, 1) => "The one pod with a sidecar still runs the old setting".to_owned(),
                    (1, all) => format!("1 of {all} pods still runs the old setting"),
                    (stale, all) => format!("{stale} of {all} pods still run the old setting"),
                };
                view! {
                    <p>
                        <strong>{run}</strong>
                        ": a running pod keeps what it was made with. "
                        <a href=old>{if stale == 1 { "Show the stale pod" } else { "Show the stale pods" }}</a>
                    </p>
                }
                .into_any()
            }
        };
        let of_unknown = (unknown > 0).then(|| {
            let which = match (unknown, all) {
                (1, 1) => "What the one pod with a sidecar runs cannot be judged".to_owned(),
                (unknown, all) => format!("{unknown} of {all} pods cannot be judged"),
            };
            let way = if unknown == 1 {
                "Show the unknown pod"
            } else {
                "Show the unknown pods"
            };
            view! { <p><strong>{which}</strong> ". " <a href=unjudged.clone()>{way}</a></p> }
        });
        view! { {of_stale} {of_unknown} }
    }
}

/// The list of the level's pods in a state.
fn pods_in(view: &SettingView, state: PodStateName) -> String {
    let namespace = match Level::from(view.level.clone()) {
        Level::Global => None,
        Level::Namespace(namespace) | Level::Workload { namespace, .. } => Some(namespace),
    };
    routes::pods(&PodQuery {
        namespace,
        state: Some(state),
        ..PodQuery::default()
    })
}

#[component]
fn Refused(problem: Problem) -> impl IntoView {
    let Problem {
        title,
        detail,
        way_out,
        errors,
        request_id,
        ..
    } = problem;
    let errors = errors
        .into_iter()
        .map(|error| view! { <li><code>{error.path}</code> ": " <Prose text=error.message/></li> })
        .collect_view();
    view! {
        <Notice tone=Tone::Bad title>
            <p><Prose text=detail/></p>
            <ul class="changes">{errors}</ul>
            {way_out.map(|way| view! { <p class="way-out"><Prose text=way/></p> })}
            <p>"Nothing was changed in the form: what you entered is still here."</p>
            {request_id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
        </Notice>
    }
}
