//! Live proof: requests that are really sent from inside pods.

use api::{
    Page, Problem,
    verification::{AskVerification, Verification, VerificationQuery, VerificationRow},
};
use axum::extract::State as Shared;

use super::paging;
use crate::{
    caller::Caller,
    error::Error,
    extract::{Json, Path, Query},
    state::State,
    verify,
};

/// Ask from inside a pod
///
/// One request is sent by a program in one of the pod's containers, with the caller's right to run commands there; whether it
/// went through Envoy, round it, or was refused by it, is judged by what Envoy counted meanwhile and by the answer. Where
/// these do not suffice, or contradict each other, the verdict is `not-proven`. The answer comes at once; how it goes on is
/// read under the id.
///
/// With `registryOnly` Envoy refuses meanwhile what nothing declares: for the workload alone, or for its whole revision. That
/// blocks traffic, so it is refused until `confirm` says what; the console's own account undoes it, also after a crash.
#[utoipa::path(post, path = api::path::VERIFICATIONS, tag = "verifications", operation_id = "verify", request_body = AskVerification, responses(
    (status = 201, body = Verification, description = "It is under way"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not run commands in the pod"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such pod"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Under `REGISTRY_ONLY`: it has to be confirmed (`current` says what, and what it blocks), or something is in the way"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A field breaks rules"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many are under way"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "It cannot be recorded, so nothing is sent"),
))]
pub(super) async fn ask(
    Shared(state): Shared<State>,
    caller: Caller,
    Json(asked): Json<AskVerification>,
) -> Result<(http::StatusCode, Json<Verification>), Error> {
    let begun = verify::ask(&state, &caller, asked).await?;
    Ok((http::StatusCode::CREATED, Json(begun)))
}

/// List verifications
///
/// Newest first. A caller sees those from namespaces whose pods they may list.
#[utoipa::path(get, path = api::path::VERIFICATIONS, tag = "verifications", operation_id = "listVerifications", params(VerificationQuery), responses(
    (status = 200, body = Page<VerificationRow>),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list pods there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<VerificationQuery>,
) -> Result<Json<Page<VerificationRow>>, Error> {
    let limit = paging::limit(query.limit)?;
    Ok(Json(verify::list(&state, &caller, &query, limit).await?))
}

/// Get a verification
///
/// The question, the facts, what they prove, and which of them decided. It is the evidence: it never changes once it is over.
#[utoipa::path(get, path = api::path::VERIFICATION, tag = "verifications", operation_id = "getVerification",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Verification),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is none, or the caller may not see it"),
    )
)]
pub(super) async fn get(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Verification>, Error> {
    Ok(Json(verify::find(&state, &caller, &id).await?))
}
