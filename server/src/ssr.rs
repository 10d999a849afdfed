//! Pages: the app rendered on the server, its requests handed to the API router in this process.

use api::{Client, Problem, Reply, Response, Transport};
use app::{App, OnNotFound, shell};
use axum::{Router, body::Body};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header, request::Parts};
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};
use tower::ServiceExt;

use crate::stack;

/// The server's half of [`api::Client`]: the router itself, with the credentials of the page's request.
struct InProcess {
    api: Router,
    credentials: HeaderMap,
}

impl Transport for InProcess {
    fn send(&self, request: api::Request) -> Reply {
        let (api, credentials) = (self.api.clone(), self.credentials.clone());
        Box::pin(async move {
            let mut request = Request::<Vec<u8>>::try_from(request)?;
            request.headers_mut().extend(credentials);
            let response = match api.oneshot(request.map(Body::from)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX)
                .await
                .map_err(|error| Problem::unreachable(error.to_string()))?
                .to_vec();
            Ok(Response { status, body })
        })
    }
}

/// The pages as a router; a browser that asks for what no page has gets the page that says so. `api` answers their requests while they
/// are rendered.
pub(crate) fn router(api: Router, options: LeptosOptions) -> Router {
    let state = options.clone();
    let provide = move || {
        let credentials = use_context::<Parts>()
            .map(|parts| credentials(&parts.headers))
            .unwrap_or_default();
        provide_context(Client::new(InProcess {
            api: api.clone(),
            credentials,
        }));
        provide_context(OnNotFound(set_not_found));
        set_policy();
    };
    let missing = {
        let (provide, options) = (provide.clone(), options.clone());
        let render = render_app_async_with_context(
            move || {
                provide();
                set_not_found();
            },
            move || shell(options.clone()),
        );
        move |request: Request<Body>| async move {
            if wants_a_page(request.headers()) {
                render(request).await
            } else {
                stack::not_found().await
            }
        }
    };
    Router::new()
        .leptos_routes_with_context(&state, generate_route_list(App), provide, move || {
            shell(options.clone())
        })
        .fallback(missing)
        .with_state(state)
}

/// Whether it is a browser that asks, and not a program.
fn wants_a_page(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accepted.is_some_and(|accept| accept.contains("text/html"))
}

/// Of a page's request the API sees who asks and where from, nothing else.
fn credentials(headers: &HeaderMap) -> HeaderMap {
    const PASSED: [HeaderName; 4] = [
        header::AUTHORIZATION,
        header::COOKIE,
        header::HOST,
        stack::REQUEST_ID,
    ];
    PASSED
        .into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(name)?.clone())))
        .collect()
}

fn set_not_found() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
}

/// The page's Content-Security-Policy: scripts only with this page's nonce, WebAssembly, nothing inline, nothing foreign. The
/// editor of manifests writes a sheet of its own, with the nonce too.
fn set_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
