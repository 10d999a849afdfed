//! Those that decide about the same traffic and that no form of ours sets.

use super::{Reference, SetAt};
use crate::annotation::{
    APPLIED, EXCLUDE_INTERFACES, INJECT, INJECTION, INTERCEPTION_MODE, KUBEVIRT_INTERFACES, PROXY_CONFIG,
    REROUTE_VIRTUAL_INTERFACES, REVISION, STATUS_PORT,
};

/// spec/istio.md §2.
const INTERFACES: &str = "Names of network interfaces between commas: each a letter, then letters, digits, `_`, `.` or `-`; \
                          15 characters at most.";
/// spec/istio.md §2.
const CHECKED_SINCE: &str = "Istio checks the names since 1.30. Before, a bad one is not refused.";
/// No key of the install values feeds `-c` and `-k`: spec/istio.md §1.2, §5.1.
const NO_GLOBAL: &str = "Istio has no value for it above the pod: it is set pod template by pod template.";

/// Sources: interfaces spec/istio.md §1.2, §3.2, §3.5, with TPROXY §3.4; the interception mode §1.5, with CNI §1.6, 7; the
/// status port §1.3; injection §1.8; formats and what empty means §2; our marker: [`Marker`](crate::Marker).
pub(super) static RELATED: [Reference; 7] = [
    Reference {
        key: EXCLUDE_INTERFACES,
        field: None,
        title: "Network Interfaces That Are Left Alone",
        effect: "Traffic that comes in or goes out through these network interfaces of the pod goes round the sidecar. It is \
                 the first rule of all and wins over the six above.",
        format: INTERFACES,
        example: "eth1",
        default: "empty: no interface is left alone.",
        empty: "No interface is left alone.",
        set_at: &[SetAt::Pod],
        traps: &[NO_GLOBAL, CHECKED_SINCE],
    },
    Reference {
        key: REROUTE_VIRTUAL_INTERFACES,
        field: None,
        title: "Virtual Interfaces Whose Inbound Traffic Counts as Outbound",
        effect: "For virtual machines inside of a pod: what comes in through these interfaces is treated as traffic that \
                 leaves the pod: it goes through the sidecar where its destination is in includeOutboundIPRanges.",
        format: INTERFACES,
        example: "eth1,eth2",
        default: "empty: there are no such interfaces.",
        empty: "There are no such interfaces.",
        set_at: &[SetAt::Pod],
        traps: &[
            NO_GLOBAL,
            "It is judged before excludeInterfaces.",
            "It does not work together with the interception mode TPROXY.",
            CHECKED_SINCE,
        ],
    },
    Reference {
        key: KUBEVIRT_INTERFACES,
        field: None,
        title: "Virtual Interfaces, the Deprecated Annotation",
        effect: "The same as `istio.io/reroute-virtual-interfaces`, which replaces it.",
        format: INTERFACES,
        example: "eth1,eth2",
        default: "empty: there are no such interfaces.",
        empty: "There are no such interfaces.",
        set_at: &[SetAt::Pod],
        traps: &["It is ignored where the newer annotation is there."],
    },
    Reference {
        key: INTERCEPTION_MODE,
        field: None,
        title: "Interception Mode",
        effect: "How traffic is redirected: `REDIRECT` by NAT both ways; `TPROXY` by the kernel's transparent proxying \
                 inbound, by NAT outbound; `NONE` not at all, so that all traffic goes round the sidecar.",
        format: "Exactly `REDIRECT`, `TPROXY` or `NONE`.",
        example: "TPROXY",
        default: "`REDIRECT`, unless the mesh configuration says otherwise.",
        empty: "Istio refuses the pod.",
        set_at: &[
            SetAt::MeshConfig("defaultConfig.interceptionMode"),
            SetAt::OtherAnnotation(PROXY_CONFIG),
            SetAt::Pod,
        ],
        traps: &[
            "With `NONE` none of the six settings has an effect.",
            "With `NONE` and the Istio CNI plugin the pod never starts: the plugin refuses the mode.",
            "With `TPROXY` the sidecar runs as root with the capability NET_ADMIN.",
        ],
    },
    Reference {
        key: STATUS_PORT,
        field: None,
        title: "Status Port",
        effect: "The port of Istio's agent for health checks and metrics. It is added to excludeInboundPorts.",
        format: "One port number; `0` for none.",
        example: "15020",
        default: "15020.",
        empty: "Istio refuses the pod.",
        set_at: &[SetAt::Install("global.proxy.statusPort"), SetAt::Pod],
        traps: &[
            "Changing only the mesh configuration's `defaultConfig.statusPort` is not enough: the agent moves, the exclusion \
             does not, and health checks run into the sidecar.",
            "With `0` nothing is added to excludeInboundPorts.",
        ],
    },
    Reference {
        key: INJECT,
        field: None,
        title: "Sidecar Injection",
        effect: "Whether the pod gets a sidecar. Without one, none of these annotations has an effect.",
        format: "`true` or `false`, in quotes.",
        example: "false",
        default: "what the labels of the namespace say.",
        empty: "Counts as not set.",
        set_at: &[
            SetAt::NamespaceLabel(INJECTION),
            SetAt::NamespaceLabel(REVISION),
            SetAt::Pod,
        ],
        traps: &[
            "Write it as a label of the pod template: Istio's webhook selects pods by label. As an annotation, `false` works; \
             `true` does nothing in a namespace without injection.",
            "In a namespace labelled `istio-injection=disabled` no pod is injected, whatever it says.",
            "Pods in the host's network are never injected.",
        ],
    },
    Reference {
        key: APPLIED,
        field: None,
        title: "What Sidestep Has Written",
        effect: "Sidestep's webhook lists here which of the annotations it wrote on the pod, from which level, and a hash of \
                 what it wrote. It says which annotations are ours and which are yours.",
        format: "A field and its level, `field=level`, for each that was written, then `hash=` with 16 hexadecimal digits; \
                 between commas.",
        example: "excludeInboundPorts=namespace,excludeOutboundPorts=workload/cart,hash=0f1e2d3c4b5a6978",
        default: "absent: Sidestep has written nothing on the pod.",
        empty: "Counts as absent.",
        set_at: &[SetAt::Webhook],
        traps: &[
            "Do not write it by hand. What it lists counts as ours: on a new pod those annotations are computed anew.",
            "A pod that was copied together with it is recognised by it, and gets the settings of its new place.",
        ],
    },
];
