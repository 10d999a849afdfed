//! Everything that the console answers, on one screen. The webhook has a listener of its own: [`crate::admission`].

use axum::{Router, routing::any};
use tower_http::compression::CompressionLayer;

use crate::{api, health, site::Site, ssr, stack, state::State};

/// How the console is served.
#[derive(Clone, Debug)]
pub struct Serving {
    /// The built site; `None`: no pages, only the API.
    pub site: Option<Site>,
    /// Answer only requests that name this machine.
    pub loopback: bool,
}

/// The console: API, pages, static files, health.
pub fn router(state: &State, serving: &Serving) -> Router {
    let api = api::router().with_state(state.clone());
    let mut router = Router::new()
        .merge(api.clone())
        .merge(health::router().with_state(state.clone()))
        .route("/api/{*path}", any(stack::not_found));
    router = match &serving.site {
        Some(site) => router
            .merge(site.files())
            .merge(ssr::router(stack::naming_requests(api), site.options())),
        None => router.fallback(stack::not_found),
    };
    stack::around(router, serving.loopback).layer(CompressionLayer::new())
}

/// The API alone, as tests and server-side rendering talk to it.
pub fn api_only(state: &State) -> Router {
    stack::around(
        api::router().with_state(state.clone()).fallback(stack::not_found),
        false,
    )
}
