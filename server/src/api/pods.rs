//! Pods.

use api::{
    Page, Precondition, Problem,
    audit::{Action, Target},
    lint::About,
    page::Order,
    pod::{PodColumn, PodDeleted, PodDetail, PodQuery, PodRow, PodStateName},
};
use axum::extract::State as Shared;
use domain::annotation;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Preconditions},
};

use super::paging::{self, Asked, Key, Value};
use crate::{
    caller::{Caller, Readable},
    change::record,
    error::{Error, from_kube},
    extract::{BasedOn, Json, Path, Query},
    history::Intent,
    remarks,
    state::State,
};

/// List pods
///
/// Each says what it runs against what is in force.
#[utoipa::path(get, path = api::path::PODS, tag = "workloads", operation_id = "listPods", params(PodQuery), responses(
    (status = 200, body = Page<PodRow>),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list pods there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<PodQuery>,
) -> Result<Json<Page<PodRow>>, Error> {
    let order = query.sort.unwrap_or(Order {
        by: PodColumn::Namespace,
        descending: false,
    });
    let asked = Asked::of("pods", order, query.limit, query.cursor.as_deref())?;
    state.cluster.ready()?;
    let snapshot = state.cluster.snapshot().await;
    let visible = caller
        .shown(
            Readable::Pods,
            query.namespace.as_deref(),
            &snapshot.namespace_names(),
        )
        .await?;
    let is_searched = paging::search(query.q.as_deref());
    let rows = snapshot
        .pods
        .iter()
        .filter(|row| visible.includes(&row.namespace) && is_searched(&row.name))
        .filter(|row| query.state.is_none_or(|state| row.state.name() == state))
        .filter(|row| query.sidecar.is_none_or(|sidecar| row.sidecar == sidecar))
        .filter(|row| match &query.owner {
            None => true,
            Some(name) => row.owner.as_ref().is_some_and(|owner| owner.name == *name),
        });
    Ok(Json(asked.page(rows.collect(), |row| Key {
        column: value(row, order.by),
        namespace: &row.namespace,
        name: &row.name,
    })))
}

fn value(row: &PodRow, column: PodColumn) -> Value<'_> {
    match column {
        PodColumn::Name => Value::text(&row.name),
        PodColumn::Namespace => Value::Nothing,
        PodColumn::Status => Value::text(&row.status),
        PodColumn::Restarts => Value::Number(row.restarts.into()),
        PodColumn::Node => Value::text(row.node.as_deref().unwrap_or_default()),
        PodColumn::Owner => Value::text(row.owner.as_ref().map_or("", |owner| &owner.name)),
        // What asks for attention first.
        PodColumn::State => Value::Number(match row.state.name() {
            PodStateName::Stale => 0,
            PodStateName::Unknown => 1,
            PodStateName::Current => 2,
            PodStateName::NotApplicable => 3,
        }),
        PodColumn::Created => Value::text(row.created.as_deref().unwrap_or_default()),
    }
}

/// Get a pod
///
/// The values in force for the next pod in its place, the values that this one was given, and where they differ.
#[utoipa::path(get, path = api::path::POD, tag = "workloads", operation_id = "getPod",
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = PodDetail),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such pod"),
    )
)]
pub(super) async fn get(
    Shared(state): Shared<State>,
    caller: Caller,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Json<PodDetail>, Error> {
    state.cluster.ready()?;
    let pod = caller.read("pod", &namespace, &name).await?;
    let mut detail = detail(&state, &pod);
    let (kind, owner) = match &detail.row.owner {
        Some(owner) => (owner.kind.clone(), owner.name.clone()),
        None => ("Pod".to_owned(), name),
    };
    let thing = About {
        kind,
        namespace,
        name: owner,
    };
    detail.lints = remarks::about(&state, &caller, &thing).await;
    Ok(Json(detail))
}

/// Delete a pod
///
/// Exactly this one: `If-Match` carries its uid. A pod that a controller owns comes again, with the settings in force.
#[utoipa::path(delete, path = api::path::POD, tag = "workloads", operation_id = "deletePod",
    params(
        ("namespace" = String, Path), ("name" = String, Path),
        ("If-Match" = String, Header, description = "The pod's uid, in double quotes"),
    ),
    responses(
        (status = 202, body = PodDeleted, description = "The cluster ends the pod"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not delete it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such pod"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "Another pod has this name now"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` is missing"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The history takes no record, so nothing was done"),
    )
)]
pub(super) async fn delete(
    Shared(state): Shared<State>,
    caller: Caller,
    BasedOn(based_on): BasedOn,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<(http::StatusCode, Json<PodDeleted>), Error> {
    let Precondition::Version(uid) = based_on else {
        return Err(Error::BadPrecondition(
            "a delete needs `If-Match` with the pod's uid".into(),
        ));
    };
    state.cluster.ready()?;
    let pod: Pod = caller.read("pod", &namespace, &name).await?;
    let before = detail(&state, &pod);
    let replaced_by = before.row.owner.clone();
    let other_pod = {
        let (what, current) = (
            format!("pod `{namespace}/{name}`"),
            serde_json::to_value(&before).ok(),
        );
        move || Error::ChangedMeanwhile { what, current }
    };
    if pod.uid().as_deref() != Some(&uid) {
        return Err(other_pod());
    }
    let intent = Intent {
        actor: caller.actor.to_string(),
        action: Action::DeletePod,
        target: Target {
            kind: "Pod".into(),
            namespace: namespace.clone(),
            name: name.clone(),
        },
        reason: None,
        before: Some(serde_json::json!({ "uid": uid, "node": before.row.node, "state": before.row.state })),
        after: None,
        based_on: Some(uid.clone()),
        outside: None,
    };
    let (change, ()) = record(&state.history, intent, |()| None, async move {
        let exactly_this = DeleteParams {
            preconditions: Some(Preconditions {
                uid: Some(uid),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        match Api::<Pod>::namespaced(caller.client, &namespace)
            .delete(&name, &exactly_this)
            .await
        {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_conflict() => Err(other_pod()),
            // It went by itself between our read and the delete: that is what was asked for.
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(error) => Err(from_kube(error, &format!("delete pod `{namespace}/{name}`"))),
        }
    })
    .await?;
    Ok((
        http::StatusCode::ACCEPTED,
        Json(PodDeleted { change, replaced_by }),
    ))
}

fn detail(state: &State, pod: &Pod) -> PodDetail {
    let judged = state.cluster.judging(|judge| judge.judge(pod));
    judged.detail(pod.annotations().get(annotation::APPLIED).cloned())
}
