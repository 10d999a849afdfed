//! Who may run commands in a pod.

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::{Api, api::PostParams};

use crate::{
    caller::Caller,
    error::{Error, from_kube},
};

/// Refuses unless the caller may run commands in the pod. A connection for that is a `get` that is upgraded; newer clusters
/// ask for `create` as well.
pub(super) async fn may_exec(caller: &Caller, namespace: &str, pod: &str) -> Result<(), Error> {
    for verb in ["create", "get"] {
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    resource: Some("pods".to_owned()),
                    subresource: Some("exec".to_owned()),
                    verb: Some(verb.to_owned()),
                    namespace: Some(namespace.to_owned()),
                    name: Some(pod.to_owned()),
                    ..ResourceAttributes::default()
                }),
                non_resource_attributes: None,
            },
            ..SelfSubjectAccessReview::default()
        };
        let answer = Api::<SelfSubjectAccessReview>::all(caller.client.clone())
            .create(&PostParams::default(), &review)
            .await
            .map_err(|error| from_kube(error, "ask what it may do"))?;
        if !answer.status.is_some_and(|status| status.allowed) {
            return Err(Error::Forbidden(format!(
                "`{}` may not run commands in pod `{namespace}/{pod}`: that needs `create` and `get` on `pods/exec`",
                caller.actor
            )));
        }
    }
    Ok(())
}
