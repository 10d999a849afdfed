//! Will the change do what is wanted: where a packet would go with the settings as they stand in the form.

use crate::prelude::*;
use api::{preview::PreviewPacket, trace::TraceAnswer};

use super::form::Form;
use crate::{components::uncertain::uncertain, ui::prose::Prose};

/// Three fields, and the answer.
#[component]
pub(super) fn TryPacket(form: Form) -> impl IntoView {
    let packet = form.packet();
    let change = move |change: fn(&mut PreviewPacket, String)| {
        move |event| packet.update(|packet| change(packet, event_target_value(&event)))
    };
    let asked = Memo::new(move |_| packet.with(|packet| !packet.port.trim().is_empty()));
    let wrong = Memo::new(move |_| {
        let problems = packet.with(PreviewPacket::read).err()?;
        problems.into_iter().next().map(|problem| problem.message)
    });
    // Nothing is asked then, and what was told is of other settings.
    let mistaken = Memo::new(move |_| form.draft.with(|draft| !draft.wrong().is_empty()));
    let answer = Memo::new(move |_| form.tried());
    view! {
        <details class="try-packet">
            <summary>"Try a packet with these settings"</summary>
            <p class="more">"Where would it go in a pod that is made after the update? Nothing is sent and nothing is saved."</p>
            <div class="filters">
                <label class="filter">
                    <span>"Direction"</span>
                    <select on:change=change(|packet, value| packet.direction = Some(value))>
                        <option value="outbound">"Outbound"</option>
                        <option value="inbound">"Inbound"</option>
                    </select>
                </label>
                <label class="filter">
                    <span>"Address"</span>
                    <input
                        type="text"
                        autocomplete="off"
                        spellcheck="false"
                        on:input=change(|packet, value| packet.address = Some(value))
                    />
                </label>
                <label class="filter">
                    <span>"Port"</span>
                    <input
                        type="text"
                        inputmode="numeric"
                        autocomplete="off"
                        on:input=change(|packet, value| packet.port = value)
                    />
                </label>
            </div>
            <div role="status" class="try-answer">
                {move || match (wrong.get(), answer.get()) {
                    _ if !asked.get() => ().into_any(),
                    (Some(why), _) => refused(why),
                    _ if mistaken.get() => view! { <p class="field-note">"Shown once the fields have no mistakes."</p> },
                    (None, None) => ().into_any(),
                    (None, Some(Ok(answer))) => said(answer),
                    (None, Some(Err(why))) => refused(why),
                }}
            </div>
        </details>
    }
}

fn refused(why: String) -> AnyView {
    view! { <p class="field-error"><Prose text=why/></p> }
}

fn said(answer: TraceAnswer) -> AnyView {
    let rule = answer
        .rule
        .map(|rule| view! { <p>"Rule: " <code>{rule}</code></p> });
    view! {
        <p><strong><Prose text=answer.sentence/></strong></p>
        {rule}
        {uncertain(answer.uncertain)}
    }
    .into_any()
}
