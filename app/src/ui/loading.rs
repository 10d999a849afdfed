//! Waiting for the first answer.

use leptos::prelude::*;

/// Says what is being read, and keeps its place.
#[component]
pub(crate) fn Loading(what: &'static str) -> impl IntoView {
    view! {
        <div class="loading panel" role="status">
            <p>{format!("Reading {what}…")}</p>
            <span class="loading-line" aria-hidden="true"></span>
            <span class="loading-line" aria-hidden="true"></span>
            <span class="loading-line" aria-hidden="true"></span>
        </div>
    }
}
