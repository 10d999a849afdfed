//! A value on the page.

use crate::prelude::*;

pub(crate) use api::words::{origin_words, value_words};

/// A value: as code, or in words where it is empty.
#[component]
pub(crate) fn ValueText(#[prop(into)] text: String, #[prop(into)] origin: String) -> impl IntoView {
    let words = value_words(&text, &origin);
    if text.is_empty() {
        view! { <span class="no-value">{words}</span> }.into_any()
    } else {
        view! { <code>{words}</code> }.into_any()
    }
}
