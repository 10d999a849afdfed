//! What happens to packets.

use api::{
    Problem,
    lint::About,
    trace::{TraceQuery, TraceQuestion, TraceView},
};
use axum::extract::State as Shared;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{api::ListParams, core::Selector};

use crate::{
    caller::{Caller, Readable},
    cluster::{packets, pods::owner},
    error::Error,
    extract::{Json, Query},
    state::State,
};

/// How many pods that a Deployment selects are looked at.
const LOOKED_AT: usize = 500;
/// How many of them are read, and held, at a time.
const PAGE: u32 = 100;

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
    let deployment: Deployment = caller.read("Deployment", namespace, name).await?;
    caller.must_read(Readable::Pods, namespace).await?;
    let selector = deployment.spec.map(|spec| spec.selector).unwrap_or_default();
    // One that cannot be read selects everything: whose a pod is, its owner says.
    let selector = Selector::try_from(selector).unwrap_or_default();
    let mut page = ListParams::default().labels_from(&selector).limit(PAGE);
    let is_its_own = |pod: &&Pod| {
        let owner = owner(&state.cluster.stores, pod);
        owner.is_some_and(|owner| owner.kind == "Deployment" && owner.name == name)
    };
    let (mut views, mut looked_at) = (Vec::new(), 0);
    // Read from the cluster: what the watch keeps of a pod lacks what rules are made with, its environment above all.
    let is_whole = loop {
        let read = caller.list::<Pod>("pods", namespace, &page).await?;
        let pods = read.items.iter().filter(is_its_own);
        // One that has no address yet has no answer yet.
        let asked = pods.filter_map(|pod| Some((pod, question.packet(packets::address(pod)).ok()?)));
        state.cluster.judging(|judge| {
            views.extend(asked.map(|(pod, packet)| packets::traced(judge, pod, &packet)));
        });
        looked_at += read.items.len();
        page.continue_token = read.metadata.continue_.filter(|token| !token.is_empty());
        if page.continue_token.is_none() || looked_at >= LOOKED_AT {
            break page.continue_token.is_none();
        }
    };
    let thing = About {
        kind: "Deployment".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let mut view = packets::together(thing, views);
    if !is_whole {
        let only = format!("only the first {looked_at} pods were looked at");
        view.note.get_or_insert(only);
    }
    Ok(Json(view))
}
