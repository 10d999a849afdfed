//! Deployments.

use api::{
    Page, Problem,
    deployment::{DeploymentQuery, DeploymentRow},
};
use axum::extract::State as Shared;

use super::paging;
use crate::{
    caller::{Caller, Readable},
    error::Error,
    extract::{Json, Query},
    state::State,
};

/// List Deployments
///
/// By namespace and name, with how many of their pods have a sidecar and how many of those run an old setting.
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
    let limit = paging::limit(query.limit)?;
    let cursor = paging::cursor(query.cursor.as_deref())?;
    state.cluster.ready()?;
    let snapshot = state.cluster.snapshot();
    let visible = caller
        .shown(
            Readable::Deployments,
            query.namespace.as_deref(),
            &snapshot.namespace_names(),
        )
        .await?;
    let rows: Vec<&DeploymentRow> = snapshot
        .deployments
        .iter()
        .filter(|row| visible.includes(&row.namespace))
        .filter(|row| query.q.as_ref().is_none_or(|q| row.name.contains(q.as_str())))
        .collect();
    Ok(Json(paging::page(
        &rows,
        |row| (&row.namespace, &row.name),
        cursor,
        limit,
    )))
}
