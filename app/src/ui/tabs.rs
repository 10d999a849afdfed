//! Tabs that are links: which one is open, the address says.

use crate::prelude::*;

/// Links to pages that stand beside one another: address, name, and whether it is this one.
#[component]
pub(crate) fn Tabs(label: &'static str, tabs: Vec<(String, &'static str, bool)>) -> impl IntoView {
    let tabs = tabs
        .into_iter()
        .map(|(to, name, here)| {
            view! { <li><a href=to aria-current=here.then_some("page")>{name}</a></li> }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{tabs}</ul>
        </nav>
    }
}
