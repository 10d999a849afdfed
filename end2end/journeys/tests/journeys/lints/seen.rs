//! A pod as the real istiod injected it, and what its rules do with packets.

use std::collections::BTreeMap;

use domain::{
    ParsedArgs, TrafficArgs,
    iptables::{Config, Host, Rules},
    trace::{Packet, Protocol, Verdict, trace},
};
use k8s_openapi::api::core::v1::{Container, Pod};

pub(super) const BYPASS: Verdict = Verdict::Bypass;
/// The pod's name server.
pub(super) const DNS: [u8; 4] = [10, 96, 0, 10];
const SOMEWHERE: [u8; 4] = [8, 8, 8, 8];

/// A pod as istiod injected it.
pub(super) struct Seen(pub(super) Pod);

impl Seen {
    pub(super) fn init(&self) -> Option<&Container> {
        let containers = self.0.spec.as_ref()?.init_containers.as_ref()?;
        containers
            .iter()
            .find(|container| ["istio-init", "istio-validation"].contains(&container.name.as_str()))
    }

    pub(super) fn app(&self) -> &Container {
        let containers = &self.0.spec.as_ref().expect("a pod has a spec").containers;
        containers
            .iter()
            .find(|container| container.name == "app")
            .expect("it is ours")
    }

    pub(super) fn args(&self) -> ParsedArgs {
        TrafficArgs::parse(
            self.init()
                .expect("istiod injects it")
                .args
                .as_deref()
                .unwrap_or_default(),
        )
    }

    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.0.metadata.labels.as_ref()?.get(key).map(String::as_str)
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.0.metadata.annotations.as_ref()?.get(key).map(String::as_str)
    }

    pub(super) fn verdict(&self, packet: &Packet) -> Verdict {
        let environment: BTreeMap<String, String> = self
            .init()
            .and_then(|init| init.env.clone())
            .unwrap_or_default()
            .into_iter()
            .filter_map(|variable| Some((variable.name, variable.value?)))
            .collect();
        let host = Host {
            dns_servers: vec![DNS.into()],
            ..Host::default()
        };
        let rules = Config::read(&self.args(), &environment, &host).and_then(Rules::of);
        trace(&rules.expect("istiod writes good arguments"), packet).verdict
    }

    pub(super) fn sends(&self, port: u16) -> Verdict {
        self.verdict(&Packet::outbound(Protocol::Tcp, SOMEWHERE.into(), port))
    }

    pub(super) fn gets(&self, port: u16) -> Verdict {
        self.verdict(&Packet::inbound(Protocol::Tcp, [10, 244, 0, 5].into(), port))
    }
}
