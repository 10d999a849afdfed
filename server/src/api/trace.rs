//! What happens to packets.

use api::{
    Problem,
    lint::About,
    pod::PodRow,
    trace::{TraceQuery, TraceQuestion, TraceView},
};
use axum::extract::State as Shared;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};

use crate::{
    caller::{Caller, Readable},
    cluster::packets,
    error::Error,
    extract::{Json, Query},
    state::State,
};

/// Say what happens to a packet
///
/// Round the sidecar or to it, by which rule and which setting: in this pod, or all pods of a Deployment, and in the next one.
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
    if let Some(deployment) = &question.deployment {
        return of_deployment(&state, &caller, &query.namespace, deployment, &question).await;
    }
    let pod: Pod = caller.read("pod", &query.namespace, &query.pod).await?;
    let packet = question.packet(packets::address(&pod));
    let packet = packet.map_err(|problem| Error::Invalid(vec![problem]))?;
    Ok(Json(
        state
            .cluster
            .judging(|judge| packets::traced(judge, &pod, &packet)),
    ))
}

/// The pods that the Deployment has now, each with its answer, and the next one's.
async fn of_deployment(
    state: &State,
    caller: &Caller,
    namespace: &str,
    name: &str,
    question: &TraceQuestion,
) -> Result<Json<TraceView>, Error> {
    let _: Deployment = caller.read("Deployment", namespace, name).await?;
    caller.must_read(Readable::Pods, namespace).await?;
    let snapshot = state.cluster.snapshot().await;
    let is_its_own = |row: &&PodRow| {
        let owner = row.owner.as_ref();
        row.namespace == namespace
            && owner.is_some_and(|owner| owner.kind == "Deployment" && owner.name == name)
    };
    let pods = snapshot.pods.iter().filter(is_its_own);
    let pods: Vec<_> = pods
        .filter_map(|row| state.cluster.stores.pods.get(namespace, &row.name))
        .collect();
    let views = state.cluster.judging(|judge| {
        // One that has no address yet has no answer yet.
        let asked = pods
            .iter()
            .filter_map(|pod| Some((pod, question.packet(packets::address(pod)).ok()?)));
        asked
            .map(|(pod, packet)| packets::traced(judge, pod, &packet))
            .collect()
    });
    let thing = About {
        kind: "Deployment".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    Ok(Json(packets::together(thing, views)))
}
