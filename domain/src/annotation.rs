//! The keys of annotations and labels: the only place where they are spelt. And what we write with them.

mod convert;
mod marker;
mod plan;
pub mod reference;
mod stumble;
mod template;

pub use self::{
    convert::{read_annotations, write_annotations},
    marker::{Marker, MarkerError, user_annotations},
    plan::{Patch, plan},
    stumble::{Stumble, stumbles},
    template::{Misplaced, for_pods, is_for_pods, misplaced},
};

/// Istio's annotation of [`Field::IncludeOutboundIPRanges`](crate::Field::IncludeOutboundIPRanges).
pub const INCLUDE_OUTBOUND_IP_RANGES: &str = "traffic.sidecar.istio.io/includeOutboundIPRanges";
/// Istio's annotation of [`Field::ExcludeOutboundIPRanges`](crate::Field::ExcludeOutboundIPRanges).
pub const EXCLUDE_OUTBOUND_IP_RANGES: &str = "traffic.sidecar.istio.io/excludeOutboundIPRanges";
/// Istio's annotation of [`Field::IncludeInboundPorts`](crate::Field::IncludeInboundPorts).
pub const INCLUDE_INBOUND_PORTS: &str = "traffic.sidecar.istio.io/includeInboundPorts";
/// Istio's annotation of [`Field::IncludeOutboundPorts`](crate::Field::IncludeOutboundPorts).
pub const INCLUDE_OUTBOUND_PORTS: &str = "traffic.sidecar.istio.io/includeOutboundPorts";
/// Istio's annotation of [`Field::ExcludeInboundPorts`](crate::Field::ExcludeInboundPorts).
pub const EXCLUDE_INBOUND_PORTS: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
/// Istio's annotation of [`Field::ExcludeOutboundPorts`](crate::Field::ExcludeOutboundPorts).
pub const EXCLUDE_OUTBOUND_PORTS: &str = "traffic.sidecar.istio.io/excludeOutboundPorts";

/// Network interfaces that are left alone altogether; no field of ours.
pub const EXCLUDE_INTERFACES: &str = "traffic.sidecar.istio.io/excludeInterfaces";
/// Virtual machines' interfaces whose inbound traffic is treated as outbound (`-k`); deprecated.
pub const KUBEVIRT_INTERFACES: &str = "traffic.sidecar.istio.io/kubevirtInterfaces";
/// The successor of [`KUBEVIRT_INTERFACES`], which it beats.
pub const REROUTE_VIRTUAL_INTERFACES: &str = "istio.io/reroute-virtual-interfaces";
/// The agent's port, excluded from inbound interception; `0` for none.
pub const STATUS_PORT: &str = "status.sidecar.istio.io/port";
/// What the injector did; its presence says that it has run.
pub const STATUS: &str = "sidecar.istio.io/status";
/// `true` or `false`, as a label or an annotation: inject this pod.
pub const INJECT: &str = "sidecar.istio.io/inject";
/// `REDIRECT`, `TPROXY` or `NONE`.
pub const INTERCEPTION_MODE: &str = "sidecar.istio.io/interceptionMode";
/// Settings of the proxy as YAML, among them the interception mode and the environment of `istio-init`.
pub const PROXY_CONFIG: &str = "proxy.istio.io/config";
/// The names of the injection templates for this pod.
pub const TEMPLATES: &str = "inject.istio.io/templates";
/// The revision or tag of the control plane, as a label of namespaces and pods.
pub const REVISION: &str = "istio.io/rev";
/// `enabled` or `disabled`, as a label of namespaces.
pub const INJECTION: &str = "istio-injection";
/// The data plane's mode, as a label of namespaces and pods; `ambient` or `none`.
pub const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";
/// Ours, on pods: which keys our webhook wrote. See [`Marker`].
pub const APPLIED: &str = "sidestep.dev/applied";
