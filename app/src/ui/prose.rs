//! A sentence from the API, in which backticks mark what is typed or named.

use leptos::prelude::*;

/// The sentence, with what stands between backticks as code.
#[component]
pub(crate) fn Prose(text: String) -> impl IntoView {
    text.split('`')
        .enumerate()
        .map(|(n, part)| {
            let part = part.to_owned();
            if n % 2 == 1 {
                view! { <code>{part}</code> }.into_any()
            } else {
                part.into_any()
            }
        })
        .collect_view()
}
