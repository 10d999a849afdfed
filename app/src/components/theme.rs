//! Light, dark, or as the reader's system has it.

use leptos::html::Select;

use crate::prelude::*;

/// Where the choice is kept; the document's first script reads it too.
const KEY: &str = "theme";

/// A choice of three that takes effect at once and is kept in this browser.
#[component]
pub(crate) fn ThemeChoice() -> impl IntoView {
    let choice = NodeRef::<Select>::new();
    // The server cannot know what this browser keeps: shown once the browser has taken over.
    Effect::new(move |_| {
        let kept = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
        if let (Some(select), Some(kept)) = (choice.get(), kept) {
            select.set_value(&kept);
        }
    });
    view! {
        <label class="theme-choice">
            <span class="visually-hidden">"Theme"</span>
            <select node_ref=choice on:change=move |event| choose(&event_target_value(&event))>
                <option value="">"System theme"</option>
                <option value="light">"Light"</option>
                <option value="dark">"Dark"</option>
            </select>
        </label>
    }
}

fn choose(theme: &str) {
    let Some(page) = document().document_element() else {
        return;
    };
    // Both can only fail where the browser forbids storage: the choice then lasts as long as the page.
    if theme.is_empty() {
        let _ = page.remove_attribute("data-theme");
        let _ = storage().map(|storage| storage.remove_item(KEY));
    } else {
        let _ = page.set_attribute("data-theme", theme);
        let _ = storage().map(|storage| storage.set_item(KEY, theme));
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}
