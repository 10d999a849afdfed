//! Waiting for the first answer.

use crate::prelude::*;

/// How many rows are drawn: about what a first look shows.
const ROWS: usize = 6;

/// Says what is being read, and draws the rows that are coming, in their place.
#[component]
pub(crate) fn Loading(what: &'static str) -> impl IntoView {
    let rows = (0..ROWS)
        .map(|_| {
            view! { <div class="loading-row"><span></span><span></span><span></span><span></span></div> }
        })
        .collect_view();
    view! {
        <div class="loading" role="status">
            <span class="visually-hidden">{format!("Reading {what}…")}</span>
            <div class="loading-rows" aria-hidden="true">{rows}</div>
        </div>
    }
}
