//! Where a page of a list ends, and the way to the next.

use crate::prelude::*;

/// How many of how many are shown, with links to the first page and the next one.
#[component]
pub(crate) fn Pager(
    shown: usize,
    total: usize,
    /// Where the first page is, unless this is it.
    first: Option<String>,
    /// Where the next page is, unless this is the last.
    next: Option<String>,
) -> impl IntoView {
    let words = if shown == total {
        format!("{total} in all")
    } else {
        format!("{shown} of {total}")
    };
    view! {
        <nav class="pager" aria-label="Pages of the list">
            <span>{words}</span>
            {first.map(|to| view! { <a class="button small" href=to>"First page"</a> })}
            {next.map(|to| view! { <a class="button small" href=to rel="next">"Next page"</a> })}
        </nav>
    }
}
