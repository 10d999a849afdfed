//! Deployments.

use api::{
    Page, Problem,
    deployment::{Condition, DeploymentColumn, DeploymentDetail, DeploymentQuery, DeploymentRow},
    lint::About,
    mesh::PodCounts,
    page::Order,
};
use axum::extract::State as Shared;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition};

use super::paging::{self, Asked, Key, Value};
use crate::{
    caller::{Caller, Readable},
    cluster::{pods::in_force, snapshot::deployment_row},
    error::Error,
    extract::{Json, Path, Query},
    remarks,
    state::State,
};

/// List Deployments
///
/// Each with how many of its pods have a sidecar and how many of those run an old setting, where the caller may list pods.
#[utoipa::path(get, path = api::path::DEPLOYMENTS, tag = "workloads", operation_id = "listDeployments", params(DeploymentQuery), responses(
    (status = 200, body = Page<DeploymentRow>),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list Deployments there"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<DeploymentQuery>,
) -> Result<Json<Page<DeploymentRow>>, Error> {
    let order = query.sort.unwrap_or(Order {
        by: DeploymentColumn::Namespace,
        descending: false,
    });
    let asked = Asked::of("deployments", order, query.limit, query.cursor.as_deref())?;
    state.cluster.ready()?;
    let snapshot = state.cluster.snapshot().await;
    let names = snapshot.namespace_names();
    let visible = caller
        .shown(Readable::Deployments, query.namespace.as_deref(), &names)
        .await?;
    let pods = caller.may_read(Readable::Pods, &names).await?;
    // What may not be counted must not be found out by filtering or sorting either.
    let counts = |row: &DeploymentRow| {
        if pods.includes(&row.namespace) {
            row.pods
        } else {
            PodCounts::default()
        }
    };
    let is_searched = paging::search(query.q.as_deref());
    let rows = snapshot
        .deployments
        .iter()
        .filter(|row| visible.includes(&row.namespace) && is_searched(&row.name))
        .filter(|row| query.stale.is_none_or(|stale| (counts(row).stale > 0) == stale));
    let mut page = asked.page(rows.collect(), |row| Key {
        column: match order.by {
            DeploymentColumn::Name => Value::text(&row.name),
            DeploymentColumn::Namespace => Value::Nothing,
            DeploymentColumn::Ready => Value::Number(row.ready.into()),
            DeploymentColumn::Stale => Value::Number(counts(row).stale.try_into().unwrap_or(i64::MAX)),
            DeploymentColumn::Created => Value::text(row.created.as_deref().unwrap_or_default()),
        },
        namespace: &row.namespace,
        name: &row.name,
    });
    for row in &mut page.items {
        row.pods = counts(row);
    }
    Ok(Json(page))
}

/// Get a Deployment
///
/// What Kubernetes says of it, and the values in force for the next pod that its template makes.
#[utoipa::path(get, path = api::path::DEPLOYMENT, tag = "workloads", operation_id = "getDeployment",
    params(("namespace" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = DeploymentDetail),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such Deployment"),
    )
)]
pub(super) async fn get(
    Shared(state): Shared<State>,
    caller: Caller,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Json<DeploymentDetail>, Error> {
    let cluster = &state.cluster;
    cluster.ready()?;
    let deployment: Deployment = caller.read("Deployment", &namespace, &name).await?;
    let mut row = deployment_row(&deployment);
    match caller.must_read(Readable::Pods, &namespace).await {
        Ok(()) => row.pods = cluster.snapshot().await.counts_of_deployment(&namespace, &name),
        Err(Error::Forbidden(_)) => {}
        Err(error) => return Err(error),
    }
    let thing = About {
        kind: "Deployment".to_owned(),
        namespace: namespace.clone(),
        name: name.clone(),
    };
    let lints = remarks::about(&state, &caller, &thing).await;
    let spec = deployment.spec.unwrap_or_default();
    let next = cluster.judging(|judge| judge.next_pod(&namespace, (&spec.template).into()));
    let conditions = deployment.status.and_then(|status| status.conditions);
    Ok(Json(DeploymentDetail {
        row,
        strategy: spec
            .strategy
            .and_then(|strategy| strategy.type_)
            .unwrap_or_else(|| "RollingUpdate".to_owned()),
        paused: spec.paused.unwrap_or_default(),
        conditions: conditions
            .unwrap_or_default()
            .into_iter()
            .map(condition)
            .collect(),
        desired: in_force(&next.effective),
        not_applicable: next.not_applicable,
        workload_settings: next.workload_settings,
        lints,
    }))
}

fn condition(condition: DeploymentCondition) -> Condition {
    Condition {
        kind: condition.type_,
        status: condition.status,
        reason: condition.reason,
        message: condition.message,
        since: condition.last_transition_time.map(|time| time.0.to_string()),
    }
}
