//! Two versions of one level, and a choice part by part.

use std::collections::BTreeMap;

use leptos::html;

use crate::prelude::*;

use super::{
    actions::SAVE,
    draft::Part,
    form::Form,
    merge::{Conflict, Row, Side},
};
use crate::ui::{attention::focus_soon, badge::Tone, button::Button, notice::Notice, steady::land_on};

/// The word that somebody else was quicker, and the panel once it is asked for.
#[component]
pub(super) fn Overtaken(form: Form) -> impl IntoView {
    view! {
        {move || (form.overtaken.get() && !form.choosing.get()).then(|| view! {
            <Notice tone=Tone::Warning title="This level was changed meanwhile">
                <p>"Somebody else has saved it since you began. Your changes are still here; nothing was overwritten."</p>
                <p><Button on_press=move || form.choosing.set(true)>"Show both versions"</Button></p>
            </Notice>
        })}
        {move || form.choosing.get().then(|| view! { <Choice form/> })}
    }
}

#[component]
fn Choice(form: Form) -> impl IntoView {
    let panel = NodeRef::<html::Section>::new();
    // It decides what happens next: the reader is taken there.
    Effect::new(move |_| {
        if let Some(panel) = panel.get() {
            let _ = panel.focus();
        }
    });
    // Follows when it changes once more; choices that were made stay.
    let conflict = Memo::new(move |_| form.conflict());
    let chosen = RwSignal::new(BTreeMap::<Part, Side>::new());
    let side = move |row: &Row| {
        chosen
            .with(|chosen| chosen.get(&row.part).copied())
            .unwrap_or(row.suggested)
    };
    let take = move || {
        let conflict = conflict.get_untracked();
        let rows = conflict.rows();
        let merged = conflict.merged(|part| {
            let row = rows.iter().find(|row| row.part == part);
            row.map_or(Side::Theirs, |row| {
                chosen
                    .with_untracked(|chosen| chosen.get(&part).copied())
                    .unwrap_or(row.suggested)
            })
        });
        form.resolve(merged);
        let differs = form.dirty.get_untracked();
        form.say(if differs {
            "Your choice is in the form: update the settings to save it"
        } else {
            "The form shows what is stored"
        });
        focus_soon(SAVE.to_owned());
    };
    let rows = move || {
        conflict
            .with(Conflict::rows)
            .into_iter()
            .map(|row| {
                let now = side(&row);
                row_view(row, now, chosen)
            })
            .collect_view()
    };
    let not_now = move || {
        form.choosing.set(false);
        land_on(SAVE);
    };
    view! {
        <section class="conflict" aria-labelledby="conflict-title" tabindex="-1" node_ref=panel>
            <h3 id="conflict-title">"This level was changed meanwhile"</h3>
            <p>
                "Somebody else has saved it since you began. Choose for each of these which value to go on with; "
                "nothing is saved until you update the settings."
            </p>
            {move || rows()}
            <div class="dialog-actions">
                <Button class="primary" on_press=take>"Use these"</Button>
                <Button on_press=not_now>"Not now"</Button>
            </div>
        </section>
    }
}

fn row_view(row: Row, now: Side, chosen: RwSignal<BTreeMap<Part, Side>>) -> impl IntoView {
    let Row {
        part,
        was,
        mine,
        theirs,
        ..
    } = row;
    let option = move |side: Side, label: &'static str, value: String| {
        view! {
            <label class="version" data-chosen=(now == side).then_some("true")>
                <input
                    type="radio"
                    name=["version-", part.name()].concat()
                    checked=now == side
                    prop:checked=now == side
                    on:change=move |_| chosen.update(|chosen| _ = chosen.insert(part, side))
                />
                <span class="version-side">{label}</span>
                <span class="version-value">{value}</span>
            </label>
        }
    };
    view! {
        <fieldset class="versions">
            <legend>{part.label()} " " <code>{part.name()}</code></legend>
            <p class="version-was">"Was: " {was}</p>
            {option(Side::Mine, "Yours", mine)}
            {option(Side::Theirs, "Theirs", theirs)}
        </fieldset>
    }
}
