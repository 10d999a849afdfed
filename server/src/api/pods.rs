//! Pods.

use api::{
    Page, Precondition, Problem,
    audit::{Action, Target},
    lint::About,
    page::Order,
    pod::{PodBudget, PodColumn, PodDeleted, PodDetail, PodQuery, PodRow, PodStateName},
};
use axum::extract::State as Shared;
use domain::{annotation, restart::Budget};
use k8s_openapi::api::{core::v1::Pod, policy::v1::PodDisruptionBudget};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, EvictParams, ListParams, Preconditions},
    core::Status,
};

use super::paging::{self, Asked, Key, Value};
use crate::{
    budgets,
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
    let pod: Pod = caller.read("pod", &namespace, &name).await?;
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
    (detail.lints, detail.budgets) =
        futures::join!(remarks::about(&state, &caller, &thing), budgets(&caller, &pod));
    Ok(Json(detail))
}

/// Delete a pod
///
/// Exactly this one: `If-Match` carries its uid. A pod that a controller owns comes again, with the settings in force. No
/// PodDisruptionBudget is asked.
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
    end(&state, caller, based_on, &namespace, &name, End::Delete).await
}

/// Evict a pod
///
/// A delete that the PodDisruptionBudgets of its pods can refuse: exactly this one, `If-Match` carries its uid.
#[utoipa::path(post, path = api::path::POD_EVICTION, tag = "workloads", operation_id = "evictPod",
    params(
        ("namespace" = String, Path), ("name" = String, Path),
        ("If-Match" = String, Header, description = "The pod's uid, in double quotes"),
    ),
    responses(
        (status = 202, body = PodDeleted, description = "The cluster ends the pod"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not evict it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such pod"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "A PodDisruptionBudget does not let it go now"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "Another pod has this name now"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` is missing"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The history takes no record, so nothing was done"),
    )
)]
pub(super) async fn evict(
    Shared(state): Shared<State>,
    caller: Caller,
    BasedOn(based_on): BasedOn,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<(http::StatusCode, Json<PodDeleted>), Error> {
    end(&state, caller, based_on, &namespace, &name, End::Evict).await
}

/// How a pod is ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Delete,
    Evict,
}

async fn end(
    state: &State,
    caller: Caller,
    based_on: Precondition,
    namespace: &str,
    name: &str,
    how: End,
) -> Result<(http::StatusCode, Json<PodDeleted>), Error> {
    let Precondition::Version(uid) = based_on else {
        return Err(Error::BadPrecondition(
            "to end a pod needs `If-Match` with its uid".into(),
        ));
    };
    state.cluster.ready()?;
    let pod: Pod = caller.read("pod", namespace, name).await?;
    let before = detail(state, &pod);
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
    let (action, verb) = match how {
        End::Delete => (Action::DeletePod, "delete"),
        End::Evict => (Action::EvictPod, "evict"),
    };
    let intent = Intent {
        actor: caller.actor.to_string(),
        action,
        target: Target {
            kind: "Pod".into(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        },
        reason: None,
        before: Some(serde_json::json!({ "uid": uid, "node": before.row.node, "state": before.row.state })),
        after: None,
        based_on: Some(uid.clone()),
        outside: None,
        reverts: None,
    };
    let (owned_namespace, owned_name) = (namespace.to_owned(), name.to_owned());
    let (change, ()) = record(&state.history, intent, |()| None, async move {
        let (namespace, name) = (owned_namespace, owned_name);
        let exactly_this = DeleteParams {
            preconditions: Some(Preconditions {
                uid: Some(uid),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        let pods = Api::<Pod>::namespaced(caller.client, &namespace);
        let answer = match how {
            End::Delete => pods.delete(&name, &exactly_this).await.map(drop),
            End::Evict => {
                let how = EvictParams {
                    delete_options: Some(exactly_this),
                    ..EvictParams::default()
                };
                pods.evict(&name, &how).await.map(drop)
            }
        };
        match answer {
            Ok(()) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_conflict() => Err(other_pod()),
            // It went by itself between our read and the delete: that is what was asked for.
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(kube::Error::Api(status)) if how == End::Evict && is_budget(&status) => {
                Err(Error::DisruptionBudget(budget_words(&status)))
            }
            Err(error) => Err(from_kube(error, &format!("{verb} pod `{namespace}/{name}`"))),
        }
    })
    .await?;
    Ok((
        http::StatusCode::ACCEPTED,
        Json(PodDeleted { change, replaced_by }),
    ))
}

/// Whether an eviction was refused for a budget: 429 with that cause (`pkg/registry/core/pod/storage/eviction.go`; an API server
/// that is too busy says 429 too), or 500 where several budgets select the pod, which Kubernetes does not support.
fn is_budget(status: &Status) -> bool {
    let mut causes = status.details.iter().flat_map(|details| &details.causes);
    (status.code == 429 && causes.any(|cause| cause.reason == "DisruptionBudget"))
        || (status.code == 500 && status.message.contains("PodDisruptionBudget"))
}

/// The API server's words, with those of the cause: they name the budget and the numbers.
fn budget_words(status: &Status) -> String {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let words = causes.map(|cause| cause.message.as_str());
    let all: Vec<&str> = std::iter::once(status.message.as_str()).chain(words).collect();
    all.iter()
        .map(|words| words.trim_end_matches('.'))
        .collect::<Vec<_>>()
        .join(": ")
}

/// The budgets that select the pod, as far as the caller may list them.
async fn budgets(caller: &Caller, pod: &Pod) -> Option<Vec<PodBudget>> {
    let namespace = pod.namespace()?;
    let api = Api::<PodDisruptionBudget>::namespaced(caller.client.clone(), &namespace);
    // From the API server's memory.
    let all = api.list(&ListParams::default().match_any()).await.ok()?;
    let selecting = budgets::selecting(&all.items, &namespace, pod.labels());
    let wire = |budget: Budget| PodBudget {
        name: budget.name,
        allowed: budget.allowed,
    };
    Some(selecting.into_iter().map(wire).collect())
}

fn detail(state: &State, pod: &Pod) -> PodDetail {
    let judged = state.cluster.judging(|judge| judge.judge(pod));
    let detail = judged.detail(pod.annotations().get(annotation::APPLIED).cloned());
    PodDetail {
        in_root_namespace: state.cluster.is_root(&detail.row.namespace),
        ..detail
    }
}
