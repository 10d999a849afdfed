//! What happens to packets.

use api::{
    Problem,
    trace::{TraceQuery, TraceView},
};
use axum::extract::State as Shared;
use k8s_openapi::api::core::v1::Pod;

use crate::{
    caller::Caller,
    cluster::packets,
    error::Error,
    extract::{Json, Query},
    state::State,
};

/// Say what happens to a packet
///
/// Round the sidecar or to it, by which rule and which setting: in this pod, and in the next one in its place.
#[utoipa::path(get, path = api::path::TRACE, tag = "workloads", operation_id = "trace", params(TraceQuery), responses(
    (status = 200, body = TraceView),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read the pod"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such pod"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<TraceQuery>,
) -> Result<Json<TraceView>, Error> {
    let question = query.read().map_err(Error::Invalid)?;
    state.cluster.ready()?;
    let pod: Pod = caller.read("pod", &query.namespace, &query.pod).await?;
    let packet = question.packet(packets::address(&pod));
    let packet = packet.map_err(|problem| Error::Invalid(vec![problem]))?;
    Ok(Json(
        state
            .cluster
            .judging(|judge| packets::traced(judge, &pod, &packet)),
    ))
}
