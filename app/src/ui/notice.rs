//! A sentence that stands out by its tone.

use crate::prelude::*;

use super::badge::Tone;

/// A title, and what it means.
#[component]
pub(crate) fn Notice(tone: Tone, #[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <div class="notice" data-tone=tone.name()>
            <p class="notice-title">{title}</p>
            {children()}
        </div>
    }
}
