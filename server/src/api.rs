//! The REST API: one file a resource, handlers that are little more than their signatures.

use axum::{Router, extract::DefaultBodyLimit};
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};

use crate::state::State;

mod access;
mod audit;
mod events;
mod lints;
mod manifests;
mod meshes;
mod namespaces;
mod openapi;
mod outbound_policy;
mod paging;
mod pods;
mod restarts;
mod settings;
mod trace;
mod verifications;
mod workloads;

/// What the OpenAPI document says beside the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sidestep",
        description = "Which traffic of an Istio mesh goes round the sidecar proxy: say it, apply it, prove it, remember it.\n\n\
            Every refusal is a problem document (RFC 9457). Writes carry `If-Match` with the version they are based on, \
            or `If-None-Match: *` to create; without either they are refused (428), and when the thing has changed \
            meanwhile too (412, with the state as it is now). A write acts with the caller's own Kubernetes rights: \
            those of `Authorization: Bearer <token>`, or, in local mode, of the kubeconfig's user.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "mesh", description = "The mesh and whether settings reach pods"),
        (name = "settings", description = "What is set, at the levels Global, Namespace and Workload"),
        (name = "workloads", description = "Deployments, StatefulSets, DaemonSets and pods: desired, running, difference"),
        (name = "restarts", description = "Restarts of workloads: plans, and what became of them"),
        (name = "verifications", description = "Requests that are really sent from inside pods, and what they prove"),
        (name = "audit", description = "Who changed what, and what came of it"),
    )
)]
struct Document;

/// Every operation, by resource.
fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(meshes::list))
        .routes(routes!(namespaces::list))
        .routes(routes!(events::stream))
        .routes(routes!(
            settings::get_global,
            settings::put_global,
            settings::delete_global
        ))
        .routes(routes!(
            settings::get_namespace,
            settings::put_namespace,
            settings::delete_namespace
        ))
        .routes(routes!(settings::list_workloads))
        .routes(routes!(
            settings::get_workload,
            settings::put_workload,
            settings::delete_workload
        ))
        .routes(routes!(settings::preview))
        .routes(routes!(outbound_policy::get))
        .routes(routes!(outbound_policy::get_one, outbound_policy::put))
        .routes(routes!(lints::list))
        .routes(routes!(trace::get))
        .routes(routes!(workloads::list_deployments))
        .routes(routes!(workloads::get_deployment))
        .routes(routes!(workloads::list_stateful_sets))
        .routes(routes!(workloads::get_stateful_set))
        .routes(routes!(workloads::list_daemon_sets))
        .routes(routes!(workloads::get_daemon_set))
        .routes(routes!(manifests::get, manifests::put).layer(DefaultBodyLimit::max(manifests::BODY_LIMIT)))
        .routes(routes!(manifests::move_annotations).layer(DefaultBodyLimit::max(manifests::BODY_LIMIT)))
        .routes(routes!(pods::list))
        .routes(routes!(pods::get, pods::delete))
        .routes(routes!(pods::evict))
        .routes(routes!(access::get))
        .routes(routes!(restarts::plan))
        .routes(routes!(restarts::list, restarts::make))
        .routes(routes!(restarts::get))
        .routes(routes!(restarts::start))
        .routes(routes!(restarts::pause))
        .routes(routes!(restarts::resume))
        .routes(routes!(restarts::cancel))
        .routes(routes!(restarts::stream))
        .routes(routes!(verifications::list, verifications::ask))
        .routes(routes!(verifications::get))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(audit::get))
        .routes(routes!(audit::revert))
}

pub(crate) use self::audit::visible_change;

/// The API as a router.
pub fn router() -> Router<State> {
    let (router, document) = operations().split_for_parts();
    router
        .merge(openapi::router(document))
        .method_not_allowed_fallback(openapi::wrong_method)
}

/// The OpenAPI document as it is committed: JSON, indented, with a newline at its end.
#[must_use]
pub fn openapi() -> String {
    let (_, document) = operations().split_for_parts();
    format!("{}\n", document.to_pretty_json().expect("the document is JSON"))
}
