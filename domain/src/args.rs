//! The arguments of `istio-init` (without CNI) and `istio-validation` (with CNI): what Istio would write, and what a pod has.
//!
//! The rules are those of Istio's `files/injection-template.yaml` and `pkg/kube/inject/template.go`.

mod expected;
mod parse;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{expected::exclude_inbound, parse::ParsedArgs};
use crate::{annotation, field::Field};

/// The six arguments that decide about traffic, verbatim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficArgs {
    /// Whether the CNI plugin writes the rules: the container is `istio-validation` and applies none.
    pub cni: bool,
    /// `-i`.
    pub include_outbound_ip_ranges: String,
    /// `-x`.
    pub exclude_outbound_ip_ranges: String,
    /// `-b`.
    pub include_inbound_ports: String,
    /// `-d`, system ports included.
    pub exclude_inbound_ports: String,
    /// `-q`, if passed.
    pub include_outbound_ports: Option<String>,
    /// `-o`, if passed.
    pub exclude_outbound_ports: Option<String>,
    /// With CNI, `-i` is empty and no annotation says so: the plugin then reads `*`. Arguments alone cannot tell; see
    /// [`TrafficArgs::seen_with`].
    #[serde(default)]
    pub range_fallback: bool,
}

impl TrafficArgs {
    /// Returns the text of a field's argument, or nothing if it is not passed.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        match field {
            Field::IncludeOutboundIPRanges => Some(&self.include_outbound_ip_ranges),
            Field::ExcludeOutboundIPRanges => Some(&self.exclude_outbound_ip_ranges),
            Field::IncludeInboundPorts => Some(&self.include_inbound_ports),
            Field::ExcludeInboundPorts => Some(&self.exclude_inbound_ports),
            Field::IncludeOutboundPorts => self.include_outbound_ports.as_deref(),
            Field::ExcludeOutboundPorts => self.exclude_outbound_ports.as_deref(),
        }
    }

    /// Sets the text of a field's argument.
    fn set(&mut self, field: Field, text: String) {
        match field {
            Field::IncludeOutboundIPRanges => self.include_outbound_ip_ranges = text,
            Field::ExcludeOutboundIPRanges => self.exclude_outbound_ip_ranges = text,
            Field::IncludeInboundPorts => self.include_inbound_ports = text,
            Field::ExcludeInboundPorts => self.exclude_inbound_ports = text,
            Field::IncludeOutboundPorts => self.include_outbound_ports = Some(text),
            Field::ExcludeOutboundPorts => self.exclude_outbound_ports = Some(text),
        }
    }

    /// Returns flags and values in the template's order: `-i -x -b -d`, then `-q` and `-o` if passed.
    #[must_use]
    pub fn to_args(&self) -> Vec<String> {
        const ORDER: [Field; 6] = [
            Field::IncludeOutboundIPRanges,
            Field::ExcludeOutboundIPRanges,
            Field::IncludeInboundPorts,
            Field::ExcludeInboundPorts,
            Field::IncludeOutboundPorts,
            Field::ExcludeOutboundPorts,
        ];
        let passed = ORDER
            .into_iter()
            .filter_map(|field| self.get(field).map(|text| [field.flag(), text]));
        passed.flatten().map(str::to_owned).collect()
    }

    /// Completes what a pod's arguments cannot say by the pod's annotations: with CNI an empty `-i` means nothing if it
    /// came from an annotation, and everything if it came from the install values, whose empty text the template does not
    /// hand on to the plugin.
    #[must_use]
    pub fn seen_with(mut self, annotations: &BTreeMap<String, String>) -> Self {
        self.range_fallback = self.cni
            && self.include_outbound_ip_ranges.is_empty()
            && !annotations.contains_key(annotation::INCLUDE_OUTBOUND_IP_RANGES);
        self
    }

    /// The variables of the environment that [`TrafficArgs::with_environment`] reads (Istio's
    /// `tools/istio-iptables/pkg/cmd/root.go` binds each flag to one).
    pub const ENVIRONMENT: [&'static str; 2] = ["ISTIO_OUTBOUND_PORTS", "ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE"];

    /// Completes `-q` and `-o` by the environment of `istio-init`, which `istio-iptables` reads for flags that are not
    /// passed. Without effect under CNI, whose plugin does not see that environment.
    #[must_use]
    pub fn with_environment(mut self, environment: &BTreeMap<String, String>) -> Self {
        if !self.cni {
            let [included, excluded] = Self::ENVIRONMENT;
            let read = |name| {
                environment
                    .get(name)
                    .filter(|text: &&String| !text.is_empty())
                    .cloned()
            };
            self.include_outbound_ports = self.include_outbound_ports.or_else(|| read(included));
            self.exclude_outbound_ports = self.exclude_outbound_ports.or_else(|| read(excluded));
        }
        self
    }
}
