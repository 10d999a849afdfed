//! What came of *Check* and *Update*.

use api::{FieldProblem, Problem, manifest::ManifestView};

use super::{
    misplaced::misplaced,
    state::{Manifest, Outcome},
};
use crate::{
    prelude::*,
    routes,
    ui::{badge::Tone, button::Button, notice::Notice, prose::Prose},
};

/// The id of the place where it stands.
pub(super) const OUTCOME: &str = "manifest-outcome";

/// It, in its place.
pub(super) fn outcome(manifest: Manifest, came: Outcome) -> AnyView {
    let content = match came {
        Outcome::Checked(view) => checked(manifest, *view),
        Outcome::Updated(view) => updated(manifest, *view),
        Outcome::Refused(problem) => refused(manifest, *problem),
        Outcome::Said(words) => view! { <p class="more">{words} "."</p> },
    };
    let is_old = manifest.is_old();
    view! {
        <div
            id=OUTCOME
            class="manifest-outcome"
            data-old=move || is_old.get().then_some("true")
            tabindex="-1"
            role="group"
            aria-label="Result"
        >
            {move || is_old.get().then(|| view! { <p class="more">"This is of an earlier text: it was changed since."</p> })}
            {content}
        </div>
    }
}

fn checked(manifest: Manifest, view: ManifestView) -> AnyView {
    let update = view.update.clone();
    let changed = update.iter().map(|update| update.changed.len()).sum::<usize>();
    let rollout = update.map(|update| update.rollout);
    let title = match changed {
        0 => "Nothing differs from what the cluster has".to_owned(),
        1 => "The cluster would take it: one field differs".to_owned(),
        number => format!("The cluster would take it: {number} fields differ"),
    };
    view! {
        <Notice tone=Tone::Good title>
            {rollout.filter(|_| changed > 0).map(|rollout| view! { <p>{rollout}</p> })}
            <p class="more">"Nothing is stored yet."</p>
        </Notice>
        {misplaced(manifest, view.remarks)}
    }
}

fn updated(manifest: Manifest, view: ManifestView) -> AnyView {
    let Some(update) = view.update else {
        return view! { <p>"Updated."</p> };
    };
    if update.change.is_none() {
        return view! { <Notice tone=Tone::Info title="Nothing to update"><p>{update.rollout}</p></Notice> };
    }
    let back = routes::owner(&view.kind, &view.namespace, &view.name);
    let title = [&manifest.words(), " updated"].concat();
    view! {
        <Notice tone=Tone::Good title>
            <p>{update.rollout}</p>
            <p>
                {back.filter(|_| update.template_changed).map(|to| view! { <a href=to>"Watch its pods"</a> " · " })}
                {update.change.map(|id| view! { <a href=routes::change(&id)>"Show this change in the history"</a> })}
            </p>
        </Notice>
    }
}

fn refused(manifest: Manifest, problem: Problem) -> AnyView {
    let line = move |error: FieldProblem| {
        let place = error.at.map(|at| {
            let line = at.line;
            view! {
                <Button class="link" on_press=move || manifest.go_to(line)>{["Line ", &line.to_string()].concat()}</Button>
            }
        });
        // That the text as a whole is refused is no field.
        let path = Some(error.path).filter(|path| path != "yaml" && !path.is_empty());
        view! {
            <li>
                {place} " " {path.map(|path| view! { <code>{path}</code> ": " })}
                <Prose text=error.message/>
            </li>
        }
    };
    let has_errors = !problem.errors.is_empty();
    let errors = problem.errors.into_iter().map(line).collect_view();
    view! {
        <Notice tone=Tone::Bad title=problem.title>
            {if has_errors {
                view! { <ul class="manifest-errors">{errors}</ul> }
            } else {
                view! { <p><Prose text=problem.detail/></p> }
            }}
            {problem.way_out.filter(|_| !has_errors).map(|way| view! { <p class="way-out"><Prose text=way/></p> })}
        </Notice>
    }
}
