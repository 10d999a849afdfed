//! Nothing to show, said in words.

use crate::prelude::*;

/// A title and what to do next.
#[component]
pub(crate) fn Empty(#[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <div class="empty">
            <h3>{title}</h3>
            {children()}
        </div>
    }
}

/// Where a page of a list lies beyond its end, as of an address that was kept: what stood there has gone.
pub(crate) fn past_the_end(first: String) -> AnyView {
    view! {
        <Empty title="Nothing more here">
            <p>"What stood here is gone, or stands on another page by now."</p>
            <p><a href=first>"Go to the first page"</a></p>
        </Empty>
    }
}
