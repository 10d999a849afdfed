//! What *Update Settings* would do, before it is pressed: in words, whom it reaches, as YAML, and by other means.

use api::{
    lint::LintView,
    preview::{DryRun, Impact, MatchedWorkload, Preview},
};
use leptos::{ev, html, wasm_bindgen::JsCast};
use web_sys::{HtmlDetailsElement, HtmlElement};

use super::form::{Foreseen, Form};
use crate::{
    components::{
        origin::origin_words,
        remarks::Remarks,
        snippet::{Diff, Snippets},
        workload::workload_name,
    },
    prelude::*,
    ui::{
        badge::{Badge, Tone},
        prose::Prose,
    },
};

/// The id of the panel.
const REVIEW: &str = "review";

/// Opens the panel and takes the reader there.
pub(super) fn show() {
    let panel = document().get_element_by_id(REVIEW);
    if let Some(panel) = panel.and_then(|panel| panel.dyn_into::<HtmlDetailsElement>().ok()) {
        panel.set_open(true);
        panel.scroll_into_view();
        if let Ok(Some(summary)) = panel.query_selector("summary") {
            let _ = summary.dyn_into::<HtmlElement>().map(|summary| summary.focus());
        }
    }
}

/// The panel, while there is something to save.
#[component]
pub(super) fn Review(form: Form) -> impl IntoView {
    let panel = NodeRef::<html::Details>::new();
    let look = move |_: ev::Event| {
        let is_open = panel.get_untracked().is_some_and(|panel| panel.open());
        form.reviewing().set(is_open);
    };
    // A panel that goes while it is open does not tell, and the cluster would go on being asked.
    Effect::new(move |_| {
        if !form.dirty.get() {
            form.reviewing().set(false);
        }
    });
    let told = Memo::new(move |_| {
        let preview = form.preview.get()?;
        (form.dirty.get() && !preview.changes.is_empty()).then_some(preview)
    });
    let wrong = Memo::new(move |_| form.draft.with(|draft| !draft.wrong().is_empty()));
    let is_current = Memo::new(move |_| form.foreseen().with(|foreseen| *foreseen == Foreseen::Told));
    let is_unnamed = Memo::new(move |_| {
        let name = form.name();
        name.is_some_and(|name| name.with(|name| name.trim().is_empty()))
    });
    let short = move || match form.foreseen().get() {
        _ if wrong.get() => String::new(),
        // Here and not below: nothing moves while one types.
        Foreseen::Working => "working it out…".to_owned(),
        Foreseen::Failed(_) => "it cannot be told".to_owned(),
        Foreseen::Told => told.with(|told| {
            told.as_ref()
                .map(|told| in_short(&told.impact))
                .unwrap_or_default()
        }),
    };
    let standing = move || {
        let words = match form.foreseen().get() {
            _ if wrong.get() => "Shown once the fields have no mistakes.".to_owned(),
            Foreseen::Failed(why) => ["It cannot be told what this would do: ", &why].concat(),
            Foreseen::Working | Foreseen::Told => return None,
        };
        Some(view! { <p class="field-note">{words}</p> })
    };
    view! {
        {move || form.dirty.get().then(|| view! {
            <details class="review" id=REVIEW node_ref=panel on:toggle=look>
                <summary>
                    <h3>"Preview of the update"</h3>
                    " "
                    <span class="more" aria-live="polite">{move || short()}</span>
                </summary>
                {move || standing()}
                <div aria-busy=move || (!is_current.get()).then_some("true")>
                    {move || told.get().map(|preview| reviewed(preview, is_unnamed.get()))}
                </div>
            </details>
        })}
    }
}

/// The reach of a change in a line.
fn in_short(impact: &Impact) -> String {
    let workloads = match impact.workloads_changed {
        0 => "no workload changes".to_owned(),
        1 => "1 workload changes".to_owned(),
        n => format!("{n} workloads change"),
    };
    match impact.newly_stale {
        0 => workloads,
        1 => format!("{workloads}, 1 more pod needs a restart"),
        n => format!("{workloads}, {n} more pods need a restart"),
    }
}

fn reviewed(preview: Preview, is_unnamed: bool) -> AnyView {
    let Preview {
        workloads,
        workloads_total,
        impact,
        changes,
        diff,
        snippets,
        dry_run,
        new_lints,
        resolved_lints,
        ..
    } = preview;
    let changes = changes
        .into_iter()
        .map(|change| {
            view! {
                <li>
                    <code>{change.field}</code> ": "
                    <del>{change.before}</del>
                    <span class="visually-hidden">" becomes "</span>
                    <span aria-hidden="true">" → "</span>
                    <ins>{change.after}</ins>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="changes">{changes}</ul>
        {cluster(dry_run, is_unnamed)}
        {reach(impact)}
        {affected(workloads, workloads_total)}
        {remarks("New remarks", new_lints)}
        {remarks("Remarks that go", resolved_lints)}
        <details class="disclosure">
            <summary>"As YAML"</summary>
            <Diff text=diff/>
        </details>
        <details class="disclosure">
            <summary>"The same by other means"</summary>
            <Snippets snippets/>
        </details>
    }
    .into_any()
}

/// What the cluster says to it.
fn cluster(answer: Option<DryRun>, is_unnamed: bool) -> AnyView {
    match answer {
        None if is_unnamed => {
            view! { <p class="field-note">"The cluster is asked whether it would take this once the setting has a name."</p> }
        }
        None => {
            view! { <p class="field-note">"Asking the cluster whether it would take this…"</p> }.into_any()
        }
        Some(DryRun { problem: None, .. }) => view! {
            <p><Badge tone=Tone::Good>"Dry run passed"</Badge> " The cluster would take this."</p>
        }
        .into_any(),
        Some(DryRun {
            problem: Some(problem),
            ..
        }) => view! {
            <p><Badge tone=Tone::Bad>"Dry run refused"</Badge> " " <Prose text=problem.detail/></p>
            {problem.way_out.map(|way| view! { <p class="way-out"><Prose text=way/></p> })}
        }
        .into_any(),
    }
}

/// Whom it reaches, in numbers.
fn reach(impact: Impact) -> AnyView {
    let row = |words: &'static str, workloads: String, pods: usize| {
        view! {
            <tr><th scope="row">{words}</th><td class="number">{workloads}</td><td class="number">{pods}</td></tr>
        }
    };
    view! {
        <table class="reach">
            <caption class="visually-hidden">"Whom the update reaches"</caption>
            <thead>
                <tr><td></td><th scope="col" class="number">"Workloads"</th><th scope="col" class="number">"Pods"</th></tr>
            </thead>
            <tbody>
                {row("Get something else", impact.workloads_changed.to_string(), impact.pods_changed)}
                {row("Keep what a nearer level says", impact.workloads_shielded.to_string(), impact.pods_shielded)}
                {row("Need a restart now", String::new(), impact.stale_before)}
                {row("Need a restart then", String::new(), impact.stale_after)}
            </tbody>
        </table>
    }
    .into_any()
}

fn affected(workloads: Vec<MatchedWorkload>, total: usize) -> AnyView {
    let touched = |workload: &MatchedWorkload| !workload.changes.is_empty() || !workload.shielded.is_empty();
    let (told, rest) = (
        workloads.len(),
        workloads.iter().filter(|workload| !touched(workload)).count(),
    );
    let rows = workloads
        .into_iter()
        .filter(touched)
        .map(|workload| view! { <li>{one(workload)}</li> })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return ().into_any();
    }
    // Those that the update touches come first: where one is listed that it does not, there are no more of the others.
    let more = if rest > 0 { 0 } else { total.saturating_sub(told) };
    view! {
        <details class="disclosure">
            <summary>"Workload by workload"</summary>
            <ul class="changes">{rows}</ul>
            {(more > 0).then(|| view! { <p class="field-note">"and of " {more} " more, some or all"</p> })}
        </details>
    }
    .into_any()
}

fn one(workload: MatchedWorkload) -> AnyView {
    let MatchedWorkload {
        kind,
        namespace,
        name,
        changes,
        shielded,
        stale,
        ..
    } = workload;
    let shielded = shielded
        .into_iter()
        .map(|shield| {
            view! { ", keeps " <code>{shield.field}</code> " of the level " <Prose text=origin_words(&shield.origin)/> }
        })
        .collect_view();
    let restarts = match stale {
        0 => String::new(),
        1 => ", 1 pod to restart".to_owned(),
        n => format!(", {n} pods to restart"),
    };
    let changes = if changes.is_empty() {
        "no change".to_owned()
    } else {
        changes.join(", ")
    };
    view! {
        {workload_name(&kind, &namespace, &name)} <span class="more">" in " {namespace}</span>
        ": " <code>{changes}</code> {shielded} {restarts}
    }
    .into_any()
}

fn remarks(title: &'static str, lints: Vec<LintView>) -> AnyView {
    if lints.is_empty() {
        return ().into_any();
    }
    view! {
        <h4>{title}</h4>
        <Remarks lints/>
    }
    .into_any()
}
