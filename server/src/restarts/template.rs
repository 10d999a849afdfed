//! The one write of a restart: two annotations on a pod template.

use domain::restart::{RESTART, RESTARTED_AT};
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
    core::gvk::GroupVersionKind,
};
use serde_json::json;

use api::restart::WorkloadName;

use super::rights::resource;
use crate::{
    error::{Error, from_kube},
    install::FIELD_MANAGER,
};

/// How often the write is tried again when somebody else was quicker.
const TRIES: usize = 5;

/// A workload of the plan `plan`, whose restarts carry the time `at`.
pub(crate) struct Restart<'a> {
    pub(crate) workload: &'a WorkloadName,
    pub(crate) plan: &'a str,
    pub(crate) at: &'a str,
}

/// Whether a template says that this plan has restarted it.
pub(crate) fn is_restarted(object: &DynamicObject, plan: &str) -> bool {
    annotation(object, RESTART) == Some(plan)
}

/// What a template says of its last restart, by whomever.
pub(crate) fn restarted_at(object: &DynamicObject) -> Option<&str> {
    annotation(object, RESTARTED_AT)
}

fn annotation<'a>(object: &'a DynamicObject, key: &str) -> Option<&'a str> {
    object.data["spec"]["template"]["metadata"]["annotations"][key].as_str()
}

/// The workload as the cluster has it now; `None`: there is none.
pub(crate) async fn now(client: &Client, workload: &WorkloadName) -> Result<Option<DynamicObject>, Error> {
    api(client, workload)
        .get_opt(&workload.name)
        .await
        .map_err(|error| from_kube(error, &format!("read {}", words(workload))))
}

/// Writes the annotations into the workload as it was read, unless they are there: then this plan has restarted it, whoever
/// asked for it.
pub(super) async fn restart(
    client: &Client,
    restart: &Restart<'_>,
    read: DynamicObject,
) -> Result<(), Error> {
    let (api, workload) = (api(client, restart.workload), restart.workload);
    let refused = |error| from_kube(error, &format!("restart {}", words(workload)));
    let before = annotation(&read, RESTART).map(str::to_owned);
    let mut object = read;
    for _ in 0..TRIES {
        if is_restarted(&object, restart.plan) {
            return Ok(());
        }
        // Another plan has restarted it meanwhile: to do it again would be one restart too many.
        if annotation(&object, RESTART) != before.as_deref() {
            break;
        }
        let annotations = json!({ RESTARTED_AT: restart.at, RESTART: restart.plan });
        // With the version that was read: what somebody else writes in between is looked at first.
        let patch = json!({
            "metadata": { "resourceVersion": object.resource_version() },
            "spec": { "template": { "metadata": { "annotations": annotations } } },
        });
        let params = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        match api.patch(&workload.name, &params, &Patch::Merge(patch)).await {
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                object = api.get(&workload.name).await.map_err(refused)?;
            }
            patched => return patched.map(drop).map_err(refused),
        }
    }
    Err(Error::ChangedMeanwhile {
        what: words(workload),
        current: None,
    })
}

fn api(client: &Client, workload: &WorkloadName) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("apps", "v1", &workload.kind);
    let resource = ApiResource::from_gvk_with_plural(&kind, resource(&workload.kind));
    Api::namespaced_with(client.clone(), &workload.namespace, &resource)
}

/// A workload in words.
pub(super) fn words(workload: &WorkloadName) -> String {
    format!("{} `{}/{}`", workload.kind, workload.namespace, workload.name)
}
