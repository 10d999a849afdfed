//! The mutating webhook: pod in, annotations out. [`review`] is the rule, [`tls`] the certificate.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State as Shared},
    response::{IntoResponse, Response},
    routing::post,
};
use http::StatusCode;
use kube::{
    ResourceExt,
    core::{
        DynamicObject,
        admission::{AdmissionRequest, AdmissionResponse, AdmissionReview},
    },
};

pub mod review;
pub mod tls;

use crate::{cluster::Cluster, install::WEBHOOK_PATH};

/// A pod has at most 1.5 MiB in etcd; a review holds it once.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// The webhook as a router.
pub fn router(cluster: Cluster) -> Router {
    Router::new()
        .route(WEBHOOK_PATH, post(mutate))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(cluster)
}

fn answer(cluster: &Cluster, request: &AdmissionRequest<DynamicObject>) -> AdmissionResponse {
    let namespace = request
        .namespace
        .as_ref()
        .and_then(|name| cluster.stores.namespaces.get_cluster_scoped(name));
    // A namespace made a moment ago may not be in yet: it is taken as one without labels.
    let unlabelled = BTreeMap::new();
    let labels = namespace
        .as_ref()
        .map_or(&unlabelled, |namespace| namespace.labels());
    review::review(&cluster.settings(), labels, request)
}

async fn mutate(Shared(cluster): Shared<Cluster>, body: Bytes) -> Response {
    // Until the first lists are in, "nothing to do" would be a lie: 503, and the failure policy decides.
    let stores = &cluster.stores;
    if !stores.settings.is_ready() || !stores.config_maps.is_ready() || !stores.namespaces.is_ready() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the settings have not been read yet",
        )
            .into_response();
    }
    let response = match serde_json::from_slice::<AdmissionReview<DynamicObject>>(&body) {
        Ok(review) => match review.try_into() {
            Ok(request) => answer(&cluster, &request),
            Err(error) => AdmissionResponse::invalid(format!("the review holds no request: {error}")),
        },
        Err(error) => AdmissionResponse::invalid(format!("the review cannot be read: {error}")),
    };
    crate::extract::Json(response.into_review()).into_response()
}
