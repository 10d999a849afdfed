//! The history.

use api::{
    Page, Problem,
    audit::{AuditQuery, Change},
};
use axum::extract::State as Shared;

use super::paging;
use crate::{
    caller::{Caller, Readable},
    error::Error,
    extract::{Json, Path, Query},
    history::Shown,
    state::State,
};

/// List changes
///
/// Newest first. A caller sees the changes of things that they may list, where they may.
#[utoipa::path(get, path = api::path::AUDIT, tag = "audit", operation_id = "listChanges", params(AuditQuery), responses(
    (status = 200, body = Page<Change>),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The history cannot be read"),
))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<Change>>, Error> {
    let limit = paging::limit(query.limit)?;
    let before = query
        .cursor
        .as_ref()
        .map(|text| {
            text.parse()
                .map_err(|_| Error::field("cursor", format!("`{text}` is not a cursor of this list")))
        })
        .transpose()?;
    state.cluster.ready()?;
    let names = state.cluster.snapshot().await.namespace_names();
    let visible = Shown {
        settings: caller.may_read(Readable::Settings, &names).await?,
        pods: caller.may_read(Readable::Pods, &names).await?,
        config_maps: caller.may_read(Readable::ConfigMaps, &names).await?,
    };
    // One more than asked for tells whether there is a next page.
    let (mut changes, total) = state.history.page(&query, &visible, before, limit + 1).await?;
    let more = changes.len() > limit;
    changes.truncate(limit);
    let next = changes.last().filter(|_| more).map(|(seq, _)| seq.to_string());
    Ok(Json(Page {
        items: changes.into_iter().map(|(_, change)| change).collect(),
        total,
        next,
    }))
}

/// Get a change
#[utoipa::path(get, path = api::path::AUDIT_CHANGE, tag = "audit", operation_id = "getChange",
    params(("id" = String, Path, description = "The change's id")),
    responses(
        (status = 200, body = Change),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such change, or the caller may not see it"),
    )
)]
pub(super) async fn get(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Change>, Error> {
    Ok(Json(visible_change(&state, &caller, &id).await?))
}

/// A change, if the caller may see it.
pub(crate) async fn visible_change(state: &State, caller: &Caller, id: &str) -> Result<Change, Error> {
    let none = || Error::NotFound(format!("change `{id}`"));
    let change = state.history.change(id).await?.ok_or_else(none)?;
    let kind = match change.target.kind.as_str() {
        "SidecarSetting" => Readable::Settings,
        "ConfigMap" => Readable::ConfigMaps,
        _ => Readable::Pods,
    };
    match caller.must_read(kind, &change.target.namespace).await {
        Ok(()) => Ok(change),
        // That it exists is not for this caller to know.
        Err(Error::Forbidden(_)) => Err(none()),
        Err(error) => Err(error),
    }
}
