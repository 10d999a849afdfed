//! What the stores do without.

use k8s_openapi::api::core::v1::{Container, Pod, PodTemplateSpec};
use kube::ResourceExt;

/// Drops what no reader here uses and what is large.
pub(super) fn bare<K: ResourceExt>(object: &mut K) {
    object.managed_fields_mut().clear();
    object
        .annotations_mut()
        .remove("kubectl.kubernetes.io/last-applied-configuration");
}

/// Keeps of a template what the next pod's settings are resolved from: its labels and annotations.
pub(super) fn prune_template(template: Option<&mut PodTemplateSpec>) {
    if let Some(template) = template {
        template.spec = None;
    }
}

/// Keeps of a pod what tells its injection and its state. 10,000 pods must fit into the server's memory budget.
pub(super) fn prune_pod(pod: &mut Pod) {
    bare(pod);
    if let Some(spec) = &mut pod.spec {
        spec.volumes = None;
        spec.affinity = None;
        spec.tolerations = None;
        spec.topology_spread_constraints = None;
        for container in spec
            .containers
            .iter_mut()
            .chain(spec.init_containers.iter_mut().flatten())
        {
            let kept_args = container
                .args
                .take()
                .filter(|_| container.name.starts_with("istio-"));
            *container = Container {
                name: std::mem::take(&mut container.name),
                args: kept_args,
                restart_policy: container.restart_policy.take(),
                ..Default::default()
            };
        }
    }
    if let Some(status) = &mut pod.status {
        status.conditions = None;
        status.container_statuses = None;
        status.init_container_statuses = None;
    }
}
