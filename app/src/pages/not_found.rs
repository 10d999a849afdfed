//! An address that no page has; the server answers it with 404.

use crate::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::{components::live, routes};

/// What a server that renders a page puts into its context, to be told that there is none: of some addresses only the page
/// itself knows.
#[derive(Clone, Copy)]
pub struct OnNotFound(pub fn());

/// Says which address it was, and leads back.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    let path = use_location().pathname;
    live::start();
    if let Some(OnNotFound(tell)) = use_context() {
        tell();
    }
    view! {
        <Title text="Page not found"/>
        <header class="page-header">
            <div class="page-title"><h1>"Page not found"</h1></div>
        </header>
        <section class="panel">
            <p>"There is no page at " <code>{move || path.get()}</code> "."</p>
            <p><a href=routes::MESH>"Go to Mesh Management"</a></p>
        </section>
    }
}
