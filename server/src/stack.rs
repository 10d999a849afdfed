//! The middle of the stack: what every request passes, whoever answers it.

use std::{net::SocketAddr, time::Duration};

use api::Problem;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tower_http::{
    catch_panic::CatchPanicLayer,
    csrf::CsrfLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};

use crate::{error::respond, extract::BODY_LIMIT};

/// The header with a request's id, taken over from whoever stands in front, made here otherwise.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long an answer may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Puts the stack around `router`. `loopback`: only requests that name this machine are answered, so that a page of
/// somebody else's cannot reach the console through a name that it points here (DNS rebinding).
pub(crate) fn around(router: Router, loopback: bool) -> Router {
    let set = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let router = if loopback {
        router.layer(from_fn(only_loopback_names))
    } else {
        router
    };
    router
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(time_out))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CsrfLayer::new().with_rejection_response(|_| respond(&cross_site())))
        .layer(from_fn(name_request_in_problem))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(TraceLayer::new_for_http().on_failure(()).make_span_with(|request: &Request| {
            let id = request
                .headers()
                .get(REQUEST_ID)
                .and_then(|id| id.to_str().ok())
                .unwrap_or_default();
            tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
        }))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .layer(set(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ))
        .layer(set(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
}

/// The part of the stack that a page's own requests need: a problem that it shows names the page's request.
pub(crate) fn naming_requests(api: Router) -> Router {
    api.layer(from_fn(name_request_in_problem))
}

async fn time_out(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => respond(
            &Problem::new(
                504,
                "time-out",
                "The answer took too long",
                format!("no answer within {} s", TIMEOUT.as_secs()),
            )
            .with_way_out("if this was a write, the history shows what came of it"),
        ),
    }
}

/// Puts the request's id into the problem, where a person can copy it from.
async fn name_request_in_problem(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).cloned();
    let response = next.run(request).await;
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == api::problem::MEDIA_TYPE.as_bytes());
    let (Some(id), true) = (id.and_then(|id| id.to_str().ok().map(str::to_owned)), is_problem) else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let named = serde_json::from_slice::<Problem>(&bytes)
        .and_then(|problem| {
            serde_json::to_vec(&Problem {
                request_id: Some(id),
                ..problem
            })
        })
        .unwrap_or_else(|_| bytes.to_vec());
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, named.into())
}

async fn only_loopback_names(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    // No name at all: a request that this process made itself.
    if host.is_none_or(is_loopback_name) {
        next.run(request).await
    } else {
        respond(
            &Problem::new(
                421,
                "wrong-host",
                "This console answers only on this machine",
                "`Host` names something else",
            )
            .with_way_out("open http://127.0.0.1 with the console's port"),
        )
    }
}

fn is_loopback_name(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost"
        || name
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| ip.is_loopback())
        || host == "[::1]"
}

fn cross_site() -> Problem {
    Problem::new(
        403,
        "cross-site",
        "Another site asked for this change",
        "the request comes from a page of another origin",
    )
    .with_way_out("make the change from the console itself, or without a browser's `Origin` header")
}

/// A panic ends one request, not the process. Its message went to the log by the panic hook; here only that it was this
/// request.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request panicked");
    let problem = Problem::new(
        500,
        "internal",
        "Something is wrong in Sidestep",
        "the server's log has the details under this request's id",
    )
    .with_way_out("please report it");
    respond(&problem)
}

/// The answer where nothing has this path.
pub(crate) async fn not_found() -> Response {
    respond(
        &Problem::new(
            404,
            "no-such-path",
            "There is nothing here",
            "no operation has this path",
        )
        .with_way_out(format!("what there is is described at {}", api::path::OPENAPI)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost:8080",
            "localhost",
            "[::1]:8080",
            "[::1]",
            "127.8.8.8",
        ] {
            assert!(is_loopback_name(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:8080",
            "10.0.0.1:8080",
            "localhost.evil.example",
            "",
        ] {
            assert!(!is_loopback_name(host), "{host}");
        }
    }
}
