//! A button that does something in the browser.

use crate::prelude::*;

use super::use_hydrated;

/// Off until the browser has taken over, and while its work is under way.
#[component]
pub(crate) fn Button(
    #[prop(into)] on_press: Callback<()>,
    #[prop(optional, into)] busy: Signal<bool>,
    /// More classes: `primary`, `danger`, `small`, `link`.
    #[prop(optional)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let hydrated = use_hydrated();
    view! {
        <button
            type="button"
            class=["button ", class].concat()
            disabled=move || !hydrated.get()
            // Not `disabled`: that would take the focus from a reader who uses the keyboard.
            aria-disabled=move || busy.get().then_some("true")
            on:click=move |_| if !busy.get_untracked() { on_press.run(()) }
        >
            {children()}
        </button>
    }
}
