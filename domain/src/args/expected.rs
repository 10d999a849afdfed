//! What Istio would write for a pod created now.

use std::collections::BTreeMap;

use super::TrafficArgs;
use crate::{
    annotation,
    effective::{Effective, Origin},
    field::Field,
    install::InstallValues,
};

/// Ports that the template always puts before the list of `-d`: Envoy's Prometheus port and the health port.
const ALWAYS_EXCLUDED: &str = "15090,15021";

impl TrafficArgs {
    /// Returns the arguments that Istio's injection template yields. Of the pod's annotations only the status port is
    /// looked at; the six are already in `effective`. What our settings say counts as an annotation, since our webhook
    /// writes it as one.
    #[must_use]
    pub fn expected(effective: &Effective, install: &InstallValues, pod: &BTreeMap<String, String>) -> Self {
        let text = |field| effective.get(field).text.clone();
        let passed = |field| {
            let in_force = effective.get(field);
            (in_force.origin.is_annotation() || !in_force.text.is_empty()).then(|| in_force.text.clone())
        };
        let ranges = effective.get(Field::IncludeOutboundIPRanges);
        let status_port = status_port(install, pod);
        Self {
            cni: install.cni_enabled,
            include_outbound_ip_ranges: ranges.text.clone(),
            exclude_outbound_ip_ranges: text(Field::ExcludeOutboundIPRanges),
            include_inbound_ports: text(Field::IncludeInboundPorts),
            exclude_inbound_ports: exclude_inbound(
                &status_port,
                &effective.get(Field::ExcludeInboundPorts).text,
            ),
            include_outbound_ports: passed(Field::IncludeOutboundPorts),
            exclude_outbound_ports: passed(Field::ExcludeOutboundPorts),
            range_fallback: install.cni_enabled && ranges.text.is_empty() && ranges.origin <= Origin::Install,
        }
    }
}

/// Returns the status port as the template has it: the annotation verbatim, else the install value.
fn status_port(install: &InstallValues, pod: &BTreeMap<String, String>) -> String {
    pod.get(annotation::STATUS_PORT)
        .cloned()
        .unwrap_or_else(|| install.status_port.to_string())
}

/// Composes `-d` from the status port and the list, as the template and its helper `excludeInboundPort` do, quirks
/// included: the status port is looked for among the elements as they are written, blanks and all.
#[must_use]
pub fn exclude_inbound(status_port: &str, list: &str) -> String {
    let status_port = status_port.trim();
    let untouched =
        status_port.is_empty() || status_port == "0" || list.split(',').any(|port| port == status_port);
    let mut text = String::with_capacity(ALWAYS_EXCLUDED.len() + list.len() + status_port.len() + 2);
    text.push_str(ALWAYS_EXCLUDED);
    if untouched {
        if !list.is_empty() {
            text.push(',');
            text.push_str(list);
        }
        return text;
    }
    for port in list
        .split(',')
        .map(str::trim)
        .filter(|port| !port.is_empty())
        .chain([status_port])
    {
        text.push(',');
        text.push_str(port);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::exclude_inbound;

    #[test]
    fn the_status_port_joins_the_excluded_ports_as_istios_golden_files_have_it() {
        for (status_port, list, expected) in [
            ("15020", "4,5,6", "15090,15021,4,5,6,15020"),
            ("123", "", "15090,15021,123"),
            ("0", "", "15090,15021"),
            ("0", "4,5,6", "15090,15021,4,5,6"),
            ("15020", "", "15090,15021,15020"),
            ("15020", "80, 15020", "15090,15021,80,15020,15020"),
            ("15020", "15020, 80", "15090,15021,15020, 80"),
            (" ", "80, 81", "15090,15021,80, 81"),
            (" 15020 ", " 80 ,,81", "15090,15021,80,81,15020"),
            ("15020", "<nil>", "15090,15021,<nil>,15020"),
        ] {
            assert_eq!(
                exclude_inbound(status_port, list),
                expected,
                "status port {status_port:?}, list {list:?}"
            );
        }
    }
}
