//! Why somebody changes something, for the history.

use crate::prelude::*;

/// The field for it, whose text is `text`. `is_required` says whether the console demands one; `id` is for who leads there.
pub(crate) fn reason_field(
    id: Option<String>,
    text: RwSignal<String>,
    is_required: impl Fn() -> bool + Send + Sync + 'static,
) -> AnyView {
    let label = move || {
        if is_required() {
            "Reason (for the history)"
        } else {
            "Reason (optional, for the history)"
        }
    };
    view! {
        <label class="reason">
            <span>{label}</span>
            <input
                type="text"
                id=id
                maxlength="500"
                autocomplete="off"
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
            />
        </label>
    }
}
