//! Everything that the console answers, on one screen. The webhook has a listener of its own: [`crate::admission`].

use std::path::Path;

use axum::Router;
use leptos::config::LeptosOptions;
use tower_http::{compression::CompressionLayer, services::ServeDir};

use crate::{api, health, ssr, stack, state::State};

/// How the console is served.
#[derive(Clone, Debug)]
pub struct Serving {
    /// The folder with the built site; `None`: no pages, only the API.
    pub site: Option<std::path::PathBuf>,
    /// Answer only requests that name this machine.
    pub loopback: bool,
}

/// The console: API, pages, static files, health.
pub fn router(state: &State, serving: &Serving) -> Router {
    let api = api::router().with_state(state.clone());
    let mut router = Router::new()
        .merge(api.clone())
        .merge(health::router().with_state(state.clone()));
    if let Some(site) = &serving.site {
        router = router
            .merge(ssr::router(api.clone(), options(site)))
            .nest_service("/pkg", files(&site.join("pkg")));
    }
    let router = router.fallback(stack::not_found).layer(CompressionLayer::new());
    stack::around(router, serving.loopback)
}

/// The API alone, as tests and server-side rendering talk to it.
pub fn api_only(state: &State) -> Router {
    stack::around(
        api::router().with_state(state.clone()).fallback(stack::not_found),
        false,
    )
}

fn files(folder: &Path) -> ServeDir {
    ServeDir::new(folder).precompressed_br().precompressed_gzip()
}

fn options(site: &Path) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("sidestep")
        .site_root(site.to_string_lossy().into_owned())
        .build()
}
