//! A button that opens a few more: the browser's own popover, which closes by Esc or a press elsewhere.

use leptos::html;

use crate::prelude::*;

use super::use_hydrated;

/// A button named `label` that opens its children, [`MenuItem`]s. `of` says of what, for those who cannot see the row.
#[component]
pub(crate) fn Menu(
    /// Unique in the page.
    id: String,
    label: &'static str,
    #[prop(into)] of: String,
    children: Children,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let place = NodeRef::<html::Div>::new();
    provide_context(MenuPlace(place));
    view! {
        <button
            type="button"
            class="button small"
            popovertarget=id.clone()
            disabled=move || !hydrated.get()
            aria-label=format!("{label}: {of}")
        >
            {label}
        </button>
        <div class="menu" id=id popover="auto" node_ref=place>{children()}</div>
    }
}

#[derive(Clone, Copy)]
struct MenuPlace(NodeRef<html::Div>);

/// One of a menu's buttons.
#[component]
pub(crate) fn MenuItem(#[prop(into)] on_press: Callback<()>, children: Children) -> impl IntoView {
    let MenuPlace(place) = expect_context();
    let press = move |_| {
        // Closed first, so that the focus is back on the menu's button before a dialog takes it, and returns there.
        if let Some(place) = place.get_untracked() {
            let _ = place.hide_popover();
        }
        on_press.run(());
    };
    view! { <button type="button" class="menu-item" on:click=press>{children()}</button> }
}
