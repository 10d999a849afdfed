//! Manifests: a workload or a pod as YAML.

use api::{
    Problem,
    manifest::{
        ManifestKind, ManifestQuery, ManifestView, MoveAnnotations, MovedAnnotations, SaveManifest,
        SaveManifestQuery,
    },
};
use axum::extract::State as Shared;

use crate::{
    caller::Caller,
    error::Error,
    extract::{BasedOn, Json, Path, Query, Versioned},
    manifest::{self, Named},
    state::State,
};

/// The longest body with a manifest in it, in bytes: more than what etcd stores of one object.
pub(super) const BODY_LIMIT: usize = 2 * 1024 * 1024;

fn named((kind, namespace, name): (String, String, String)) -> Result<Named, Error> {
    let kind = ManifestKind::of_plural(&kind).ok_or_else(|| {
        Error::NotFound(format!(
            "YAML of `{kind}`: it is there for deployments, statefulsets, daemonsets and pods"
        ))
    })?;
    Ok(Named {
        kind,
        namespace,
        name,
    })
}

fn answer(view: ManifestView) -> Versioned<ManifestView> {
    Versioned {
        version: Some(view.version.clone()),
        body: view,
    }
}

/// Get a manifest
///
/// A workload or a pod as YAML. What the cluster counts by itself is left out unless asked for, and the status stands by
/// itself: neither can be edited. `ETag` is the version for a write; it does not change with the status.
#[utoipa::path(get, path = api::path::MANIFEST, tag = "workloads", operation_id = "getManifest",
    params(("kind" = ManifestKind, Path), ("namespace" = String, Path), ("name" = String, Path), ManifestQuery),
    responses(
        (status = 200, body = ManifestView),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not read it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such thing"),
    )
)]
pub(super) async fn get(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(place): Path<(String, String, String)>,
    Query(query): Query<ManifestQuery>,
) -> Result<Versioned<ManifestView>, Error> {
    Ok(answer(
        manifest::get(&state, &caller, &named(place)?, &query).await?,
    ))
}

/// Save a manifest
///
/// The whole of it, as it shall be, of a Deployment, a StatefulSet or a DaemonSet; a pod's is not edited. The cluster is
/// asked first what it would store (`dryRun=All`, strict about unknown fields). `update` says what differs and what becomes
/// of the pods: a changed pod template is rolled out by Kubernetes itself.
#[utoipa::path(put, path = api::path::MANIFEST, tag = "workloads", operation_id = "putManifest",
    params(
        ("kind" = ManifestKind, Path), ("namespace" = String, Path), ("name" = String, Path), SaveManifestQuery,
        ("If-Match" = Option<String>, Header, description = "The version that this is based on, in double quotes"),
    ),
    request_body = SaveManifest,
    responses(
        (status = 200, body = ManifestView, description = "Saved; of a dry run: what would be"),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The caller may not write it"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such thing"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "Its owner would undo it, and the body does not say `overrideOwner`"),
        (status = 412, body = Problem, content_type = "application/problem+json", description = "It changed meanwhile; `current` has the manifest now"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "It is refused, by Sidestep or by the cluster: `errors` has fields and lines"),
        (status = 428, body = Problem, content_type = "application/problem+json", description = "`If-Match` is missing"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer, or the history takes no record"),
    )
)]
pub(super) async fn put(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(place): Path<(String, String, String)>,
    Query(query): Query<SaveManifestQuery>,
    based_on: BasedOn,
    Json(body): Json<SaveManifest>,
) -> Result<Versioned<ManifestView>, Error> {
    let named = named(place)?;
    Ok(answer(
        manifest::save(&state, &caller, &named, based_on.0, body, query.dry_run).await?,
    ))
}

/// Move annotations to the pod template
///
/// Of a text: those that stand on the workload itself, where nobody reads them. Comments and order stay where they can.
/// Nothing is stored.
#[utoipa::path(post, path = api::path::MANIFEST_MOVE, tag = "workloads", operation_id = "moveAnnotations",
    request_body = MoveAnnotations,
    responses(
        (status = 200, body = MovedAnnotations),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The text is no manifest"),
    )
)]
pub(super) async fn move_annotations(
    Shared(state): Shared<State>,
    _: Caller,
    Json(body): Json<MoveAnnotations>,
) -> Result<Json<MovedAnnotations>, Error> {
    Ok(Json(manifest::move_annotations(&state, &body)?))
}
