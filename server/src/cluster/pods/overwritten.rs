//! Pods whose six annotations Istio's injector wrote, for the CNI plugin, and that have no template which tells what somebody
//! set (spec/istio.md §1.6): those of an Argo Rollout, of a lone ReplicaSet, and pods that nobody owns.

use domain::{Difference, Field, Marker, TrafficArgs, difference};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

/// Parts differences into those that may be somebody's choice on the pod, which settings leave alone, and those that prove
/// it stale. Nobody chose what our webhook wrote, nor what is as the install values alone make it, `installed`.
pub(super) fn parted(
    differences: Vec<Difference>,
    pod: &Pod,
    installed: &TrafficArgs,
    running: &TrafficArgs,
) -> (Vec<Difference>, Vec<Difference>) {
    let ours = Marker::among(pod.annotations());
    let special = difference(installed, running);
    let is_ours = |field: Field| ours.as_ref().is_some_and(|marker| marker.lists(field));
    differences
        .into_iter()
        .partition(|d| special.iter().any(|other| other.field == d.field) && !is_ours(d.field))
}

/// Why it is not known whether the pod is stale.
pub(super) fn why(unclear: &[Difference]) -> String {
    let names: Vec<String> = unclear.iter().map(|d| format!("`{}`", d.field)).collect();
    format!(
        "with Istio CNI a pod's annotations do not tell who wrote them, and it has no template that is known here: somebody \
         may have set {} for it",
        names.join(" and ")
    )
}
