//! What follows from a pod template, its containers and the Services that select it.

use std::collections::BTreeMap;

use super::{Code, Lint, listed, values::inbound_bypasses};
use crate::{
    annotation,
    effective::{Effective, Origin},
    field::Field,
    running::{Item, Reading},
};

/// What is looked at of a workload.
#[derive(Clone, Debug)]
pub struct Workload<'a> {
    /// What is in force for its next pod.
    pub effective: &'a Effective,
    /// The annotations of its pod template, verbatim.
    pub annotations: &'a BTreeMap<String, String>,
    /// The annotations of the Deployment itself; none for a pod that nobody owns.
    pub own_annotations: &'a BTreeMap<String, String>,
    /// The ports that its containers declare.
    pub ports: Vec<WorkloadPort>,
    /// Its probes.
    pub probes: Vec<Probe>,
    /// Whether Istio redirects probes to its agent (`sidecarInjectorWebhook.rewriteAppHTTPProbe`).
    pub probes_rewritten: bool,
    /// The Services of its namespace that select its pods.
    pub services: Vec<Service>,
    /// Why its pods get no sidecar; nothing: they get one.
    pub not_injected: Option<String>,
    /// Whether its namespace asks for sidecars: a workload in it that has none is then meant to have none.
    pub namespace_injects: bool,
}

/// A port that a container declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadPort {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Anything else, which Istio leaves alone.
    Other,
}

/// A probe of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `liveness`, `readiness` or `startup`.
    pub kind: &'static str,
    /// The port that it asks.
    pub port: TargetPort,
}

/// A port by number, or by the name that a container gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetPort {
    /// By number.
    Number(u16),
    /// By name.
    Name(String),
}

/// A Service that selects the workload's pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// The Service's own number.
    pub port: u16,
    /// Where it leads.
    pub target: TargetPort,
    /// Its protocol.
    pub protocol: Protocol,
}

impl Workload<'_> {
    /// Resolves a port to a number, as the containers name them.
    #[must_use]
    pub fn number(&self, target: &TargetPort) -> Option<u16> {
        match target {
            TargetPort::Number(number) => Some(*number),
            TargetPort::Name(name) => {
                let named = self.ports.iter().find(|port| port.name.as_ref() == Some(name));
                named.map(|port| port.number)
            }
        }
    }

    /// The ports that a field lists.
    fn listed(&self, field: Field) -> Vec<u16> {
        let port = |item: &Item| match item {
            Item::Port(port) => Some(port.get()),
            _ => None,
        };
        match Reading::of(field, &self.effective.get(field).text) {
            Reading::All => Vec::new(),
            Reading::Items(items) => items.iter().filter_map(port).collect(),
        }
    }
}

/// Remarks on a workload, in no order.
#[must_use]
pub fn workload(workload: &Workload<'_>) -> Vec<Lint> {
    let mut lints = misplaced(workload);
    lints.extend(misspelt(workload));
    if let Some(why) = &workload.not_injected {
        lints.extend(not_injected(workload, why));
        return lints;
    }
    lints.extend(clashes(workload));
    for field in [Field::IncludeInboundPorts, Field::ExcludeInboundPorts] {
        lints.extend(service_ports(workload, field));
        lints.extend(udp(workload, field));
    }
    lints.extend(probes(workload));
    lints
}

fn service_ports(workload: &Workload<'_>, field: Field) -> Vec<Lint> {
    let declared = |port: u16| workload.ports.iter().any(|declared| declared.number == port);
    let mut lints = Vec::new();
    for port in workload.listed(field).into_iter().filter(|port| !declared(*port)) {
        let led = workload.services.iter().find_map(|service| {
            let of_service = service.ports.iter().find(|of_service| of_service.port == port)?;
            let target = workload.number(&of_service.target)?;
            (target != port).then_some((&service.name, target))
        });
        if let Some((service, target)) = led {
            lints.push(Lint::of(
                Code::ServicePortNotContainerPort,
                field,
                format!(
                    "{port} is a port of the Service `{service}`; inside of the pod the same traffic arrives on {target}, which \
                     is what this field is about."
                ),
                format!("write {target} instead of {port}"),
            ));
        }
    }
    lints
}

fn udp(workload: &Workload<'_>, field: Field) -> Option<Lint> {
    let is_udp_only = |port: &u16| {
        let of = |protocol| {
            let mut ports = workload.ports.iter();
            ports.any(|declared| declared.number == *port && declared.protocol == protocol)
        };
        of(Protocol::Udp) && !of(Protocol::Tcp)
    };
    let ports: Vec<String> = workload
        .listed(field)
        .iter()
        .filter(|port| is_udp_only(port))
        .map(ToString::to_string)
        .collect();
    (!ports.is_empty()).then(|| {
        let (declared, these) = if ports.len() == 1 {
            ("is", "it")
        } else {
            ("are", "them")
        };
        Lint::of(
            Code::UdpNeverRedirected,
            field,
            format!(
                "{} {declared} declared for UDP, and UDP never goes through the sidecar, whatever is set.",
                listed(&ports)
            ),
            format!("take {these} out: there is nothing to decide"),
        )
    })
}

fn probes(workload: &Workload<'_>) -> Option<Lint> {
    let excluded = workload.listed(Field::ExcludeInboundPorts);
    let mut ports: Vec<u16> = workload
        .probes
        .iter()
        .filter_map(|probe| workload.number(&probe.port))
        .filter(|port| excluded.contains(port) && inbound_bypasses(workload.effective, *port))
        .collect();
    ports.sort_unstable();
    ports.dedup();
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    (workload.probes_rewritten && !ports.is_empty()).then(|| {
        Lint::of(
            Code::ProbePortExcluded,
            Field::ExcludeInboundPorts,
            format!(
                "Probes on {} need no exclusion: Istio redirects them to its agent. The exclusion takes all other traffic on \
                 these ports from the sidecar too.",
                listed(&ports)
            ),
            "take the port out if it was excluded for the probe's sake",
        )
    })
}

fn misplaced(workload: &Workload<'_>) -> Vec<Lint> {
    let misplaced = Field::ALL
        .into_iter()
        .filter(|field| workload.own_annotations.contains_key(field.annotation()));
    misplaced
        .map(|field| {
            Lint::of(
                Code::MisplacedAnnotation,
                field,
                format!(
                    "The annotation `{}` stands on the workload itself, where nobody reads it.",
                    field.annotation()
                ),
                "move it to the pod template: `spec.template.metadata.annotations`",
            )
        })
        .collect()
}

/// Where Istio's annotations about traffic live.
const PREFIX: &str = "traffic.sidecar.istio.io/";

fn misspelt(workload: &Workload<'_>) -> Vec<Lint> {
    let known = |key: &str| {
        Field::ALL.iter().any(|field| field.annotation() == key)
            || [annotation::EXCLUDE_INTERFACES, annotation::KUBEVIRT_INTERFACES].contains(&key)
    };
    let meant = |key: &str| {
        let (prefix, name) = key.split_once('/')?;
        if prefix == PREFIX.trim_end_matches('/') {
            return Some(Field::nearest(name));
        }
        // The right name where Istio does not look for it.
        let field = Field::ALL.into_iter().find(|field| field.name() == name)?;
        (prefix == "istio.io" || prefix.ends_with(".istio.io")).then_some(Some(field))
    };
    let mut lints = Vec::new();
    for key in workload.annotations.keys().filter(|key| !known(key)) {
        let Some(nearest) = meant(key) else { continue };
        let way_out = nearest.map_or_else(
            || "remove it, or look up the right one in the annotation reference".to_owned(),
            |field| format!("write `{}`, if that is what is meant", field.annotation()),
        );
        lints.push(Lint::of(
            Code::MisspeltAnnotation,
            nearest,
            format!("Istio knows no annotation `{key}`: it does nothing, and nothing refuses it."),
            way_out,
        ));
    }
    lints
}

fn clashes(workload: &Workload<'_>) -> Vec<Lint> {
    let clash = |field: Field| {
        let in_force = workload.effective.get(field);
        let Origin::Workload(winner) = &in_force.origin else {
            return None;
        };
        (!in_force.clash.is_empty()).then(|| {
            Lint::of(
                Code::WorkloadSettingsClash,
                field,
                format!(
                    "The workload settings `{winner}` and {} want different values for the same pods; `{winner}` wins by its \
                     priority, or else by its name.",
                    listed(&in_force.clash)
                ),
                "let only one of them set this field, or give the one that is meant the higher priority",
            )
        })
    };
    Field::ALL.into_iter().filter_map(clash).collect()
}

fn not_injected(workload: &Workload<'_>, why: &str) -> Option<Lint> {
    // What is set for the whole mesh, or for a namespace that has sidecars, is not set for these pods in particular.
    let is_meant = |origin: &Origin| match origin {
        Origin::Workload(_) | Origin::Pod => true,
        Origin::Namespace => !workload.namespace_injects,
        _ => false,
    };
    let fields: Vec<&str> = workload
        .effective
        .iter()
        .filter(|in_force| is_meant(&in_force.origin))
        .map(|in_force| in_force.field.name())
        .collect();
    (!fields.is_empty()).then(|| {
        Lint::of(
            Code::NotInjected,
            None,
            format!("{} set for pods that get no sidecar: {why}.", verb(&fields)),
            "label the namespace or the pod template for injection, or remove the setting",
        )
    })
}

fn verb(fields: &[&str]) -> String {
    let be = if fields.len() == 1 { "is" } else { "are" };
    format!("{} {be}", listed(fields))
}
