//! What bypassing an inbound port does to clients that speak mTLS to it, and to policies that the sidecar would enforce.
//!
//! istiod does not read our settings: to clients the port of a pod with a sidecar still looks as if it spoke mTLS
//! (spec/istio.md §3.7, 8).

use std::collections::BTreeMap;

use super::{
    Code, Lint, Policies, listed,
    policies::{MtlsMode, TlsMode, host},
    values::inbound_bypasses,
    workload::{Protocol, Workload},
};
use crate::field::Field;

/// A workload among its clients.
#[derive(Clone, Debug)]
pub struct Mtls<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// The labels of its pods.
    pub labels: &'a BTreeMap<String, String>,
    /// What else there is to know of it.
    pub workload: &'a Workload<'a>,
    /// The mesh's policies.
    pub policies: &'a Policies,
    /// The namespaces that have pods with a sidecar beside its own pods: whoever calls it from there speaks mTLS.
    pub clients: &'a [String],
    /// `enableAutoMtls` of the mesh configuration: clients speak mTLS to whoever can.
    pub auto_mtls: bool,
}

/// Remarks on a workload with a sidecar, in no order.
#[must_use]
pub fn mtls(mtls: &Mtls<'_>) -> Vec<Lint> {
    let workload = mtls.workload;
    let mut lints = Vec::new();
    let mut broken: Vec<(String, u16)> = Vec::new();
    let mut strict: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut unenforced: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for port in tcp_ports(workload) {
        if !inbound_bypasses(workload.effective, port) {
            continue;
        }
        let (mode, policy) = mtls.policies.peer(mtls.namespace, mtls.labels, port);
        if let (MtlsMode::Strict, Some(policy)) = (mode, policy) {
            let name = format!("{}/{}", policy.namespace, policy.name);
            strict.entry(name).or_default().push(port.to_string());
        }
        let policies: Vec<String> = mtls
            .policies
            .authorizations(mtls.namespace, mtls.labels, port)
            .map(|policy| format!("{}/{}", policy.namespace, policy.name))
            .collect();
        if !policies.is_empty() {
            unenforced.entry(policies).or_default().push(port.to_string());
        }
        if mtls.auto_mtls && !mtls.clients.is_empty() && mode != MtlsMode::Disable {
            broken.extend(services_of(mtls, port));
        }
    }
    broken.sort_unstable();
    broken.dedup();
    if !broken.is_empty() {
        lints.push(breaks(mtls, &broken));
    }
    for (policy, ports) in strict {
        lints.push(Lint::of(
            Code::StrictNotEnforced,
            about(workload),
            format!(
                "`{policy}` demands mTLS, but {} {} round the sidecar that would enforce it: plaintext from anybody is taken \
                 there.",
                listed(&ports),
                if ports.len() == 1 { "goes" } else { "go" },
            ),
            "let the ports go through the sidecar, or guard them otherwise, such as by a NetworkPolicy",
        ));
    }
    for (policies, ports) in unenforced {
        lints.push(Lint::of(
            Code::AuthorizationPolicyNotEnforced,
            about(workload),
            format!(
                "{} {} not apply on {}: the sidecar that would enforce {} is bypassed there.",
                listed(&policies),
                if policies.len() == 1 { "does" } else { "do" },
                listed(&ports),
                if policies.len() == 1 { "it" } else { "them" },
            ),
            "let the ports go through the sidecar, or guard them otherwise, such as by a NetworkPolicy",
        ));
    }
    lints
}

/// The field that takes the ports from the sidecar.
fn about(workload: &Workload<'_>) -> Field {
    if workload.effective.get(Field::IncludeInboundPorts).text == "*" {
        Field::ExcludeInboundPorts
    } else {
        Field::IncludeInboundPorts
    }
}

/// The TCP ports on which somebody may call the workload: those that its containers declare, and those that Services lead to.
fn tcp_ports(workload: &Workload<'_>) -> Vec<u16> {
    let declared = workload
        .ports
        .iter()
        .filter(|port| port.protocol == Protocol::Tcp)
        .map(|port| port.number);
    let led = workload
        .services
        .iter()
        .flat_map(|service| &service.ports)
        .filter(|port| port.protocol == Protocol::Tcp)
        .filter_map(|port| workload.number(&port.target));
    let mut ports: Vec<u16> = declared.chain(led).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The ports of Services that lead to a port of the workload and on which clients speak Istio's mTLS.
fn services_of(mtls: &Mtls<'_>, port: u16) -> Vec<(String, u16)> {
    let workload = mtls.workload;
    let mut found = Vec::new();
    for service in &workload.services {
        for of_service in &service.ports {
            let leads_here =
                of_service.protocol == Protocol::Tcp && workload.number(&of_service.target) == Some(port);
            let tls = mtls
                .policies
                .client_tls(mtls.namespace, &service.name, of_service.port);
            if leads_here && matches!(tls, None | Some(TlsMode::IstioMutual)) {
                found.push((service.name.clone(), of_service.port));
            }
        }
    }
    found
}

fn breaks(mtls: &Mtls<'_>, broken: &[(String, u16)]) -> Lint {
    let ports: Vec<String> = broken
        .iter()
        .map(|(service, port)| format!("{service}:{port}"))
        .collect();
    let mut by_service: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    for (service, port) in broken {
        by_service.entry(service).or_default().push(*port);
    }
    let documents: Vec<String> = by_service
        .into_iter()
        .map(|(service, ports)| plaintext_rule(mtls.namespace, service, &ports))
        .collect();
    Lint {
        snippet: Some(documents.join("---\n")),
        clients: mtls.clients.to_vec(),
        ..Lint::of(
            Code::AutoMtlsBreaks,
            about(mtls.workload),
            format!(
                "Clients with a sidecar speak mTLS to {}, where the application itself answers and cannot read it: their \
                 requests fail.",
                listed(&ports),
            ),
            "apply the DestinationRule below, so that clients speak plaintext there, or let the port go through the sidecar",
        )
    }
}

/// The rule that lets clients speak plaintext to these ports of a Service.
fn plaintext_rule(namespace: &str, service: &str, ports: &[u16]) -> String {
    use std::fmt::Write;
    let host = host(namespace, service);
    let mut rule = format!(
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: {service}-plaintext\n  namespace: \
         {namespace}\nspec:\n  host: {host}\n  trafficPolicy:\n    portLevelSettings:\n"
    );
    for port in ports {
        // Writing to a text cannot fail.
        let _ = write!(
            rule,
            "    - port:\n        number: {port}\n      tls:\n        mode: DISABLE\n"
        );
    }
    rule
}
