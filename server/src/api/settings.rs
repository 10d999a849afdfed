//! Settings of the levels Global, Namespace and Workload.

use api::{
    FieldProblem, Page, Problem,
    preview::{Preview, PreviewSetting},
    setting::{DeleteSetting, SaveSetting, SettingView},
};
use axum::{
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use domain::Level;
use http::StatusCode;

use crate::{
    caller::Caller,
    error::Error,
    extract::{BasedOn, Json, Path, Query, Versioned},
    settings,
    state::State,
};

/// A view with its version as `ETag`, for the next write.
fn answer(status: StatusCode, view: SettingView) -> Response {
    let version = view.stored.as_ref().map(|stored| stored.version.clone());
    (status, Versioned { body: view, version }).into_response()
}

async fn read(state: State, caller: Caller, level: Level) -> Result<Response, Error> {
    Ok(answer(
        StatusCode::OK,
        settings::get(&state, &caller, level).await?,
    ))
}

async fn write(
    state: State,
    caller: Caller,
    level: Level,
    based_on: BasedOn,
    body: SaveSetting,
) -> Result<Response, Error> {
    let status = match based_on.0 {
        api::Precondition::Absent => StatusCode::CREATED,
        api::Precondition::Version(_) => StatusCode::OK,
    };
    Ok(answer(
        status,
        settings::save(&state, &caller, level, based_on.0, body, None).await?,
    ))
}

async fn remove(
    state: State,
    caller: Caller,
    level: Level,
    based_on: BasedOn,
    how: DeleteSetting,
) -> Result<Response, Error> {
    Ok(answer(
        StatusCode::OK,
        settings::delete(&state, &caller, level, based_on.0, how, None).await?,
    ))
}

/// Get the Global setting
///
/// What is stored, and what is in force for the next pod, pod annotations aside. `ETag` is the version for a write.
#[utoipa::path(get, path = api::path::SETTINGS_GLOBAL, tag = "settings", operation_id = "getGlobalSetting",
    params(),
    responses(
        (status = 200, body = SettingView),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such namespace or setting"),
    )
)]
pub(super) async fn get_global(Shared(state): Shared<State>, caller: Caller) -> Result<Response, Error> {
    read(state, caller, Level::Global).await
}

/// Save the Global setting
///
/// The whole level, as it shall be. Answers once new pods get it.
#[utoipa::path(put, path = api::path::SETTINGS_GLOBAL, tag = "settings", operation_id = "putGlobalSetting",
    params( ("If-Match" = Option<String>, Header, description = "The version that this is based on, in double quotes"), ("If-None-Match" = Option<String>, Header, description = "`*` to create")),
    request_body = SaveSetting,
    responses(
        (status = 200, body = SettingView, description = "Saved"),
        (status = 201, body = SettingView, description = "Created"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not write it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its owner would undo it, and the body does not say `overrideOwner`"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "It changed meanwhile; `current` has the state now"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Fields are refused, by Sidestep or by the cluster"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` or `If-None-Match` is missing"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer, or the history takes no record"),
    )
)]
pub(super) async fn put_global(
    Shared(state): Shared<State>,
    caller: Caller,
    based_on: BasedOn,
    Json(body): Json<SaveSetting>,
) -> Result<Response, Error> {
    write(state, caller, Level::Global, based_on, body).await
}

/// Remove the Global setting
///
/// Everything is inherited then. Answers once new pods do.
#[utoipa::path(delete, path = api::path::SETTINGS_GLOBAL, tag = "settings", operation_id = "deleteGlobalSetting",
    params( ("If-Match" = Option<String>, Header, description = "The version that this is based on, in double quotes"), DeleteSetting),
    responses(
        (status = 200, body = SettingView, description = "Removed"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not remove it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Nothing is stored"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its owner would bring it back, and the query does not say `overrideOwner`"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "It changed meanwhile; `current` has the state now"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` is missing"),
    )
)]
pub(super) async fn delete_global(
    Shared(state): Shared<State>,
    caller: Caller,
    based_on: BasedOn,
    Query(how): Query<DeleteSetting>,
) -> Result<Response, Error> {
    remove(state, caller, Level::Global, based_on, how).await
}

/// Get the setting of a namespace
///
/// What is stored, and what is in force for the next pod, pod annotations aside. `ETag` is the version for a write.
#[utoipa::path(get, path = api::path::SETTINGS_NAMESPACE, tag = "settings", operation_id = "getNamespaceSetting",
    params(("namespace" = String, Path),),
    responses(
        (status = 200, body = SettingView),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such namespace or setting"),
    )
)]
pub(super) async fn get_namespace(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(namespace): Path<String>,
) -> Result<Response, Error> {
    read(state, caller, Level::Namespace(namespace)).await
}

/// Save the setting of a namespace
///
/// The whole level, as it shall be. Answers once new pods get it.
#[utoipa::path(put, path = api::path::SETTINGS_NAMESPACE, tag = "settings", operation_id = "putNamespaceSetting",
    params(("namespace" = String, Path), ("If-Match" = Option<String>, Header, description = "The version that this is based on, in double quotes"), ("If-None-Match" = Option<String>, Header, description = "`*` to create")),
    request_body = SaveSetting,
    responses(
        (status = 200, body = SettingView, description = "Saved"),
        (status = 201, body = SettingView, description = "Created"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not write it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its owner would undo it, and the body does not say `overrideOwner`"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "It changed meanwhile; `current` has the state now"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Fields are refused, by Sidestep or by the cluster"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` or `If-None-Match` is missing"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer, or the history takes no record"),
    )
)]
pub(super) async fn put_namespace(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(namespace): Path<String>,
    based_on: BasedOn,
    Json(body): Json<SaveSetting>,
) -> Result<Response, Error> {
    write(state, caller, Level::Namespace(namespace), based_on, body).await
}

/// Remove the setting of a namespace
///
/// Everything is inherited then. Answers once new pods do.
#[utoipa::path(delete, path = api::path::SETTINGS_NAMESPACE, tag = "settings", operation_id = "deleteNamespaceSetting",
    params(("namespace" = String, Path), ("If-Match" = Option<String>, Header, description = "The version that this is based on, in double quotes"), DeleteSetting),
    responses(
        (status = 200, body = SettingView, description = "Removed"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not remove it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Nothing is stored"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its owner would bring it back, and the query does not say `overrideOwner`"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "It changed meanwhile; `current` has the state now"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` is missing"),
    )
)]
pub(super) async fn delete_namespace(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(namespace): Path<String>,
    based_on: BasedOn,
    Query(how): Query<DeleteSetting>,
) -> Result<Response, Error> {
    remove(state, caller, Level::Namespace(namespace), based_on, how).await
}

/// Get a setting of the Workload level
///
/// What is stored, and what is in force for the next pod, pod annotations aside. `ETag` is the version for a write.
#[utoipa::path(get, path = api::path::SETTINGS_WORKLOAD, tag = "settings", operation_id = "getWorkloadSetting",
    params(("namespace" = String, Path), ("name" = String, Path),),
    responses(
        (status = 200, body = SettingView),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such namespace or setting"),
    )
)]
pub(super) async fn get_workload(
    Shared(state): Shared<State>,
    caller: Caller,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Response, Error> {
    read(state, caller, Level::Workload { namespace, name }).await
}

/// Save a setting of the Workload level
///
/// The whole level, as it shall be. Answers once new pods get it.
#[utoipa::path(put, path = api::path::SETTINGS_WORKLOAD, tag = "settings", operation_id = "putWorkloadSetting",
    params(("namespace" = String, Path), ("name" = String, Path), ("If-Match" = Option<String>, Header, description = "The version that this is based on, in double quotes"), ("If-None-Match" = Option<String>, Header, description = "`*` to create")),
    request_body = SaveSetting,
    responses(
        (status = 200, body = SettingView, description = "Saved"),
        (status = 201, body = SettingView, description = "Created"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not write it"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its owner would undo it, and the body does not say `overrideOwner`"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "It changed meanwhile; `current` has the state now"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Fields are refused, by Sidestep or by the cluster"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` or `If-None-Match` is missing"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer, or the history takes no record"),
    )
)]
pub(super) async fn put_workload(
    Shared(state): Shared<State>,
    caller: Caller,
    Path((namespace, name)): Path<(String, String)>,
    based_on: BasedOn,
    Json(body): Json<SaveSetting>,
) -> Result<Response, Error> {
    write(state, caller, Level::Workload { namespace, name }, based_on, body).await
}

/// Remove a setting of the Workload level
///
/// Everything is inherited then. Answers once new pods do.
#[utoipa::path(delete, path = api::path::SETTINGS_WORKLOAD, tag = "settings", operation_id = "deleteWorkloadSetting",
    params(("namespace" = String, Path), ("name" = String, Path), ("If-Match" = Option<String>, Header, description = "The version that this is based on, in double quotes"), DeleteSetting),
    responses(
        (status = 200, body = SettingView, description = "Removed"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not remove it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Nothing is stored"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its owner would bring it back, and the query does not say `overrideOwner`"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "It changed meanwhile; `current` has the state now"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` is missing"),
    )
)]
pub(super) async fn delete_workload(
    Shared(state): Shared<State>,
    caller: Caller,
    Path((namespace, name)): Path<(String, String)>,
    based_on: BasedOn,
    Query(how): Query<DeleteSetting>,
) -> Result<Response, Error> {
    remove(state, caller, Level::Workload { namespace, name }, based_on, how).await
}

/// List the settings of the Workload level
#[utoipa::path(get, path = api::path::SETTINGS_WORKLOADS, tag = "settings", operation_id = "listWorkloadSettings",
    params(("namespace" = String, Path)),
    responses(
        (status = 200, body = Page<SettingView>),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not list them"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such namespace"),
    )
)]
pub(super) async fn list_workloads(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(namespace): Path<String>,
) -> Result<Json<Page<SettingView>>, Error> {
    let items = settings::workloads(&state, &caller, &namespace).await?;
    Ok(Json(Page {
        total: items.len(),
        items,
        next: None,
    }))
}

/// Preview a setting
///
/// What would come of it, were it saved, or removed where `setting` is left out: what changes, for which workloads and pods,
/// who is shielded by a nearer level, what needs a restart, what would be in force, what is remarkable, and the same change
/// made by other means. With `dryRun` the cluster is asked too. Nothing is written.
#[utoipa::path(post, path = api::path::SETTINGS_PREVIEW, tag = "settings", operation_id = "previewSetting",
    request_body = PreviewSetting,
    responses(
        (status = 200, body = Preview),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not see settings there"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Fields are refused"),
    )
)]
pub(super) async fn preview(
    Shared(state): Shared<State>,
    caller: Caller,
    Json(body): Json<PreviewSetting>,
) -> Result<Json<Preview>, Error> {
    let level = Level::from(body.level);
    let packet = body
        .packet
        .as_ref()
        .map(api::preview::PreviewPacket::read)
        .transpose();
    let packet = packet.map_err(|problems| {
        let there = |problem: FieldProblem| FieldProblem {
            path: format!("packet.{}", problem.path),
            ..problem
        };
        Error::Invalid(problems.into_iter().map(there).collect())
    })?;
    let asked = settings::Asked {
        level,
        body: body.setting,
        packet,
        dry_run: body.dry_run,
    };
    Ok(Json(settings::preview(&state, &caller, asked).await?))
}
