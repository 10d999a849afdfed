//! The history.

use api::{
    Page, Problem,
    audit::{AuditQuery, Change, RevertChange},
    setting::SettingView,
};
use axum::{
    body::Body,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use futures::{TryStreamExt, stream};
use http::header;

use super::paging;
use crate::{
    caller::{Caller, Readable},
    error::Error,
    extract::{Json, Path, Query, Versioned},
    history::Shown,
    settings,
    state::State,
};

/// How many changes an export reads at a time.
const EXPORTED_AT_ONCE: usize = 500;

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
    let visible = shown(&state, &caller).await?;
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

/// What of the history the caller may see.
async fn shown(state: &State, caller: &Caller) -> Result<Shown, Error> {
    state.cluster.ready()?;
    let names = state.cluster.snapshot().await.namespace_names();
    Ok(Shown {
        settings: caller.may_read(Readable::Settings, &names).await?,
        pods: caller.may_read(Readable::Pods, &names).await?,
        config_maps: caller.may_read(Readable::ConfigMaps, &names).await?,
    })
}

/// Export changes
///
/// What the list shows with these filters, as a file: newest first, a JSON object a line, each as `getChange` answers it. It
/// has no pages: `limit` and `cursor` are refused.
#[utoipa::path(get, path = api::path::AUDIT_EXPORT, tag = "audit", operation_id = "exportChanges", params(AuditQuery), responses(
    (status = 200, body = String, content_type = "application/x-ndjson", description = "A change a line"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The history cannot be read"),
))]
pub(super) async fn export(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Error> {
    for (name, is_given) in [
        ("limit", query.limit.is_some()),
        ("cursor", query.cursor.is_some()),
    ] {
        if is_given {
            return Err(Error::field(name, "an export has no pages: leave it out"));
        }
    }
    let shown = shown(&state, &caller).await?;
    let read = move |before| {
        let (history, query, shown) = (state.history.clone(), query.clone(), shown.clone());
        async move { history.changes(&query, &shown, before, EXPORTED_AT_ONCE).await }
    };
    // Before the answer begins: what fails here is a problem, and no file that ends early.
    let first = read(None).await?;
    let parts = stream::try_unfold((read, first), |(read, changes)| async move {
        let Some((last, _)) = changes.last() else {
            return Ok(None);
        };
        let next = if changes.len() < EXPORTED_AT_ONCE {
            Vec::new()
        } else {
            read(Some(*last)).await?
        };
        Ok::<_, Error>(Some((lines(&changes), (read, next))))
    });
    // The head is gone by then: the connection breaks, so that nobody takes a part for the whole.
    let parts = parts.inspect_err(|error| tracing::error!("an export of the history ended early: {error}"));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"sidestep-history.ndjson\"",
        ),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// Each change as JSON on a line of its own.
fn lines(changes: &[(i64, Change)]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (_, change) in changes {
        serde_json::to_writer(&mut lines, change).expect("a change is JSON");
        lines.push(b'\n');
    }
    lines
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

/// Revert a change of a setting
///
/// Puts back what the setting was before: the save or the removal that the caller could send as well, with the same checks,
/// recorded as such, with `reverts`. It is refused where the setting was changed again since; `current` then is that change.
#[utoipa::path(post, path = api::path::AUDIT_REVERT, tag = "audit", operation_id = "revertChange",
    params(("id" = String, Path, description = "The change's id")),
    request_body = RevertChange,
    responses(
        (status = 200, body = SettingView, description = "Put back; `change` is the new one"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not write the setting"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such change, or the caller may not see it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is no change of a setting, was not made, or the setting was changed again since; or its owner would undo it"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "The setting changed in this moment; `current` has the state now"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "What was before breaks rules now, or the reason is missing"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer, or the history takes no record"),
    )
)]
pub(super) async fn revert(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(id): Path<String>,
    Json(how): Json<RevertChange>,
) -> Result<Versioned<SettingView>, Error> {
    let change = visible_change(&state, &caller, &id).await?;
    let body = settings::revert(&state, &caller, &change, how).await?;
    Ok(Versioned {
        version: body.stored.as_ref().map(|stored| stored.version.clone()),
        body,
    })
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
