//! Which pods a workload setting is for: its name, the labels that it selects by, its priority, and what it selects now.

use crate::prelude::*;
use api::{preview::MatchedWorkload, preview::Preview};
use domain::Level;

use super::{
    draft::{Part, is_separator},
    form::Form,
};
use crate::{
    components::{chips_field::ChipsField, workload::workload_name},
    ui::{badge::Badge, badge::Tone, prose::Prose},
};

/// The id of the name's input.
pub(super) const NAME: &str = "setting-name";

/// The first group of the form of a workload setting.
#[component]
pub(super) fn Whom(form: Form, #[prop(into)] read_only: Signal<bool>) -> impl IntoView {
    view! {
        <section class="whom">
            <h3>"Which pods"</h3>
            {form.name().map(|name| view! { <Name form name/> })}
            <Labels form read_only/>
            <Priority form read_only/>
            <Matched form/>
        </section>
    }
}

#[component]
fn Name(form: Form, name: RwSignal<String>) -> impl IntoView {
    let touched = RwSignal::new(false);
    let wrong = Memo::new(move |_| form.name_mistake());
    let told = move || wrong.get().filter(|_| touched.get());
    view! {
        <div class="whom-part whom-name">
            <h4><label for=NAME>"Name"</label></h4>
            <div class="whom-help" id="setting-name-help">
                <p>"What the setting is called in the cluster. It cannot be changed later."</p>
            </div>
            <input
                type="text"
                id=NAME
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength="253"
                aria-describedby="setting-name-help setting-name-notes"
                aria-invalid=move || told().map(|_| "true")
                prop:value=name
                on:input=move |event| name.set(event_target_value(&event))
                on:blur=move |_| touched.set(true)
            />
            <div id="setting-name-notes">
                {move || told().map(|why| view! { <p class="field-error"><Prose text=why/></p> })}
            </div>
        </div>
    }
}

#[component]
fn Labels(form: Form, read_only: Signal<bool>) -> impl IntoView {
    let items = Memo::new(move |_| form.draft.with(|draft| draft.get(Part::Selector).items.clone()));
    let text = Memo::new(move |_| form.draft.with(|draft| draft.get(Part::Selector).text.clone()));
    let empty = Memo::new(move |_| items.with(Vec::is_empty) && text.with(String::is_empty));
    let mistakes = Memo::new(move |_| form.mistakes(Part::Selector));
    let wrong = Memo::new(move |_| {
        mistakes.with(|all| all.iter().filter_map(|mistake| mistake.index).collect::<Vec<_>>())
    });
    let on_change = Callback::new(move |(items, text)| {
        form.edit(|draft| {
            let entry = draft.get_mut(Part::Selector);
            entry.items = items;
            entry.text = text;
        });
    });
    let label = Part::Selector.label();
    let editor = move || {
        if read_only.get() {
            return view! { <p><code>{items.get().join(", ")}</code></p> }.into_any();
        }
        view! {
            <ChipsField
                id=Part::Selector.name()
                labelled_by="selector-label".to_owned()
                described_by="selector-help selector-notes"
                items
                text
                wrong
                invalid=Signal::derive(move || !empty.get() && mistakes.with(|mistakes| !mistakes.is_empty()))
                separates=is_separator
                on_change
            />
        }
        .into_any()
    };
    let told = move || {
        if empty.get() {
            return view! { <p class="field-note">"Name one label at least."</p> }.into_any();
        }
        mistakes
            .get()
            .into_iter()
            .map(|mistake| view! { <p class="field-error"><Prose text=mistake.message/></p> })
            .collect_view()
            .into_any()
    };
    view! {
        <div class="whom-part">
            <h4 id="selector-label">{label}</h4>
            <div class="whom-help" id="selector-help">
                <p>"Of the pod template, all of them. Example: " <code>"app=cart"</code></p>
            </div>
            {move || editor()}
            <div id="selector-notes">{move || told()}</div>
        </div>
    }
}

#[component]
fn Priority(form: Form, read_only: Signal<bool>) -> impl IntoView {
    let typed = Memo::new(move |_| {
        form.draft.with(|draft| {
            let entry = draft.get(Part::Priority);
            entry.typed().join(" ")
        })
    });
    let mistakes = Memo::new(move |_| form.mistakes(Part::Priority));
    let on_input = move |event| {
        let value = event_target_value(&event);
        form.edit(|draft| {
            let items = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            draft.put(Part::Priority, items.into_iter().collect());
        });
    };
    view! {
        <div class="whom-part">
            <h4><label for=Part::Priority.name()>{Part::Priority.label()}</label></h4>
            <div class="whom-help" id="priority-help">
                <p>"Where several settings select the same pod, the higher number wins, field by field; then the name that comes first."</p>
            </div>
            <input
                type="text"
                inputmode="numeric"
                id=Part::Priority.name()
                class="number-input"
                autocomplete="off"
                readonly=move || read_only.get()
                aria-describedby="priority-help priority-notes"
                aria-invalid=move || mistakes.with(|mistakes| !mistakes.is_empty()).then_some("true")
                value=typed.get_untracked()
                prop:value=typed
                on:input=on_input
            />
            <div id="priority-notes">
                {move || mistakes.get().into_iter().map(|mistake| view! {
                    <p class="field-error"><Prose text=mistake.message/></p>
                }).collect_view()}
            </div>
        </div>
    }
}

/// The workloads that the labels select now.
#[component]
fn Matched(form: Form) -> impl IntoView {
    let nothing = Memo::new(move |_| {
        form.draft
            .with(|draft| draft.said(Part::Selector).is_none_or(|labels| labels.is_empty()))
    });
    view! {
        <div class="matched" role="region" aria-label="Selected workloads" aria-live="polite">
            {move || match form.preview.get() {
                _ if nothing.get() => view! { <p class="field-note">"The workloads that have these labels will be listed here."</p> }
                    .into_any(),
                None => view! { <p class="field-note">"Looking for workloads with these labels…"</p> }.into_any(),
                Some(preview) => matched(preview, form.level()),
            }}
        </div>
    }
}

fn matched(preview: Preview, level: Level) -> AnyView {
    let total = preview.workloads_total;
    let words = match total {
        0 => {
            return view! {
                <p class="field-caution">
                    <Badge tone=Tone::Warning>"Selects nothing"</Badge>
                    " No workload of this namespace has these labels on its pod template now."
                </p>
            }
            .into_any();
        }
        1 => "Selects 1 workload".to_owned(),
        n => format!("Selects {n} workloads"),
    };
    let pods = match preview.pods.injected {
        1 => ", 1 pod with a sidecar:".to_owned(),
        n => format!(", {n} pods with a sidecar:"),
    };
    let more = total.saturating_sub(preview.workloads.len());
    let own = match level {
        Level::Workload { name, .. } => name,
        _ => String::new(),
    };
    let rows = preview
        .workloads
        .into_iter()
        .map(|workload| view! { <li>{matched_row(workload, &own)}</li> })
        .collect_view();
    view! {
        <p class="field-note"><strong>{words}</strong> {pods}</p>
        <ul>{rows}</ul>
        {(more > 0).then(|| view! { <p class="field-note">"and " {more} " more"</p> })}
    }
    .into_any()
}

fn matched_row(workload: MatchedWorkload, own: &str) -> AnyView {
    let MatchedWorkload {
        kind,
        namespace,
        name,
        settings,
        not_applicable,
        ..
    } = workload;
    let before = settings.iter().take_while(|name| *name != own);
    let stronger = before.cloned().collect::<Vec<_>>().join(", ");
    view! {
        {workload_name(&kind, &namespace, &name)}
        {(!stronger.is_empty()).then(|| view! {
            " " <Badge tone=Tone::Info>"Overruled"</Badge> " by " <code>{stronger}</code> " where both set a field"
        })}
        {not_applicable.map(|why| view! { " " <Badge tone=Tone::Warning>"No effect"</Badge> " " <Prose text=why/> })}
    }
    .into_any()
}
