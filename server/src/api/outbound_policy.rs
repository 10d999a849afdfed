//! Outbound Traffic Policy.

use api::{
    Problem,
    outbound_policy::{OutboundPolicy, RevisionPolicy, SaveOutboundPolicy},
};
use axum::extract::State as Shared;

use crate::{
    caller::Caller,
    error::Error,
    extract::{BasedOn, Json, Path, Versioned},
    outbound_policy,
    state::State,
};

/// Get the Outbound Traffic Policy
///
/// What each revision does with a destination that nothing in the mesh declares, what overrides it for some workloads, and
/// what is declared.
#[utoipa::path(get, path = api::path::OUTBOUND_POLICY, tag = "mesh", operation_id = "getOutboundTrafficPolicy",
    responses((status = 200, body = OutboundPolicy)))]
pub(super) async fn get(Shared(state): Shared<State>, caller: Caller) -> Result<Json<OutboundPolicy>, Error> {
    Ok(Json(outbound_policy::get(&state, &caller).await?))
}

/// Get the Outbound Traffic Policy of a revision
///
/// `ETag` is the version for a write.
#[utoipa::path(get, path = api::path::OUTBOUND_POLICY_OF, tag = "mesh", operation_id = "getOutboundTrafficPolicyOfRevision",
    params(("revision" = String, Path)),
    responses(
        (status = 200, body = RevisionPolicy),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such revision"),
    )
)]
pub(super) async fn get_one(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(revision): Path<String>,
) -> Result<Versioned<RevisionPolicy>, Error> {
    Ok(answer(
        outbound_policy::get_one(&state, &caller, &revision).await?,
    ))
}

/// Save the Outbound Traffic Policy of a revision
///
/// One value in the text of the mesh configuration changes, and not a byte besides. It holds at once for running pods:
/// nothing needs a restart. `taken` says whether istiod goes by it, where that can be known.
#[utoipa::path(put, path = api::path::OUTBOUND_POLICY_OF, tag = "mesh", operation_id = "putOutboundTrafficPolicy",
    params(("revision" = String, Path), ("If-Match" = Option<String>, Header, description = "The version that this is based on, in double quotes")),
    request_body = SaveOutboundPolicy,
    responses(
        (status = 200, body = RevisionPolicy, description = "Saved"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not write it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such revision"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The owner of the ConfigMap would undo it"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "It changed meanwhile; `current` has the state now"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The mode is none, or the text cannot be changed safely"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` is missing"),
    )
)]
pub(super) async fn put(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(revision): Path<String>,
    based_on: BasedOn,
    Json(body): Json<SaveOutboundPolicy>,
) -> Result<Versioned<RevisionPolicy>, Error> {
    Ok(answer(
        outbound_policy::save(&state, &caller, &revision, based_on.0, body).await?,
    ))
}

fn answer(policy: RevisionPolicy) -> Versioned<RevisionPolicy> {
    Versioned {
        version: policy.version.clone(),
        body: policy,
    }
}
