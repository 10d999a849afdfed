//! What is looked at of containers and Services.

use domain::lint::{self, Probe, Protocol, ServicePort, TargetPort, WorkloadPort};
use k8s_openapi::{
    api::core::v1::{Container, PodSpec, Probe as PodProbe, Service},
    apimachinery::pkg::util::intstr::IntOrString,
};
use kube::ResourceExt;

/// The containers that people wrote and that listen for as long as the pod lives.
fn containers(spec: Option<&PodSpec>) -> impl Iterator<Item = &Container> {
    let spec = spec.into_iter();
    let all = spec.flat_map(|spec| {
        let sidecars = spec.init_containers.iter().flatten();
        let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
        spec.containers.iter().chain(sidecars)
    });
    all.filter(|container| !container.name.starts_with("istio-"))
}

fn protocol(name: Option<&str>) -> Protocol {
    match name {
        None | Some("TCP") => Protocol::Tcp,
        Some("UDP") => Protocol::Udp,
        Some(_) => Protocol::Other,
    }
}

/// The ports that they declare.
pub(super) fn ports(spec: Option<&PodSpec>) -> Vec<WorkloadPort> {
    let declared = containers(spec).flat_map(|container| container.ports.iter().flatten());
    let ports = declared.filter_map(|port| {
        Some(WorkloadPort {
            name: port.name.clone(),
            number: u16::try_from(port.container_port).ok()?,
            protocol: protocol(port.protocol.as_deref()),
        })
    });
    ports.collect()
}

fn target(port: &IntOrString) -> Option<TargetPort> {
    match port {
        IntOrString::Int(number) => u16::try_from(*number).ok().map(TargetPort::Number),
        IntOrString::String(name) => Some(TargetPort::Name(name.clone())),
    }
}

/// Their probes.
pub(super) fn probes(spec: Option<&PodSpec>) -> Vec<Probe> {
    let all = containers(spec).flat_map(|container| {
        [
            ("liveness", &container.liveness_probe),
            ("readiness", &container.readiness_probe),
            ("startup", &container.startup_probe),
        ]
    });
    let port = |probe: &PodProbe| {
        let http = probe.http_get.as_ref().map(|get| &get.port);
        let tcp = probe.tcp_socket.as_ref().map(|socket| &socket.port);
        let grpc = probe.grpc.as_ref().and_then(|grpc| u16::try_from(grpc.port).ok());
        http.or(tcp).and_then(target).or(grpc.map(TargetPort::Number))
    };
    all.filter_map(|(kind, probe)| {
        Some(Probe {
            kind,
            port: port(probe.as_ref()?)?,
        })
    })
    .collect()
}

/// A Service and its ports.
pub(super) fn read_service(service: &Service) -> lint::Service {
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let ports = ports.filter_map(|port| {
        let number = u16::try_from(port.port).ok()?;
        Some(ServicePort {
            port: number,
            // Without a target it is the same number.
            target: port
                .target_port
                .as_ref()
                .map_or(Some(TargetPort::Number(number)), target)?,
            protocol: protocol(port.protocol.as_deref()),
        })
    });
    lint::Service {
        name: service.name_any(),
        ports: ports.collect(),
    }
}
