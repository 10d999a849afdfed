//! Edit YAML.

use leptos::ev::KeyboardEvent;

use super::{
    changes::changes,
    conflict::overtaken,
    editor::editor,
    kept::brought_back,
    misplaced::{misplaced, two_values},
    outcome::outcome,
    state::{Busy, Manifest, TEXT, UPDATE},
};
use crate::{
    components::{owner::Owned, reason::reason_field},
    prelude::*,
    ui::{
        attention::{focus, focus_soon},
        badge::Tone,
        button::Button,
        notice::Notice,
    },
};

/// The id of *Go on editing*.
const STAY: &str = "go-on-editing";

/// What is shown of the edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Text,
    Changes,
}

impl Tab {
    const BOTH: [Self; 2] = [Self::Text, Self::Changes];

    fn id(self) -> &'static str {
        match self {
            Self::Text => "tab-text",
            Self::Changes => "tab-changes",
        }
    }

    fn panel(self) -> &'static str {
        match self {
            Self::Text => "panel-text",
            Self::Changes => "panel-changes",
        }
    }
}

/// The text, what differs, and what can be done with it.
pub(super) fn edit(manifest: Manifest) -> AnyView {
    let tab = RwSignal::new(Tab::Text);
    // A line that is gone to is shown.
    Effect::new(move |_| {
        if manifest.goto.get().1 > 0 {
            tab.set(Tab::Text);
        }
    });
    let remarks = Memo::new(move |_| {
        let is_untouched = !manifest.dirty.get();
        manifest.now.with(|now| {
            let remarks = now.remarks.iter().filter(|_| is_untouched).cloned();
            remarks.collect::<Vec<_>>()
        })
    });
    let is_replaced = Memo::new(move |_| manifest.aside.with(Option::is_some));
    view! {
        <section class="panel manifest-edit" aria-labelledby="edit-title">
            <h2 id="edit-title">"Edit YAML"</h2>
            {brought_back(manifest)}
            {overtaken(manifest)}
            {move || misplaced(manifest, remarks.get())}
            {move || two_values(manifest, manifest.left.get())}
            {tabs(tab)}
            <div
                id=Tab::Text.panel()
                role="tabpanel"
                aria-labelledby=Tab::Text.id()
                hidden=move || tab.get() != Tab::Text
            >
                {editor(manifest)}
            </div>
            <div id=Tab::Changes.panel() role="tabpanel" aria-labelledby=Tab::Changes.id() hidden=move || tab.get() != Tab::Changes>
                {move || (tab.get() == Tab::Changes).then(|| changes(manifest))}
            </div>
            <div aria-live="polite">{move || manifest.outcome.get().map(|came| outcome(manifest, came))}</div>
            {move || is_replaced.get().then(|| put_aside(manifest))}
            {owner(manifest)}
            {reason_field(None, manifest.reason, move || manifest.now.with(|now| now.reason_required))}
            {actions(manifest, tab)}
        </section>
    }
}

fn tabs(tab: RwSignal<Tab>) -> AnyView {
    let step = move |event: KeyboardEvent| {
        let other = match (event.key().as_str(), tab.get_untracked()) {
            ("ArrowLeft" | "ArrowRight", Tab::Text) | ("End", _) => Tab::Changes,
            ("ArrowLeft" | "ArrowRight", Tab::Changes) | ("Home", _) => Tab::Text,
            _ => return,
        };
        event.prevent_default();
        tab.set(other);
        focus(other.id());
    };
    let one = move |one: Tab| {
        let here = move || tab.get() == one;
        view! {
            <button
                type="button"
                role="tab"
                id=one.id()
                aria-controls=one.panel()
                aria-selected=move || if here() { "true" } else { "false" }
                tabindex=move || if here() { "0" } else { "-1" }
                on:click=move |_| tab.set(one)
                on:keydown=step
            >
                {match one { Tab::Text => "Text", Tab::Changes => "Changes" }}
            </button>
        }
    };
    view! { <div class="manifest-tabs" role="tablist" aria-label="Edit YAML">{Tab::BOTH.map(one).collect_view()}</div> }
}

/// A text that another one has replaced is not lost.
fn put_aside(manifest: Manifest) -> AnyView {
    view! {
        <p class="more">
            "The text as you had it before is kept. "
            <Button class="link" on_press=move || manifest.swap()>"Bring it back"</Button>
        </p>
    }
}

fn owner(manifest: Manifest) -> AnyView {
    let owner = Memo::new(move |_| manifest.now.with(|now| now.owner.clone()));
    let overrides = manifest.overrides;
    view! {
        {move || owner.get().map(|owner| {
            let is_undone = owner.reverts_by.by_itself();
            let tone = if is_undone { Tone::Warning } else { Tone::Info };
            view! {
                <Notice tone title="This has an owner">
                    <Owned owner/>
                    {is_undone.then(|| view! {
                        <label class="tick">
                            <input
                                type="checkbox"
                                prop:checked=overrides
                                on:change=move |event| overrides.set(event_target_checked(&event))
                            />
                            " Update it all the same"
                        </label>
                    })}
                </Notice>
            }
        })}
    }
}

fn actions(manifest: Manifest, tab: RwSignal<Tab>) -> AnyView {
    let Manifest { busy, dirty, .. } = manifest;
    let gone = manifest.gone();
    let asking = RwSignal::new(false);
    let leave = move || {
        if dirty.get_untracked() {
            asking.set(true);
            focus_soon(STAY.to_owned());
        } else {
            manifest.leave();
        }
    };
    let stay = move |_| {
        asking.set(false);
        tab.set(Tab::Text);
        focus_soon(TEXT.to_owned());
    };
    let doing = Signal::derive(move || busy.get().is_some());
    let is_off = Signal::derive(move || doing.get() || gone.get());
    view! {
        <div class="dialog-actions manifest-actions">
            <button
                type="button"
                id=UPDATE
                class="button primary"
                aria-disabled=move || is_off.get().then_some("true")
                on:click=move |_| if !is_off.get_untracked() { manifest.update() }
            >
                {move || if busy.get() == Some(Busy::Updating) { "Updating…" } else { "Update" }}
            </button>
            <Button busy=is_off on_press=move || manifest.check()>
                {move || if busy.get() == Some(Busy::Checking) { "Checking…" } else { "Check" }}
            </Button>
            <Button busy=doing on_press=leave>"Cancel"</Button>
            {move || dirty.get().then(|| view! { <span class="more">"Not updated yet"</span> })}
        </div>
        {move || asking.get().then(|| view! {
            <div role="alert">
                <Notice tone=Tone::Warning title="Let go of what you typed?">
                    <div class="dialog-actions">
                        <button type="button" id=STAY class="button" on:click=stay>"Go on editing"</button>
                        <Button class="danger" on_press=move || manifest.leave()>"Discard"</Button>
                    </div>
                </Notice>
            </div>
        })}
    }
}
