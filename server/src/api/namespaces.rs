//! Namespaces.

use api::{Page, Problem, mesh::PodCounts, namespace::NamespaceRow};
use axum::extract::State as Shared;

use crate::{
    caller::{Caller, Readable, Visible},
    error::Error,
    extract::Json,
    state::State,
};

/// List namespaces
///
/// The namespaces that the caller may see, by name. One in which the caller may list pods is visible although the caller
/// may not list namespaces; its pods are counted only where the caller may list them.
#[utoipa::path(get, path = api::path::NAMESPACES, tag = "mesh", operation_id = "listNamespaces", responses(
    (status = 200, body = Page<NamespaceRow>),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
) -> Result<Json<Page<NamespaceRow>>, Error> {
    let snapshot = state.cluster.snapshot();
    let names: Vec<String> = snapshot.namespaces.iter().map(|row| row.name.clone()).collect();
    let pods = caller.may_read(Readable::Pods, &names).await?;
    let visible = match caller.may_read(Readable::Namespaces, &[]).await? {
        Visible::All => Visible::All,
        Visible::In(_) => pods.clone(),
    };
    let items: Vec<NamespaceRow> = snapshot
        .namespaces
        .iter()
        .filter(|row| visible.includes(&row.name))
        .map(|row| NamespaceRow {
            pods: if pods.includes(&row.name) {
                row.pods
            } else {
                PodCounts::default()
            },
            ..row.clone()
        })
        .collect();
    Ok(Json(Page {
        total: items.len(),
        items,
        next: None,
    }))
}
