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
/// may not list namespaces; its pods and settings are counted only where the caller may list those.
#[utoipa::path(get, path = api::path::NAMESPACES, tag = "mesh", operation_id = "listNamespaces", responses(
    (status = 200, body = Page<NamespaceRow>),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
) -> Result<Json<Page<NamespaceRow>>, Error> {
    state.cluster.ready()?;
    let snapshot = state.cluster.snapshot();
    let names = snapshot.namespace_names();
    let visible = visible(&caller, &names).await?;
    let pods = caller.may_read(Readable::Pods, &names).await?;
    let settings = caller.may_read(Readable::Settings, &names).await?;
    let items: Vec<NamespaceRow> = snapshot
        .namespaces
        .iter()
        .filter(|row| visible.includes(&row.name))
        .map(|row| {
            let mut row = row.clone();
            if !pods.includes(&row.name) {
                row.pods = PodCounts::default();
            }
            if !settings.includes(&row.name) {
                (row.has_setting, row.workload_settings) = (false, 0);
            }
            row
        })
        .collect();
    Ok(Json(Page {
        total: items.len(),
        items,
        next: None,
    }))
}

/// The namespaces that a caller may see: all, or those in which they may list pods.
pub(super) async fn visible(caller: &Caller, names: &[String]) -> Result<Visible, Error> {
    match caller.may_read(Readable::Namespaces, &[]).await? {
        Visible::All => Ok(Visible::All),
        Visible::In(_) => caller.may_read(Readable::Pods, names).await,
    }
}
