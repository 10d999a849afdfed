//! What surrounds every page: top bar, side navigation, and the pages' place.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{A, Route, Router, Routes},
    path,
};

use crate::{
    components::theme::ThemeChoice,
    pages::{mesh::MeshPage, not_found::NotFound},
    routes,
};

/// The whole console. It reads nothing itself: the server also runs it without a request, to list the routes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // Pages are rendered whole: they then say the same without scripts, and their data is a moment away.
    view! {
        <Title formatter=|title: String| format!("{title} · Sidestep")/>
        <Router>
            <a class="skip-link" href="#content">"Skip to content"</a>
            <header class="top-bar">
                <A href=routes::mesh() attr:class="brand">
                    <Mark/>
                    "Sidestep"
                </A>
                <ThemeChoice/>
            </header>
            <div class="frame">
                <nav class="side-navigation" aria-label="Pages">
                    <ul>
                        <li><A href=routes::mesh() exact=true>"Mesh Management"</A></li>
                    </ul>
                </nav>
                <main id="content" tabindex="-1">
                    <Routes fallback=NotFound>
                        <Route path=path!("/") view=MeshPage ssr=SsrMode::Async/>
                    </Routes>
                </main>
            </div>
        </Router>
    }
}

/// Our mark: a packet that goes round.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <rect x="9" y="11" width="6" height="10" rx="1.5" class="mark-proxy"/>
            <path d="M2 16h2.5c2 0 2.5-1 3-3 .8-3.4 2-6 4.5-6s3.7 2.6 4.5 6c.5 2 1 3 3 3H22" class="mark-path"/>
        </svg>
    }
}
