//! The six settings.

use super::{Reference, SetAt};
use crate::field::Field;

const PORTS: &str = "Port numbers from 1 to 65535 between commas, without ranges; or empty.";
const ANY_PORTS: &str =
    "`*` alone for all; or port numbers from 1 to 65535 between commas, without ranges; or empty.";
const RANGES: &str = "Address ranges in CIDR form between commas, without blanks; or empty.";
const ANY_RANGES: &str =
    "`*` alone for all; or address ranges in CIDR form between commas, without blanks; or empty.";

/// The injector's check, and what istio-iptables makes of what passes it: spec/istio.md §2, the table of port lists.
const BAD_PORTS: &str = "`80-90`, `80,` and `http` are refused: the Deployment is accepted, but its new pods are not \
                         created. A leading zero passes: `0070` then means port 56, and `080` makes `istio-init` crash. \
                         Sidestep's forms take ranges and write every port.";
/// The check trims the value as a whole; the rule then has no port: spec/istio.md §2, the table of port lists.
const ONLY_BLANKS: &str = "A value of blanks alone passes Istio's check and makes `istio-init` crash.";
/// `netip.ParsePrefix`, nothing trimmed: spec/istio.md §2, the table of CIDR lists, and §2.1.
const BAD_RANGES: &str = "A blank, an address without a mask (`10.0.0.1`) or a comma at the end is refused: the Deployment \
                          is accepted, but its new pods are not created.";
/// Ports are those seen inside the pod: spec/asm.md §1.5.
const CONTAINER_PORT: &str = "It is the port of the container, not that of the Service.";
/// Nobody tells the server that its client's sidecar was passed: spec/istio.md §3.7, 8.
const PLAIN_TEXT: &str =
    "What goes round leaves in plain text: a server that insists on mutual TLS refuses it.";

/// In the order of [`Field::ALL`].
///
/// Sources: defaults spec/istio.md §1.2, of inbound exclusions §1.3, under CNI §1.6; formats §2; which rule wins §3.2, §3.6
/// and spec/asm.md §1.5; loopback §3.3; DNS capture §3.6 and spec/asm.md §5.6; probes §1.7; clients and mutual TLS §3.7, 8 and
/// spec/asm.md §5.3; `0.0.0.0/0` spec/asm.md §1.4.
pub(super) static FIELDS: [Reference; 6] = [
    Reference {
        format: ANY_RANGES,
        example: "192.168.0.0/16",
        default: "`*`: all outbound TCP traffic goes through the sidecar.",
        set_at: &levels("global.proxy.includeIPRanges"),
        traps: &[
            BAD_RANGES,
            "Every exclusion wins over it: ports, addresses and interfaces.",
            "`0.0.0.0/0` is not `*`: it means IPv4 only.",
            "A loopback range, such as `127.0.0.0/8`, also takes away the rules that let a container talk to its own pod \
             directly.",
            "With the Istio CNI plugin, empty install values mean `*`, the opposite of what they mean without it. An empty \
             annotation is empty in both.",
        ],
        ..of(Field::IncludeOutboundIPRanges)
    },
    Reference {
        format: RANGES,
        example: "47.100.20.144/32,172.16.0.0/12",
        default: "empty: no address is left out.",
        set_at: &levels("global.proxy.excludeIPRanges"),
        traps: &[
            BAD_RANGES,
            "`*` is refused.",
            "It holds also when includeOutboundIPRanges is a list, although Istio's own text says that it needs `*` there.",
            "It wins over includeOutboundPorts.",
            "`10.0.0.5/8` means `10.0.0.0/8`: what is behind the mask does not count.",
            "`0.0.0.0/0` sends all IPv4 traffic out past the sidecar.",
            "Where DNS capture is on, it comes first: a name server in an excluded range is still captured.",
            PLAIN_TEXT,
        ],
        ..of(Field::ExcludeOutboundIPRanges)
    },
    Reference {
        format: ANY_PORTS,
        example: "80,81",
        default: "`*`: inbound TCP traffic on all ports goes through the sidecar, but for Istio's own ports.",
        set_at: &levels("global.proxy.includeInboundPorts"),
        traps: &[
            "With a list here, excludeInboundPorts is ignored altogether.",
            CONTAINER_PORT,
            BAD_PORTS,
            ONLY_BLANKS,
        ],
        ..of(Field::IncludeInboundPorts)
    },
    Reference {
        format: PORTS,
        example: "7001,7002,7005",
        default: "empty: no port is added to what includeOutboundIPRanges says.",
        set_at: &levels("global.proxy.includeOutboundPorts"),
        traps: &[
            "It has no effect while includeOutboundIPRanges is `*`, its default.",
            "It does not hold for every destination: ports, addresses and interfaces that are excluded win.",
            "Istio's injector does not check it. A bad value is not refused; it makes `istio-init` crash, or means something \
             else: `80:90` is a range, `http` is port 80. The CNI plugin does check it.",
        ],
        ..of(Field::IncludeOutboundPorts)
    },
    Reference {
        format: PORTS,
        example: "7001,7002,7005",
        default: "empty: Istio always adds its own ports, 15090, 15021 and the status port, 15020.",
        set_at: &levels("global.proxy.excludeInboundPorts"),
        traps: &[
            "It is looked at only while includeInboundPorts is `*`. With a list there it is ignored.",
            "Clients in the mesh are not told: they go on sending mutual TLS to the port and fail, unless a DestinationRule \
             or a PeerAuthentication switches TLS off for it.",
            "The port loses mutual TLS and authorization policies.",
            "Health checks do not need it: Istio rewrites probes to its status port, which is never redirected.",
            CONTAINER_PORT,
            BAD_PORTS,
        ],
        ..of(Field::ExcludeInboundPorts)
    },
    Reference {
        format: PORTS,
        example: "3306,6379",
        default: "empty: no port is left out. With the Istio CNI plugin it is `15020`.",
        set_at: &levels("global.proxy.excludeOutboundPorts"),
        traps: &[
            "With the CNI plugin any value replaces its default: then 15020 is redirected unless it is in the list.",
            "`53` switches DNS capture off.",
            "It wins over everything but excludeInterfaces, includeOutboundPorts included.",
            "It is the port that the application dials: that of the Service, where it calls one.",
            BAD_PORTS,
            ONLY_BLANKS,
            PLAIN_TEXT,
        ],
        ..of(Field::ExcludeOutboundPorts)
    },
];

/// What a field says of itself.
const fn of(field: Field) -> Reference {
    Reference {
        key: field.annotation(),
        field: Some(field),
        title: field.label(),
        effect: field.help(),
        empty: field.when_empty(),
        format: "",
        example: "",
        default: "",
        set_at: &[],
        traps: &[],
    }
}

/// The levels of the six, of which the lowest is this key of the install values.
const fn levels(install: &'static str) -> [SetAt; 5] {
    [
        SetAt::Install(install),
        SetAt::Global,
        SetAt::Namespace,
        SetAt::Workload,
        SetAt::Pod,
    ]
}
