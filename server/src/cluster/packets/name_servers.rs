//! Whom a pod asks for names: with DNS capture `istio-init` takes what goes to the servers of its `resolv.conf` to the agent.

use std::net::IpAddr;

use domain::{
    iptables::{Config, Dns},
    trace::{Direction, Packet},
};
use k8s_openapi::api::core::v1::Pod;

use crate::cluster::watch::Stores;

/// The Service that answers the DNS of pods, where the cluster has one of the usual name.
const SERVICE: (&str, &str) = ("kube-system", "kube-dns");
/// The port of DNS.
const PORT: u16 = 53;

/// The name servers in a pod's `resolv.conf`, as far as the cluster tells: the kubelet writes that file, and what it is told
/// to write for all pods (`clusterDNS`), or finds on its node, nobody else knows.
pub(super) struct NameServers {
    /// Those that the pod names itself.
    own: Vec<IpAddr>,
    /// Those of the cluster's Service, which kubelets are usually told of.
    usual: Vec<IpAddr>,
    /// Why there may be others; nothing: the pod names all of them.
    guess: Option<&'static str>,
}

impl NameServers {
    pub(super) fn of(stores: &Stores, pod: &Pod) -> Self {
        let spec = pod.spec.as_ref();
        let policy = spec.and_then(|spec| spec.dns_policy.as_deref());
        let usual = match policy {
            None | Some("ClusterFirst" | "ClusterFirstWithHostNet") => service(stores),
            Some(_) => Vec::new(),
        };
        let own = spec.and_then(|spec| spec.dns_config.as_ref()?.nameservers.clone());
        let guess = match policy {
            Some("None") => None,
            _ if usual.is_empty() => Some(
                "only the pod's node knows all its name servers: this answer knows those alone that the pod itself names",
            ),
            _ => Some(
                "only the pod's node knows its name servers: this answer takes the Service `kube-system/kube-dns` for them",
            ),
        };
        Self {
            own: read(own),
            usual,
            guess,
        }
    }

    pub(super) fn all(&self) -> Vec<IpAddr> {
        self.usual.iter().chain(&self.own).copied().collect()
    }

    /// What makes it uncertain where a packet goes, if that depends on whether it goes to one of them.
    pub(super) fn doubt(&self, config: &Config, packet: &Packet) -> Option<&'static str> {
        let depends = matches!(config.dns, Dns::Servers(_))
            && packet.direction == Direction::Outbound
            && packet.port == PORT
            && !self.own.contains(&packet.destination);
        self.guess.filter(|_| depends)
    }
}

fn service(stores: &Stores) -> Vec<IpAddr> {
    let service = stores.services.get(SERVICE.0, SERVICE.1);
    let addresses = service.as_ref().and_then(|service| {
        let spec = service.spec.as_ref()?;
        spec.cluster_ips
            .clone()
            .or_else(|| Some(vec![spec.cluster_ip.clone()?]))
    });
    read(addresses)
}

fn read(texts: Option<Vec<String>>) -> Vec<IpAddr> {
    let texts = texts.into_iter().flatten();
    texts.filter_map(|text| text.parse().ok()).collect()
}
