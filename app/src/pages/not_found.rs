//! An address that no page has; the server answers it with 404.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_location};

use crate::{routes, ui::empty::Empty};

/// Says which address it was, and leads back.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    let path = use_location().pathname;
    view! {
        <Title text="Page not found"/>
        <Empty title="Page not found">
            <p>"There is no page at " <code>{move || path.get()}</code> "."</p>
            <p><A href=routes::MESH>"Go to Mesh Management"</A></p>
        </Empty>
    }
}
