//! Who may run commands in a pod, and make and remove what is there for a while.

use k8s_openapi::api::authorization::v1::ResourceAttributes;
use kube::Client;

use crate::{
    access_review,
    caller::Caller,
    error::{Error, from_kube},
};

/// Refuses unless the caller may run commands in the pod. A connection for that is a `get` that is upgraded; newer clusters
/// ask for `create` as well.
pub(super) async fn may_exec(caller: &Caller, namespace: &str, pod: &str) -> Result<(), Error> {
    for verb in ["create", "get"] {
        let attributes = ResourceAttributes {
            resource: Some("pods".to_owned()),
            subresource: Some("exec".to_owned()),
            name: Some(pod.to_owned()),
            ..to(verb, namespace)
        };
        if !may(&caller.client, attributes).await? {
            return Err(Error::Forbidden(format!(
                "`{}` may not run commands in pod `{namespace}/{pod}`: that needs `create` and `get` on `pods/exec`",
                caller.actor
            )));
        }
    }
    Ok(())
}

/// Refuses unless the caller may make Sidecars.
pub(super) async fn may_make_sidecars(caller: &Caller, namespace: &str) -> Result<(), Error> {
    if may(&caller.client, sidecars("create", namespace)).await? {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "`{}` may not create Sidecars in `{namespace}`: that is how a workload's Envoy is made to refuse what nothing declares",
        caller.actor
    )))
}

/// Refuses unless the console's own account can remove them again. What a crash left behind it finds by its watch.
pub(super) async fn console_may_remove_sidecars(console: &Client, namespace: &str) -> Result<(), Error> {
    for verb in ["get", "list", "watch", "delete"] {
        if !may(console, sidecars(verb, namespace)).await? {
            return Err(Error::CannotUndo(format!(
                "the console's own account may not {verb} Sidecars in `{namespace}`, and so could not remove what a crash leaves behind"
            )));
        }
    }
    Ok(())
}

/// Refuses unless the console's own account can put a mesh configuration back.
pub(super) async fn console_may_write_config_map(
    console: &Client,
    namespace: &str,
    name: &str,
) -> Result<(), Error> {
    for verb in ["get", "update"] {
        let attributes = ResourceAttributes {
            resource: Some("configmaps".to_owned()),
            name: Some(name.to_owned()),
            ..to(verb, namespace)
        };
        if !may(console, attributes).await? {
            return Err(Error::CannotUndo(format!(
                "the console's own account may not {verb} ConfigMap `{namespace}/{name}`, and so could not put the policy back"
            )));
        }
    }
    Ok(())
}

fn sidecars(verb: &str, namespace: &str) -> ResourceAttributes {
    ResourceAttributes {
        group: Some("networking.istio.io".to_owned()),
        resource: Some("sidecars".to_owned()),
        ..to(verb, namespace)
    }
}

fn to(verb: &str, namespace: &str) -> ResourceAttributes {
    ResourceAttributes {
        verb: Some(verb.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..ResourceAttributes::default()
    }
}

async fn may(client: &Client, attributes: ResourceAttributes) -> Result<bool, Error> {
    let allowed = access_review::allows(client, attributes).await;
    allowed.map_err(|error| from_kube(error, "ask what it may do"))
}
