//! The description of the API, and the answer to a method that a path does not have.

use api::Problem;
use axum::{Router, response::Response, routing::get};
use utoipa::openapi::OpenApi;

use crate::{error::respond, extract::Json, state::State};

pub(super) fn router(document: OpenApi) -> Router<State> {
    Router::new().route(api::path::OPENAPI, get(|| async move { Json(document) }))
}

pub(super) async fn wrong_method() -> Response {
    respond(
        &Problem::new(
            405,
            "wrong-method",
            "This path does not take that method",
            "see `Allow`",
        )
        .with_way_out(format!(
            "what each path takes is described at {}",
            api::path::OPENAPI
        )),
    )
}
