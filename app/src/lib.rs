//! The console's pages.
//!
//! One data path: pages take [`api::Client`] from context and read through it. On the server its transport is the
//! router itself, in the browser it is `fetch`; nothing here can tell which. [`shell`] is the document, [`App`] what is
//! in its body, on both sides.
#![expect(
    clippy::must_use_candidate,
    reason = "a component is used by the `view!` that names it"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "a component takes its properties by value"
)]
#![expect(
    unreachable_pub,
    reason = "`#[component]` writes `pub` whatever the component's own visibility is"
)]

mod components;
mod document;
mod layout;
mod pages;
mod prelude;
pub mod routes;
mod ui;

pub use document::shell;
pub use layout::App;
pub use pages::not_found::OnNotFound;

/// Takes over the page that the server rendered.
#[cfg(all(feature = "hydrate", target_arch = "wasm32"))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    #[cfg(feature = "panic-words")]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_lazy(|| {
        leptos::prelude::provide_context(api::Client::new(api::fetch::Fetch));
        App()
    });
}
