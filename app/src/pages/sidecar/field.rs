//! One of the six fields in the form.

use crate::prelude::*;
use domain::{Field, Value};

use super::{
    draft::{Mistake, Part, is_separator, split},
    form::Form,
    inherited::{inherited, refused},
};
use crate::{
    components::{
        chips_field::ChipsField,
        origin::{ValueText, origin_words, value_words},
        remarks::Remarks,
    },
    ui::{
        attention::focus_soon,
        badge::{Badge, Tone},
        prose::Prose,
    },
};

/// How many mistakes are told one by one.
const TOLD: usize = 4;

/// Label, help, tick, and either the editor or what is inherited.
#[component]
pub(super) fn FieldEditor(form: Form, field: Field, #[prop(into)] read_only: Signal<bool>) -> impl IntoView {
    let overridden = Memo::new(move |_| form.draft.with(|draft| draft.get(field).overridden));
    let changed = Memo::new(move |_| {
        form.draft
            .with(|draft| form.base.with(|base| draft.is_changed(field, &base.draft)))
    });
    let tick = move |event| {
        let checked = event_target_checked(&event);
        form.edit(|draft| draft.get_mut(field).overridden = checked);
    };
    let label = field.label();
    view! {
        <div class="setting-field" data-changed=move || changed.get().then_some("true")>
            <div>
                <h4 id=part(field, "label")>{label}</h4>
                <p class="setting-name">
                    <code>{field.name()}</code>
                    {move || changed.get().then(|| view! { " " <Badge tone=Tone::Info>"Changed"</Badge> })}
                </p>
            </div>
            <div class="setting-help" id=part(field, "help")>
                <p><Prose text=field.help().to_owned()/></p>
                <p>"Example: " <code>{field.example()}</code></p>
            </div>
            {move || (!read_only.get()).then(|| view! {
                <label class="tick">
                    <input
                        type="checkbox"
                        id=part(field, "override")
                        aria-label=["Override ", label].concat()
                        aria-describedby=part(field, "help")
                        checked=overridden.get_untracked()
                        prop:checked=overridden
                        on:change=tick
                    />
                    <span aria-hidden="true">"Override"</span>
                </label>
            })}
            <div class="setting-value">
                {move || if overridden.get() {
                    view! { <Overriding form field read_only/> }.into_any()
                } else {
                    view! { <Inheriting form field/> }.into_any()
                }}
            </div>
        </div>
    }
}

/// The value from below, which holds while the field is not ticked.
#[component]
fn Inheriting(form: Form, field: Field) -> impl IntoView {
    let value = Memo::new(move |_| form.view.with(|view| inherited(view, field)));
    let invalid = Memo::new(move |_| form.view.with(|view| refused(view, field)));
    view! {
        <p class="inherited">
            {move || {
                let value = value.get();
                let from = match value.origin.as_str() {
                    "builtIn" => "Built-in default: ".to_owned(),
                    "install" => "From the install values: ".to_owned(),
                    _ => ["Inherited from ", &level_words(&value.origin), ": "].concat(),
                };
                view! { {from} <ValueText text=value.text origin=value.origin/> }
            }}
        </p>
        {move || invalid.get().map(|why| view! {
            <p class="field-error"><Badge tone=Tone::Bad>"Refused"</Badge> " " <Prose text=why/></p>
        })}
    }
}

/// The editor, what it overrides, and what is wrong or remarkable.
#[component]
fn Overriding(form: Form, field: Field, read_only: Signal<bool>) -> impl IntoView {
    let below = Memo::new(move |_| form.below(field));
    let overruled = Memo::new(move |_| form.overruled(field));
    let items = Memo::new(move |_| form.draft.with(|draft| draft.get(field).items.clone()));
    let text = Memo::new(move |_| form.draft.with(|draft| draft.get(field).text.clone()));
    let mistakes = Memo::new(move |_| form.mistakes(field));
    let wrong = Memo::new(move |_| {
        mistakes.with(|all| all.iter().filter_map(|mistake| mistake.index).collect::<Vec<_>>())
    });
    let empty = Memo::new(move |_| form.draft.with(|draft| draft.is_empty(field)));
    let on_change = Callback::new(move |(items, text)| {
        form.edit(|draft| {
            let entry = draft.get_mut(field);
            entry.items = items;
            entry.text = text;
        });
    });
    let inherit = move |_| {
        form.edit(|draft| draft.get_mut(field).overridden = false);
        focus_soon(part(field, "override"));
    };
    // What stands below, to be changed rather than typed again.
    let copyable = Memo::new(move |_| {
        let below = below.get();
        let value = Value::parse_istio(field, &below.text).ok()?;
        let shown = value_words(&below.text, &below.origin);
        (empty.get() && !value.is_empty()).then(|| split(&shown).collect::<Vec<_>>())
    });
    let copy = move |_| {
        if let Some(items) = copyable.get_untracked() {
            on_change.run((items, String::new()));
            go_to(field);
        }
    };
    let editor = move || {
        if read_only.get() {
            let shown = items.get().join(", ");
            return (!shown.is_empty())
                .then(|| view! { <p><code>{shown}</code></p> })
                .into_any();
        }
        view! {
            <ChipsField
                id=field.name()
                labelled_by=part(field, "label")
                described_by=[part(field, "help"), part(field, "notes")].join(" ")
                items
                text
                wrong
                invalid=Signal::derive(move || mistakes.with(|mistakes| !mistakes.is_empty()))
                separates=is_separator
                on_change
            />
        }
        .into_any()
    };
    view! {
        {move || editor()}
        <div class="setting-notes" id=part(field, "notes")>
            {move || overruled.get().map(|by| view! {
                <p class="field-caution">
                    <Badge tone=Tone::Warning>"Overruled"</Badge>
                    " " <Prose text=origin_words(&by.origin)/> " wins for the same pods: "
                    <ValueText text=by.text origin=by.origin/>
                </p>
            })}
            <Notes form field mistakes empty/>
        </div>
        <p class="overrides">
            <span>
                "Overrides "
                {move || below.with(|below| {
                    let level = level_words(&below.origin);
                    view! { {level} ": " <ValueText text=below.text.clone() origin=below.origin.clone()/> }
                })}
            </span>
            {move || (!read_only.get()).then(|| view! {
                <button
                    type="button"
                    class="button link"
                    aria-label=["Reset to inherited: ", field.name()].concat()
                    on:click=inherit
                >
                    "Reset to inherited"
                </button>
                {move || copyable.with(Option::is_some).then(|| view! {
                    <button type="button" class="button link" on:click=copy>"Start from the inherited value"</button>
                })}
            })}
        </p>
    }
}

/// What is wrong with the value, what it means to be empty, how it will be stored.
#[component]
fn Notes(form: Form, field: Field, mistakes: Memo<Vec<Mistake>>, empty: Memo<bool>) -> impl IntoView {
    let uncommitted = move |index: Option<usize>| {
        form.draft
            .with(|draft| index.is_some_and(|index| draft.get(field).uncommitted().contains(&index)))
    };
    let told = move || {
        let all = mistakes.get();
        let more = all.len().saturating_sub(TOLD);
        let told = all
            .into_iter()
            .take(TOLD)
            .map(|mistake| {
                // Somebody is still typing it.
                let typing = uncommitted(mistake.index).then_some("true");
                view! { <p class="field-error" data-typing=typing><Prose text=mistake.message/></p> }
            })
            .collect_view();
        view! {
            {told}
            {(more > 0).then(|| view! { <p class="field-error">"and " {more} " more"</p> })}
        }
    };
    // Stored like this, by hand or by an older version.
    let ignored = Memo::new(move |_| {
        mistakes.with(|mistakes| !mistakes.is_empty())
            && form
                .draft
                .with(|draft| form.base.with(|base| !draft.is_changed(field, &base.draft)))
    });
    let normalised = Memo::new(move |_| form.draft.with(|draft| draft.normalised(field)));
    let caution = Memo::new(move |_| {
        form.draft
            .with(|draft| {
                draft
                    .all_cautions()
                    .into_iter()
                    .find(|caution| caution.field == field)
            })
            .map(|caution| caution.sentence)
    });
    let remarks = Memo::new(move |_| form.remarks(Some(field)));
    view! {
        {move || told()}
        {move || Some(remarks.get()).filter(|lints| !lints.is_empty()).map(|lints| view! { <Remarks lints/> })}
        {move || ignored.get().then_some(view! {
            <p class="field-error">"It is stored like this, and counts as inherited until it is corrected."</p>
        })}
        {move || empty.get().then(|| view! {
            <p class="field-note"><strong>"Explicitly empty: "</strong> {field.when_empty()}</p>
        })}
        {move || caution.get().map(|sentence| view! {
            <p class="field-caution"><Badge tone=Tone::Warning>"Caution"</Badge> " " {sentence}</p>
        })}
        {move || normalised.get().map(|items| view! {
            <p class="field-note">"Will be stored as " <code>{items.join(", ")}</code></p>
        })}
    }
}

/// A level within a sentence.
fn level_words(origin: &str) -> String {
    match origin {
        "builtIn" => "the built-in default".to_owned(),
        "install" => "the install values".to_owned(),
        "global" => "global".to_owned(),
        "namespace" => "the namespace".to_owned(),
        other => other
            .strip_prefix("workload/")
            .map_or_else(|| other.to_owned(), |name| ["workload setting ", name].concat()),
    }
}

/// The id of a part of a field; the input itself has the field's name.
fn part(field: Field, part: &str) -> String {
    [field.name(), "-", part].concat()
}

/// Takes the reader to the input of a part.
pub(super) fn go_to(part: impl Into<Part>) {
    focus_soon(part.into().name().to_owned());
}
