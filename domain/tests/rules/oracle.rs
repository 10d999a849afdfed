//! Istio's rules, re-implemented from its Go sources (1.31) without a look at ours.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, Ipv6Addr},
};

use domain::{Field, InstallValues};

pub(crate) type Annotations = BTreeMap<String, String>;

/// `pkg/kube/inject/validate.go`; `includeOutboundPorts`, which has no validator there, is held to that of the CNI plugin.
pub(crate) fn injector_accepts(field: Field, text: &str) -> bool {
    match field {
        Field::IncludeOutboundIPRanges => text == "*" || cidr_list(text),
        Field::ExcludeOutboundIPRanges => cidr_list(text),
        Field::IncludeInboundPorts => text == "*" || port_list(text),
        _ => port_list(text),
    }
}

fn cidr_list(text: &str) -> bool {
    text.is_empty() || text.split(',').all(prefix)
}

/// `netip.ParsePrefix`.
fn prefix(text: &str) -> bool {
    let Some((address, bits)) = text.rsplit_once('/') else {
        return false;
    };
    let max = if address.parse::<Ipv4Addr>().is_ok() {
        32
    } else if address.parse::<Ipv6Addr>().is_ok() {
        128
    } else {
        return false;
    };
    let leading_zero = bits.len() > 1 && bits.starts_with('0');
    bits.bytes().all(|byte| byte.is_ascii_digit())
        && !leading_zero
        && bits.parse::<u16>().is_ok_and(|bits| bits <= max)
}

fn port_list(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.split(',').all(|port| uint16(port.trim()).is_some())
}

/// `strconv.ParseUint(text, 10, 16)`: digits only, no sign.
fn uint16(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// What iptables makes of a port: `strtoul` with base 0, so that a leading zero means octal.
pub(crate) fn iptables_port(text: &str) -> Option<u16> {
    if text.len() > 1 && text.starts_with('0') {
        u16::from_str_radix(text, 8).ok()
    } else {
        text.parse().ok()
    }
}

/// `files/injection-template.yaml`: the arguments that decide about traffic, from the annotations of a pod that reaches
/// Istio's injector.
pub(crate) fn template(annotations: &Annotations, install: &InstallValues) -> Vec<String> {
    let or_value = |field: Field| {
        let value = install.get(field).unwrap_or("<nil>");
        annotations
            .get(field.annotation())
            .map_or(value, String::as_str)
            .to_owned()
    };
    let status = annotations.get("status.sidecar.istio.io/port").cloned();
    let status = status.unwrap_or_else(|| install.status_port.to_string());
    let excluded = exclude_inbound_port(&status, &or_value(Field::ExcludeInboundPorts));
    let excluded = if excluded.is_empty() {
        "15090,15021".to_owned()
    } else {
        format!("15090,15021,{excluded}")
    };
    let mut args = Vec::new();
    let mut pass = |flag: &str, text: String| args.extend([flag.to_owned(), text]);
    pass("-i", or_value(Field::IncludeOutboundIPRanges));
    pass("-x", or_value(Field::ExcludeOutboundIPRanges));
    pass("-b", or_value(Field::IncludeInboundPorts));
    pass("-d", excluded);
    for field in [Field::IncludeOutboundPorts, Field::ExcludeOutboundPorts] {
        if annotations.contains_key(field.annotation()) || !install.get(field).unwrap_or("").is_empty() {
            pass(field.flag(), or_value(field));
        }
    }
    args
}

/// `excludeInboundPort` in `pkg/kube/inject/template.go`.
fn exclude_inbound_port(port: &str, excluded: &str) -> String {
    let port = port.trim();
    if port.is_empty() || port == "0" {
        return excluded.to_owned();
    }
    let mut ports = Vec::new();
    for other in excluded.split(',') {
        if other == port {
            return excluded.to_owned();
        }
        if !other.trim().is_empty() {
            ports.push(other.trim());
        }
    }
    ports.push(port);
    ports.join(",")
}

/// What the CNI plugin programs: the annotations that the template leaves on the pod (`injection-template.yaml`), read as
/// `cni/pkg/plugin/sidecar_redirect.go` reads them.
pub(crate) fn cni(annotations: &Annotations, install: &InstallValues) -> BTreeMap<Field, BTreeSet<String>> {
    let mut pod = annotations.clone();
    let value = |field: Field| install.get(field).unwrap_or("<nil>");
    let or_value = |field: Field| {
        annotations
            .get(field.annotation())
            .map_or(value(field), String::as_str)
            .to_owned()
    };
    for field in [Field::IncludeOutboundIPRanges, Field::ExcludeOutboundIPRanges] {
        if !or_value(field).is_empty() {
            pod.insert(field.annotation().to_owned(), or_value(field));
        }
    }
    let status = annotations.get("status.sidecar.istio.io/port").cloned();
    let status = status.unwrap_or_else(|| install.status_port.to_string());
    let excluded = exclude_inbound_port(&status, &or_value(Field::ExcludeInboundPorts));
    pod.insert(Field::ExcludeInboundPorts.annotation().to_owned(), excluded);
    pod.insert(
        Field::IncludeInboundPorts.annotation().to_owned(),
        or_value(Field::IncludeInboundPorts),
    );
    for field in [Field::IncludeOutboundPorts, Field::ExcludeOutboundPorts] {
        if annotations.contains_key(field.annotation()) || !install.get(field).unwrap_or("").is_empty() {
            pod.insert(field.annotation().to_owned(), or_value(field));
        }
    }
    let plugin_default = |field| match field {
        Field::IncludeOutboundIPRanges | Field::IncludeInboundPorts => "*",
        Field::ExcludeInboundPorts | Field::ExcludeOutboundPorts => "15020",
        Field::ExcludeOutboundIPRanges | Field::IncludeOutboundPorts => "",
    };
    let read = |field: Field| {
        let mut text = pod
            .get(field.annotation())
            .map_or(plugin_default(field), String::as_str)
            .to_owned();
        if field == Field::ExcludeInboundPorts {
            text.push_str(",15020,15021,15090");
        }
        text.split(',')
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    };
    Field::ALL.into_iter().map(|field| (field, read(field))).collect()
}

#[test]
fn the_oracle_knows_what_istio_is_known_to_accept() {
    for text in ["", "80", "80, 443", " 80 ", "0", "0070", "65535", " "] {
        assert!(injector_accepts(Field::ExcludeInboundPorts, text), "{text:?}");
    }
    for text in ["80,", ",80", "65536", "-1", "+80", "80-90", "http", "*"] {
        assert!(!injector_accepts(Field::ExcludeInboundPorts, text), "{text:?}");
    }
    for text in [
        "",
        "*",
        "10.0.0.5/8",
        "2001:db8::/32,10.0.0.0/8",
        "::ffff:10.0.0.0/104",
    ] {
        assert!(injector_accepts(Field::IncludeOutboundIPRanges, text), "{text:?}");
    }
    for text in [
        "10.0.0.1",
        "10.0.0.0/8, 11.0.0.0/8",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "010.0.0.0/8",
        "*,10.0.0.0/8",
    ] {
        assert!(
            !injector_accepts(Field::IncludeOutboundIPRanges, text),
            "{text:?}"
        );
    }
    assert_eq!(
        (iptables_port("0070"), iptables_port("080"), iptables_port("80")),
        (Some(56), None, Some(80))
    );
}
