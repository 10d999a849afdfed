//! Before and after, side by side.

use crate::{
    components::lines::{Hunk, shown},
    prelude::*,
};
use api::audit::Change;

use super::{
    diff::{Diff, Fate, Line, Part, Pod, Said},
    summary, words,
};
use crate::ui::{badge::Tone, notice::Notice, prose::Prose};

/// What a change changed.
pub(super) fn difference(change: &Change) -> AnyView {
    match Diff::of(change) {
        Diff::Setting(lines) => setting(change, lines),
        Diff::Text(hunks) => lines(&hunks),
        Diff::Pod(pod) => deleted(pod),
        Diff::Restart(restart) => view! {
            <p class="diff-note">
                "The pod template was given " <code>"kubectl.kubernetes.io/restartedAt: "{restart.at}</code> ": new pods replace the old ones, as the \
                 workload's strategy says."
            </p>
        }
        .into_any(),
        Diff::Unreadable => view! {
            <Notice tone=Tone::Quiet title="This version of the console cannot read the record part by part">
                <p>"It is shown as it was recorded."</p>
            </Notice>
        }
        .into_any(),
    }
}

fn setting(change: &Change, lines: Vec<Line>) -> AnyView {
    let (changed, same): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(Line::is_changed);
    let ends = match (&change.before, &change.after) {
        _ if change.target.kind == words::CONFIG_MAP => None,
        (None, _) => Some("Nothing was stored here before: every field was inherited."),
        (_, None) => Some("Nothing is stored here after it: every field is inherited."),
        _ => None,
    };
    let none = changed
        .is_empty()
        .then(|| view! { <p>"No field was set, before or after."</p> });
    let changed = changed.iter().map(before_and_after).collect_view();
    view! {
        {ends.map(|ends| view! { <p class="diff-note">{ends}</p> })}
        {none}
        <div class="diff">{changed}</div>
        {unchanged(&same)}
    }
    .into_any()
}

/// The changed lines of a text, as a unified diff.
fn lines(hunks: &[Hunk]) -> AnyView {
    if hunks.is_empty() {
        return view! { <p>"The text is the same before and after."</p> }.into_any();
    }
    shown(hunks)
}

fn before_and_after(line: &Line) -> AnyView {
    view! {
        <section class="diff-part">
            {title(&line.part)}
            <dl>
                <div><dt>"Before"</dt><dd>{side(line, &line.before, line.left())}</dd></div>
                <div><dt>"After"</dt><dd>{side(line, &line.after, line.right())}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

fn title(part: &Part) -> AnyView {
    let name = part.name().to_owned();
    match part {
        Part::Field(field) | Part::Install(field) => {
            view! { <h3>{field.label()}" "<code>{name}</code></h3> }.into_any()
        }
        Part::Other(_) | Part::Path(_) => view! { <h3><code>{name}</code></h3> }.into_any(),
        Part::Selector => view! { <h3>"Which pods it is for "<code>{name}</code></h3> }.into_any(),
        Part::Priority => view! { <h3>"Which of several wins "<code>{name}</code></h3> }.into_any(),
    }
}

/// One side: the state in words, or its items, each marked by what became of it.
fn side(line: &Line, said: &Said, items: Vec<(Fate, &str)>) -> AnyView {
    match said {
        Said::Nothing => view! { <span class="diff-word">{line.part.nothing()}</span> }.into_any(),
        Said::Odd(json) => view! { <code>{json.clone()}</code> }.into_any(),
        Said::Items(_) if items.is_empty() => {
            view! { <span class="diff-word">"explicitly empty"</span> }.into_any()
        }
        Said::Items(_) => {
            let items = items
                .into_iter()
                .map(|(fate, item)| view! { <li>{chip(fate, item.to_owned())}</li> });
            view! { <ul class="diff-items">{items.collect_view()}</ul> }.into_any()
        }
    }
}

fn chip(fate: Fate, item: String) -> AnyView {
    match fate {
        Fate::Kept => view! { <span class="diff-item">{item}</span> }.into_any(),
        Fate::Removed => view! {
            <del class="diff-item"><span aria-hidden="true">"− "</span><span class="visually-hidden">"removed "</span>{item}</del>
        }
        .into_any(),
        Fate::Added => view! {
            <ins class="diff-item"><span aria-hidden="true">"+ "</span><span class="visually-hidden">"added "</span>{item}</ins>
        }
        .into_any(),
    }
}

/// What stayed as it was, out of the way.
fn unchanged(lines: &[Line]) -> AnyView {
    let said = |line: &Line| summary::said(line, &line.after);
    let rows = lines
        .iter()
        .map(|line| view! { <div><dt><code>{line.part.name().to_owned()}</code></dt><dd>{said(line)}</dd></div> })
        .collect_view();
    let words = match lines.len() {
        0 => return ().into_any(),
        1 => "1 part is unchanged".to_owned(),
        n => format!("{n} parts are unchanged"),
    };
    view! {
        <details class="disclosure">
            <summary>{words}</summary>
            <dl class="diff-same">{rows}</dl>
        </details>
    }
    .into_any()
}

fn deleted(pod: Pod) -> AnyView {
    let state = pod
        .state
        .as_ref()
        .map_or_else(|| "not recorded in a known form".to_owned(), summary::state);
    view! {
        <p class="diff-note">"The pod as it was when its deletion was asked for:"</p>
        <dl class="history-facts">
            <div><dt>"Uid"</dt><dd><code>{pod.uid}</code></dd></div>
            <div><dt>"Node"</dt><dd>{pod.node.unwrap_or_else(|| "none yet".to_owned())}</dd></div>
            <div><dt>"What it ran"</dt><dd><Prose text=state/></dd></div>
        </dl>
    }
    .into_any()
}
