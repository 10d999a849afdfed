//! A button that does something in the browser.

use crate::prelude::*;

use super::{prose::Prose, use_hydrated};

/// Off until the browser has taken over, and while its work is under way.
#[component]
pub(crate) fn Button(
    #[prop(into)] on_press: Callback<()>,
    #[prop(optional, into)] busy: Signal<bool>,
    /// Why the reader may not press it, for `Prose`; it then stands beside the button, which does nothing.
    #[prop(optional, into)]
    refused: Signal<Option<String>>,
    /// More classes: `primary`, `danger`, `small`, `link`.
    #[prop(optional)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let is_off = move || busy.get() || refused.with(Option::is_some);
    view! {
        <button
            type="button"
            class=["button ", class].concat()
            disabled=move || !hydrated.get()
            // Not `disabled`: that would take the focus from a reader who uses the keyboard.
            aria-disabled=move || is_off().then_some("true")
            on:click=move |_| if !untrack(is_off) { on_press.run(()) }
        >
            {children()}
        </button>
        {move || refused.get().map(|text| view! { <p class="refused"><Prose text/></p> })}
    }
}
