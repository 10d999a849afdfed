//! What the caller may do.

use api::{
    Problem,
    access::{Access, AccessQuery, Act, Permission},
};
use domain::name::{check_namespace, check_object};
use futures::future::try_join_all;

use crate::{
    caller::{Caller, Readable},
    error::Error,
    extract::{Json, Query},
};

/// What each act needs.
const ACTS: [(Act, Readable, &str); 8] = [
    (Act::DeletePod, Readable::Pods, "delete"),
    (Act::EvictPod, Readable::Evictions, "create"),
    (Act::RestartDeployment, Readable::Deployments, "patch"),
    (Act::RestartStatefulSet, Readable::StatefulSets, "patch"),
    (Act::RestartDaemonSet, Readable::DaemonSets, "patch"),
    (Act::EditDeployment, Readable::Deployments, "update"),
    (Act::EditStatefulSet, Readable::StatefulSets, "update"),
    (Act::EditDaemonSet, Readable::DaemonSets, "update"),
];

/// Ask what the caller may do
///
/// As the cluster says now (`SelfSubjectAccessReview`, believed for some seconds). It is for buttons: the cluster decides
/// again when something is done.
#[utoipa::path(get, path = api::path::ACCESS, tag = "workloads", operation_id = "getAccess", params(AccessQuery), responses(
    (status = 200, body = Access),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A parameter breaks rules"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer"),
))]
pub(super) async fn get(caller: Caller, Query(query): Query<AccessQuery>) -> Result<Json<Access>, Error> {
    let AccessQuery { namespace, name } = query;
    check_namespace(&namespace).map_err(|error| Error::field("namespace", error.to_string()))?;
    if let Some(name) = &name {
        check_object(name).map_err(|error| Error::field("name", error.to_string()))?;
    }
    let asked = ACTS.map(|(_, kind, verb)| caller.refused(kind, verb, &namespace, name.as_deref()));
    let refusals = try_join_all(asked).await?;
    let acts = ACTS.iter().map(|(act, ..)| *act);
    let items = acts
        .zip(refusals)
        .map(|(act, refused)| Permission { act, refused })
        .collect();
    Ok(Json(Access { items }))
}
