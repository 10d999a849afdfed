//! Somebody else was quicker: what it was, what they made of it, and what was typed here.

use std::collections::BTreeMap;

use leptos::html;

use super::state::{Manifest, UPDATE};
use crate::{
    components::lines::{
        hunks,
        merge::{Dispute, Part, merge, text},
        shown,
    },
    prelude::*,
    ui::{attention::focus_soon, badge::Tone, button::Button, notice::Notice},
};

/// Whose lines are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Mine,
    Theirs,
}

/// The word that somebody else was quicker, and both versions once they are asked for.
pub(super) fn overtaken(manifest: Manifest) -> AnyView {
    let Manifest {
        overtaken, choosing, ..
    } = manifest;
    view! {
        {move || (overtaken.get() && !choosing.get()).then(|| view! {
            <Notice tone=Tone::Warning title="It was changed meanwhile">
                <p>"Somebody else has changed it since you began. What you typed is still here; nothing was overwritten."</p>
                <p><Button on_press=move || choosing.set(true)>"Show both versions"</Button></p>
            </Notice>
        })}
        {move || (overtaken.get() && choosing.get()).then(|| choice(manifest))}
    }
}

fn choice(manifest: Manifest) -> AnyView {
    let Manifest {
        now,
        base,
        draft,
        choosing,
        ..
    } = manifest;
    let panel = NodeRef::<html::Section>::new();
    // It decides what happens next: the reader is taken there.
    Effect::new(move |_| {
        if let Some(panel) = panel.get() {
            let _ = panel.focus();
        }
    });
    // Follows when it changes once more; choices that were made stay.
    let parts = Memo::new(move |_| {
        base.with(|base| now.with(|now| draft.with(|draft| merge(&base.yaml, draft, &now.yaml))))
    });
    let theirs = Memo::new(move |_| base.with(|base| now.with(|now| hunks(&base.yaml, &now.yaml))));
    let mine = Memo::new(move |_| base.with(|base| draft.with(|draft| hunks(&base.yaml, draft))));
    let chosen = RwSignal::new(BTreeMap::<usize, Side>::new());
    let side = move |number: usize| {
        chosen
            .with(|chosen| chosen.get(&number).copied())
            .unwrap_or(Side::Mine)
    };
    let take = move || {
        let merged = parts.with_untracked(|parts| {
            text(parts, |number, dispute| match side(number) {
                Side::Mine => dispute.mine.clone(),
                Side::Theirs => dispute.theirs.clone(),
            })
        });
        manifest.resolve(merged);
    };
    let not_now = move || {
        choosing.set(false);
        focus_soon(UPDATE.to_owned());
    };
    let disputes = move || {
        let parts = parts.get();
        let disputes = parts.into_iter().filter_map(|part| match part {
            Part::Disputed(dispute) => Some(dispute),
            Part::Agreed(_) => None,
        });
        let views = disputes
            .enumerate()
            .map(|(number, dispute)| disputed(number, dispute, side(number), chosen))
            .collect_view();
        view! { {views} }
    };
    let is_disputed =
        Memo::new(move |_| parts.with(|parts| parts.iter().any(|part| matches!(part, Part::Disputed(_)))));
    let words = move || {
        if is_disputed.get() {
            "Both of you changed the same lines: choose which to go on with. All other changes are put together. Nothing is \
             stored until you update."
        } else {
            "Your changes and theirs do not touch: they can be put together. Nothing is stored until you update."
        }
    };
    view! {
        <section class="conflict" aria-labelledby="conflict-title" tabindex="-1" node_ref=panel>
            <h3 id="conflict-title">"It was changed meanwhile"</h3>
            <p>{words}</p>
            <div class="manifest-sides">
                <div><h4>"Their changes"</h4>{move || theirs.with(|hunks| shown(hunks))}</div>
                <div><h4>"Your changes"</h4>{move || mine.with(|hunks| shown(hunks))}</div>
            </div>
            {disputes}
            <div class="dialog-actions">
                <Button class="primary" on_press=take>"Use these"</Button>
                <Button on_press=not_now>"Not now"</Button>
            </div>
        </section>
    }
}

fn disputed(number: usize, dispute: Dispute, now: Side, chosen: RwSignal<BTreeMap<usize, Side>>) -> AnyView {
    let option = move |side: Side, label: &'static str, lines: Vec<String>| {
        let value = if lines.is_empty() {
            view! { <span class="version-value">"(removed)"</span> }
        } else {
            view! { <code class="version-value manifest-lines">{lines.join("\n")}</code> }
        };
        view! {
            <label class="version" data-chosen=(now == side).then_some("true")>
                <input
                    type="radio"
                    name=["dispute-", &number.to_string()].concat()
                    prop:checked=now == side
                    on:change=move |_| chosen.update(|chosen| _ = chosen.insert(number, side))
                />
                <span class="version-side">{label}</span>
                {value}
            </label>
        }
    };
    let was = if dispute.was.is_empty() {
        "nothing".to_owned()
    } else {
        dispute.was.join("\n")
    };
    view! {
        <fieldset class="versions">
            <legend>{["Lines that both changed, ", &(number + 1).to_string()].concat()}</legend>
            <p class="version-was">"Was: " <code class="manifest-lines">{was}</code></p>
            {option(Side::Mine, "Yours", dispute.mine)}
            {option(Side::Theirs, "Theirs", dispute.theirs)}
        </fieldset>
    }
}
