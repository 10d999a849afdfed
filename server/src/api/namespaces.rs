//! Namespaces.

use api::{
    Page, Problem,
    mesh::PodCounts,
    namespace::{NamespaceQuery, NamespaceRow},
};
use axum::extract::State as Shared;

use super::paging::{self, Asked, Key, Value};
use crate::{
    caller::{Caller, Readable, Visible},
    error::Error,
    extract::{Json, Query},
    state::State,
};

/// List namespaces
///
/// The namespaces that the caller may see, by name. One in which the caller may list pods is visible although the caller
/// may not list namespaces; its pods and settings are counted only where the caller may list those.
#[utoipa::path(get, path = api::path::NAMESPACES, tag = "mesh", operation_id = "listNamespaces", params(NamespaceQuery), responses(
    (status = 200, body = Page<NamespaceRow>),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<NamespaceQuery>,
) -> Result<Json<Page<NamespaceRow>>, Error> {
    let asked = Asked::by_name("namespaces", query.limit, query.cursor.as_deref())?;
    state.cluster.ready()?;
    let snapshot = state.cluster.snapshot().await;
    let names = snapshot.namespace_names();
    let visible = visible(&caller, &names).await?;
    let pods = caller.may_read(Readable::Pods, &names).await?;
    let settings = caller.may_read(Readable::Settings, &names).await?;
    let is_searched = paging::search(query.q.as_deref());
    let rows = snapshot
        .namespaces
        .iter()
        .filter(|row| visible.includes(&row.name) && is_searched(&row.name));
    let mut page = asked.page(rows.collect(), |row| Key {
        column: Value::Nothing,
        namespace: "",
        name: &row.name,
    });
    for row in &mut page.items {
        if !pods.includes(&row.name) {
            row.pods = PodCounts::default();
        }
        if !settings.includes(&row.name) {
            (row.has_setting, row.workload_settings) = (false, 0);
        }
    }
    Ok(Json(page))
}

/// The namespaces that a caller may see: all, or those in which they may list pods.
pub(super) async fn visible(caller: &Caller, names: &[String]) -> Result<Visible, Error> {
    match caller.may_read(Readable::Namespaces, &[]).await? {
        Visible::All => Ok(Visible::All),
        Visible::In(_) => caller.may_read(Readable::Pods, names).await,
    }
}
