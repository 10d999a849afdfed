//! Everything that the console answers, on one screen. The webhook has a listener of its own: [`crate::admission`].

use std::path::Path;

use axum::{Router, routing::any};
use http::{HeaderValue, header};
use leptos::config::LeptosOptions;
use tower_http::{compression::CompressionLayer, services::ServeDir, set_header::SetResponseHeaderLayer};

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
        .merge(health::router().with_state(state.clone()))
        .route("/api/{*path}", any(stack::not_found));
    router = match &serving.site {
        Some(site) => router
            .nest("/pkg", files(&site.join("pkg")))
            .merge(ssr::router(stack::naming_requests(api), options(site))),
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

/// The built site's files. Their names stay the same from build to build: a browser asks each time, and gets 304.
fn files(folder: &Path) -> Router {
    let revalidate =
        SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Router::new()
        .fallback_service(ServeDir::new(folder).precompressed_br().precompressed_gzip())
        .layer(revalidate)
}

fn options(site: &Path) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("sidestep")
        .site_root(site.to_string_lossy().into_owned())
        .build()
}
