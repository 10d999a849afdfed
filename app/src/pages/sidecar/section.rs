//! The section *Enable/Disable Sidecar Proxy by Ports or IP Addresses* of a level.

use crate::prelude::*;
use domain::{Field, Level};

use super::{
    actions::{Actions, Dialogs, Questions, discard, press},
    conflict::Overtaken,
    field::FieldEditor,
    form::{Form, GONE},
    guard::{follow, guard_form, name_of},
    owned::Owned,
    packet::TryPacket,
    review::Review,
    saved::{Outcome, Pods},
    whom::Whom,
};
use crate::{
    components::{
        delivery::DeliveryState,
        guard::Guard,
        kept::brought_back,
        live::{self, Kind},
        remarks::Remarks,
    },
    ui::{
        badge::{Badge, Tone},
        notice::Notice,
        prose::Prose,
        use_hydrated,
    },
};

/// The fields as they belong together: what goes through beside what goes round.
const GROUPS: [(&str, [Field; 2]); 3] = [
    (
        "Outbound addresses",
        [Field::IncludeOutboundIPRanges, Field::ExcludeOutboundIPRanges],
    ),
    (
        "Inbound ports",
        [Field::IncludeInboundPorts, Field::ExcludeInboundPorts],
    ),
    (
        "Outbound ports",
        [Field::IncludeOutboundPorts, Field::ExcludeOutboundPorts],
    ),
];

/// The form of a level that has been read.
#[component]
pub(super) fn Section(guard: Guard, form: Form) -> impl IntoView {
    let questions = Questions::new();
    guard_form(guard, form);
    follow(guard, form);
    form.foresee();
    live::on(
        &[Kind::Settings, Kind::Namespaces, Kind::Pods, Kind::Mesh],
        move || form.read_again(),
    );
    let is_workload = matches!(form.level(), Level::Workload { .. });
    let hydrated = use_hydrated();
    let refused = Memo::new(move |_| form.view.with(|view| view.refused.clone()));
    let read_only = Signal::derive(move || refused.with(Option::is_some));
    let groups = GROUPS
        .into_iter()
        .map(|(title, fields)| {
            view! {
                <section class="setting-group">
                    <h3>{title}</h3>
                    {fields.into_iter().map(|field| view! { <FieldEditor form field read_only/> }).collect_view()}
                </section>
            }
        })
        .collect_view();
    let discarded = Callback::new(move |()| discard(form));
    view! {
        <div class="setting-level">
            <Delivery form/>
            <details class="panel setting-section" open>
                <summary>
                    <h2>"Enable/Disable Sidecar Proxy by Ports or IP Addresses"</h2>
                    {move || form.dirty.get().then(|| view! { <Badge tone=Tone::Info>"Unsaved changes"</Badge> })}
                </summary>
                <noscript>
                    <p class="no-script">
                        "Saving here needs JavaScript. The REST API and "<code>"kubectl"</code>
                        " write the same settings: they are resources of the kind "<code>"SidecarSetting"</code>"."
                    </p>
                </noscript>
                {move || if form.gone().get() { view! { <Gone/> } } else { view! { <Standing form/> } }}
                {move || refused.get().map(|why| view! {
                    <Notice tone=Tone::Info title="You may look, not save">
                        <p><Prose text=why/></p>
                    </Notice>
                })}
                <Owned form/>
                {move || (form.brought_back.get() && form.dirty.get()).then(|| brought_back(discarded))}
                <Overtaken form/>
                <form
                    class="setting-form"
                    aria-label=name_of(&form.level())
                    on:submit=move |event| {
                        event.prevent_default();
                        press(form, questions);
                    }
                >
                    // Nothing answers before the browser has taken over.
                    <fieldset disabled=move || !hydrated.get()>
                        <legend class="visually-hidden">"Settings"</legend>
                        {is_workload.then(|| view! { <Whom form read_only/> })}
                        {groups}
                        <Other form/>
                        <Review form/>
                        <Outcome form/>
                        {move || (!read_only.get()).then(|| view! { <Actions form questions/> })}
                    </fieldset>
                </form>
                // Not inside: its fields are no part of what is saved.
                <TryPacket form/>
            </details>
            <Dialogs form questions/>
        </div>
    }
}

/// Whether what is saved here reaches pods: said where it does not.
#[component]
fn Delivery(form: Form) -> impl IntoView {
    let delivery = Memo::new(move |_| form.view.with(|view| view.delivery.clone()));
    move || {
        let delivery = delivery.get();
        (!delivery.state.is_ready()).then(|| view! { <DeliveryState delivery/> })
    }
}

/// Said where there is no such level any more.
#[component]
fn Gone() -> impl IntoView {
    view! {
        <Notice tone=Tone::Warning title=GONE>
            <p>
                "Nothing can be saved here. What you entered stays in the form, to be copied; reload the page once the \
                 namespace is there again."
            </p>
        </Notice>
    }
}

/// What is stored at the level and what its pods run, in a line or two.
#[component]
fn Standing(form: Form) -> impl IntoView {
    let stored = Memo::new(move |_| {
        form.view
            .with(|view| view.stored.as_ref().map(|stored| stored.traffic.len()))
    });
    let stale = Memo::new(move |_| form.view.with(|view| view.pods.stale > 0));
    let stray = Memo::new(move |_| form.stray());
    let can_go = form.name().is_none() && matches!(form.level(), Level::Workload { .. });
    view! {
        <div class="standing">
            {move || match stored.get() {
                None if can_go => view! {
                    <p>
                        "This setting is not there any more: its workloads inherit again."
                        {move || form.dirty.get().then_some(" To save makes it anew.")}
                    </p>
                }
                .into_any(),
                None => view! { <p>"Nothing is set at this level: every field is inherited. Tick a field to override it here."</p> }
                    .into_any(),
                Some(0) => view! { <p>"A setting is stored that overrides nothing: every field is inherited."</p> }.into_any(),
                Some(_) => ().into_any(),
            }}
            {move || (stale.get() && form.saved.with(Option::is_none)).then(|| view! { <Pods form/> })}
        </div>
        {move || {
            let stray = stray.get();
            (!stray.is_empty()).then(|| {
                let lines = stray
                    .into_iter()
                    .map(|problem| view! { <li><code>{problem.path}</code> ": " <Prose text=problem.message/></li> })
                    .collect_view();
                view! {
                    <Notice tone=Tone::Warning title="Something else is stored here that Sidestep does not know">
                        <ul class="changes">{lines}</ul>
                        <p>"It has no effect. The next update removes it."</p>
                    </Notice>
                }
            })
        }}
    }
}

/// What is remarkable and stands beside no field: because it is about none, or about one that is not overridden here.
#[component]
fn Other(form: Form) -> impl IntoView {
    let remarks = Memo::new(move |_| {
        let inherited = form.draft.with(|draft| {
            let inherits = |field: &Field| !draft.get(*field).overridden;
            Field::ALL.into_iter().filter(inherits).collect::<Vec<_>>()
        });
        let fields = inherited.into_iter().map(Some).chain([None]);
        fields.flat_map(|field| form.remarks(field)).collect::<Vec<_>>()
    });
    move || {
        let lints = remarks.get();
        (!lints.is_empty()).then(|| {
            view! {
                <section class="other-remarks" aria-labelledby="other-remarks">
                    <h3 id="other-remarks">"Also remarkable"</h3>
                    <Remarks lints/>
                </section>
            }
        })
    }
}
