//! Lints that a pod's own annotations are enough for: when each is true, when not, and what the mesh then does.

use domain::{
    lint::Code,
    trace::{Packet, Protocol, Verdict},
};
use journeys::pods::{self, Draft};
use serde_json::json;

use super::seen::{BYPASS, DNS, Seen};

/// A lint, a workload of which it is true, one of which it is not, and what the mesh then does.
pub(super) struct Case {
    pub(super) code: Code,
    pub(super) is_true: Draft,
    pub(super) is_not: Draft,
    pub(super) shown: fn(&Seen) -> bool,
}

/// A pod with annotations of the six, by the ends of their names.
pub(super) fn with(fields: &[(&str, &str)]) -> Draft {
    fields.iter().fold(listening(), |draft, (field, value)| {
        draft.annotation(&format!("traffic.sidecar.istio.io/{field}"), value)
    })
}

/// A pod that listens on 8080, probed there, and by UDP on 5353.
pub(super) fn listening() -> Draft {
    pods::pod().with(|pod| {
        let container = &mut pod["spec"]["containers"][0];
        container["ports"] = json!([{ "containerPort": 8080 }, { "containerPort": 5353, "protocol": "UDP" }]);
        container["readinessProbe"] = json!({ "httpGet": { "path": "/", "port": 8080 } });
    })
}

pub(super) fn with_dns_capture(draft: Draft) -> Draft {
    draft.annotation(
        "proxy.istio.io/config",
        r#"{"proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true"}}"#,
    )
}

fn case(code: Code, is_true: Draft, is_not: Draft, shown: fn(&Seen) -> bool) -> Case {
    Case {
        code,
        is_true,
        is_not,
        shown,
    }
}

/// What a pod's own annotations are enough for.
pub(super) fn cases() -> Vec<Case> {
    let mut all = outbound();
    all.extend(inbound());
    all
}

fn outbound() -> Vec<Case> {
    vec![
        case(
            Code::IncludeOutboundPortsWithoutEffect,
            with(&[("includeOutboundPorts", "7001")]),
            with(&[
                ("includeOutboundPorts", "7001"),
                ("includeOutboundIPRanges", "10.0.0.0/8"),
            ]),
            // A port that is not listed goes where the listed one goes.
            |pod| pod.sends(7001) == pod.sends(7002),
        ),
        case(
            Code::ExcludeBeatsInclude,
            with(&[
                ("includeOutboundIPRanges", ""),
                ("includeOutboundPorts", "7001"),
                ("excludeOutboundPorts", "7001"),
            ]),
            with(&[
                ("includeOutboundIPRanges", ""),
                ("includeOutboundPorts", "7001"),
                ("excludeOutboundPorts", "7002"),
            ]),
            |pod| pod.sends(7001) == BYPASS,
        ),
        case(
            Code::EverythingExcluded,
            with(&[("excludeOutboundIPRanges", "0.0.0.0/1,128.0.0.0/1")]),
            with(&[("excludeOutboundIPRanges", "10.0.0.0/8")]),
            |pod| pod.sends(443) == BYPASS,
        ),
        case(
            Code::LoopbackIncluded,
            with(&[("includeOutboundIPRanges", "10.0.0.0/8,127.0.0.0/8")]),
            with(&[("includeOutboundIPRanges", "10.0.0.0/8")]),
            |pod| {
                let inside = Packet::outbound(Protocol::Tcp, [127, 0, 0, 2].into(), 7001);
                pod.verdict(&inside) == Verdict::OutboundProxy
            },
        ),
        case(
            Code::SystemPort,
            with(&[("excludeOutboundPorts", "15020")]),
            with(&[("excludeInboundPorts", "15020")]),
            // The metrics of other pods are then asked for round the sidecar.
            |pod| pod.sends(15020) == BYPASS,
        ),
        case(
            Code::DnsPortExcluded,
            with_dns_capture(with(&[("excludeOutboundPorts", "53")])),
            with_dns_capture(with(&[("excludeOutboundPorts", "54")])),
            |pod| pod.verdict(&Packet::outbound(Protocol::Udp, DNS.into(), 53)) == BYPASS,
        ),
        case(
            Code::MisspeltAnnotation,
            with(&[("excludeOutbondPorts", "7001")]),
            with(&[("excludeOutboundPorts", "7001")]),
            |pod| pod.sends(7001) == Verdict::OutboundProxy,
        ),
    ]
}

fn inbound() -> Vec<Case> {
    let inbound_8080_bypasses: fn(&Seen) -> bool = |pod| pod.gets(8080) == BYPASS;
    vec![
        case(
            Code::ExcludeInboundPortsIgnored,
            with(&[("excludeInboundPorts", "8080"), ("includeInboundPorts", "8080")]),
            with(&[("excludeInboundPorts", "9090")]),
            |pod| {
                pod.gets(8080) == Verdict::InboundProxy
                    && pod.args().traffic.exclude_inbound_ports.contains("8080")
            },
        ),
        case(
            Code::CaptureOff,
            with(&[("includeInboundPorts", "")]),
            with(&[("includeInboundPorts", "8080")]),
            inbound_8080_bypasses,
        ),
        case(
            Code::UdpNeverRedirected,
            with(&[("includeInboundPorts", "8080,5353")]),
            with(&[("includeInboundPorts", "8080")]),
            |pod| {
                let udp = Packet::inbound(Protocol::Udp, [10, 244, 0, 5].into(), 5353);
                pod.args().traffic.include_inbound_ports.contains("5353") && pod.verdict(&udp) == BYPASS
            },
        ),
        case(
            Code::ServicePortNotContainerPort,
            with(&[("excludeInboundPorts", "80")]),
            with(&[("excludeInboundPorts", "8080")]),
            // What the Service leads to is not excluded.
            |pod| pod.gets(80) == BYPASS && pod.gets(8080) == Verdict::InboundProxy,
        ),
        case(
            Code::ProbePortExcluded,
            with(&[("excludeInboundPorts", "8080")]),
            with(&[("excludeInboundPorts", "9090")]),
            |pod| {
                let probe = pod
                    .app()
                    .readiness_probe
                    .as_ref()
                    .and_then(|probe| probe.http_get.as_ref());
                let redirected = probe
                    .is_some_and(|get| serde_json::to_value(&get.port).unwrap_or_default() == json!(15020));
                redirected && pod.gets(15020) == BYPASS && pod.gets(8080) == BYPASS
            },
        ),
        case(
            Code::AutoMtlsBreaks,
            with(&[("excludeInboundPorts", "8080")]),
            with(&[("excludeInboundPorts", "9090")]),
            // Clients are told that the pod speaks mTLS, and the port is the application's.
            |pod| pod.label("security.istio.io/tlsMode") == Some("istio") && pod.gets(8080) == BYPASS,
        ),
        case(
            Code::StrictNotEnforced,
            with(&[("excludeInboundPorts", "8080")]),
            with(&[("excludeInboundPorts", "9090")]),
            inbound_8080_bypasses,
        ),
        case(
            Code::AuthorizationPolicyNotEnforced,
            with(&[("excludeInboundPorts", "8080")]),
            with(&[("excludeInboundPorts", "9090")]),
            inbound_8080_bypasses,
        ),
    ]
}
