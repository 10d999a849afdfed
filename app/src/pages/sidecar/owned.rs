//! Who owns what is stored, and what becomes of an edit.

use super::form::Form;
use crate::{
    components::owner::Owned as Words,
    prelude::*,
    ui::{badge::Tone, notice::Notice},
};

/// The id of the tick that an edit is wanted although it will be undone.
pub(super) const OVERRIDE: &str = "override-owner";

/// Said where what is stored has an owner.
#[component]
pub(super) fn Owned(form: Form) -> impl IntoView {
    let owner = Memo::new(move |_| form.view.with(|view| view.owner.clone()));
    let overrides = form.overrides_owner();
    move || {
        owner.get().map(|owner| {
            let is_undone = owner.reverts_by.by_itself();
            let tone = if is_undone { Tone::Warning } else { Tone::Info };
            view! {
                <Notice tone title="This setting has an owner">
                    <Words owner/>
                    {is_undone.then(|| view! {
                        <label class="tick">
                            <input
                                type="checkbox"
                                id=OVERRIDE
                                prop:checked=overrides
                                on:change=move |event| overrides.set(event_target_checked(&event))
                            />
                            " Update it all the same"
                        </label>
                    })}
                    <p class="more">"The preview of the update has the same change as YAML, to put where it belongs."</p>
                </Notice>
            }
        })
    }
}
