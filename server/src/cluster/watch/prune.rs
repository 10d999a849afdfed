//! What the stores do without.

use domain::TrafficArgs;
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, EnvVar, Pod,
    PodCondition, PodSpec, PodTemplateSpec, Service,
};
use kube::ResourceExt;

/// Drops what no reader here uses and what is large.
pub(super) fn bare<K: ResourceExt>(object: &mut K) {
    object.managed_fields_mut().clear();
    object
        .annotations_mut()
        .remove("kubectl.kubernetes.io/last-applied-configuration");
}

/// The same of what others edit too: who edited it and when stays, not which fields.
pub(super) fn bare_but_editors<K: ResourceExt>(object: &mut K) {
    let mut editors = std::mem::take(object.managed_fields_mut());
    bare(object);
    for editor in &mut editors {
        editor.fields_v1 = None;
        editor.fields_type = None;
        editor.api_version = None;
    }
    *object.managed_fields_mut() = editors;
}

/// Keeps of a template what the next pod's settings are resolved from, and what is remarkable about them: its labels and
/// annotations, whose network it has, its containers' ports and probes.
pub(super) fn prune_template(template: Option<&mut PodTemplateSpec>) {
    if let Some(spec) = template.and_then(|template| template.spec.as_mut()) {
        let restarted = |container: &Container| container.restart_policy.as_deref() == Some("Always");
        *spec = PodSpec {
            host_network: spec.host_network.take(),
            containers: spec.containers.drain(..).map(prune_container).collect(),
            // Of these only native sidecars listen for as long as the pod lives.
            init_containers: spec.init_containers.take().map(|containers| {
                let living = containers.into_iter().filter(restarted);
                living.map(prune_container).collect()
            }),
            ..PodSpec::default()
        };
    }
}

/// Keeps of a container where it listens and is probed.
fn prune_container(container: Container) -> Container {
    Container {
        name: container.name,
        ports: container.ports,
        liveness_probe: container.liveness_probe,
        readiness_probe: container.readiness_probe,
        startup_probe: container.startup_probe,
        ..Container::default()
    }
}

/// Keeps of a Service which pods it is for, and its ports.
pub(super) fn prune_service(service: &mut Service) {
    bare(service);
    service.status = None;
}

/// Keeps of a pod what tells its injection and its state. 10,000 pods must fit into the server's memory budget.
pub(super) fn prune_pod(pod: &mut Pod) {
    bare(pod);
    let has_owner = pod
        .owner_references()
        .iter()
        .any(|owner| owner.controller == Some(true));
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
            let restart_policy = container.restart_policy.take();
            let kept_args = container
                .args
                .take()
                .filter(|_| container.name.starts_with("istio-"));
            // Of these, `istio-iptables` reads what its arguments leave open (spec/istio.md §1.4).
            let env = container
                .env
                .take()
                .filter(|_| container.name == "istio-init")
                .map(|env| {
                    let read = |variable: &EnvVar| TrafficArgs::ENVIRONMENT.contains(&variable.name.as_str());
                    env.into_iter().filter(read).collect()
                });
            // Those that have an owner are judged by its template.
            let kept = if has_owner {
                Container {
                    name: std::mem::take(&mut container.name),
                    ..Container::default()
                }
            } else {
                prune_container(std::mem::take(container))
            };
            *container = Container {
                args: kept_args,
                env,
                restart_policy,
                ..kept
            };
        }
    }
    if let Some(status) = &mut pod.status {
        status.conditions = status.conditions.take().map(prune_conditions);
        status.container_statuses = status.container_statuses.take().map(prune_statuses);
        status.init_container_statuses = status.init_container_statuses.take().map(prune_statuses);
    }
}

/// Keeps of a pod's conditions those that its printed state is made of.
fn prune_conditions(conditions: Vec<PodCondition>) -> Vec<PodCondition> {
    let printed = conditions
        .into_iter()
        .filter(|condition| matches!(condition.type_.as_str(), "PodScheduled" | "Initialized" | "Ready"));
    let kept = printed.map(|condition| PodCondition {
        type_: condition.type_,
        status: condition.status,
        reason: condition.reason,
        ..PodCondition::default()
    });
    kept.collect()
}

/// Keeps of containers whether they run, why not, and how often they were started again.
fn prune_statuses(statuses: Vec<ContainerStatus>) -> Vec<ContainerStatus> {
    let kept = statuses.into_iter().map(|status| ContainerStatus {
        name: status.name,
        ready: status.ready,
        started: status.started,
        restart_count: status.restart_count,
        state: status.state.map(prune_state),
        last_state: status.last_state.map(prune_state),
        ..ContainerStatus::default()
    });
    kept.collect()
}

fn prune_state(state: ContainerState) -> ContainerState {
    ContainerState {
        running: state.running,
        waiting: state.waiting.map(|waiting| ContainerStateWaiting {
            message: None,
            ..waiting
        }),
        terminated: state.terminated.map(|terminated| ContainerStateTerminated {
            message: None,
            container_id: None,
            ..terminated
        }),
    }
}
