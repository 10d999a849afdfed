//! `/healthz`: the process lives. `/readyz`: it can do its work, or what is missing.

use axum::{
    Router,
    extract::State as Shared,
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use serde::Serialize;

use crate::{extract::Json, state::State};

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
}

pub(crate) fn router() -> Router<State> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
}

async fn ready(Shared(state): Shared<State>) -> Response {
    let missing = state.cluster.missing();
    let status = if missing.is_none() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(Readiness {
            ready: missing.is_none(),
            missing,
        }),
    )
        .into_response()
}
