//! What the page says about each field.

use super::Field;

impl Field {
    /// Returns the label on the page, as the reference page prints it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::IncludeOutboundIPRanges => {
                "Addresses to Which External Access Is Redirected to Sidecar Proxy"
            }
            Self::ExcludeOutboundIPRanges => {
                "Addresses to Which External Access Is Not Redirected to Sidecar Proxy"
            }
            Self::IncludeInboundPorts => "Ports on Which Inbound Traffic Redirected to Sidecar Proxy",
            Self::IncludeOutboundPorts => "Ports on Which Outbound Traffic Redirected to Sidecar Proxy",
            Self::ExcludeInboundPorts => "Ports on Which Inbound Traffic Not Redirected to Sidecar Proxy",
            Self::ExcludeOutboundPorts => "Ports on Which Outbound Traffic Not Redirected to Sidecar Proxy",
        }
    }

    /// Returns one or two sentences on what the field does to traffic (the rule order of istio-iptables, `capture/run.go`).
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::IncludeOutboundIPRanges => {
                "Outbound traffic to these addresses goes through the sidecar; `*` means all. \
                 Left empty on purpose, only the ports of includeOutboundPorts go through it."
            }
            Self::ExcludeOutboundIPRanges => {
                "Outbound traffic to these addresses goes straight out, whatever the include fields say."
            }
            Self::IncludeInboundPorts => {
                "Inbound traffic to these ports of the container goes through the sidecar; `*` means all. \
                 With a list, excludeInboundPorts is not looked at; left empty on purpose, no inbound traffic goes through it."
            }
            Self::IncludeOutboundPorts => {
                "Outbound traffic to these ports goes through the sidecar even outside includeOutboundIPRanges. \
                 While that is `*`, this field changes nothing."
            }
            Self::ExcludeInboundPorts => {
                "Inbound traffic to these ports of the container goes straight to it. \
                 Looked at only while includeInboundPorts is `*`."
            }
            Self::ExcludeOutboundPorts => {
                "Outbound traffic to these ports, TCP and UDP, goes straight out, whatever the include fields say."
            }
        }
    }

    /// Returns what it means to set the field to nothing on purpose (the arguments of istio-iptables in Istio's
    /// `files/injection-template.yaml`: `-b ""` captures nothing inbound, `-i ""` nothing by range; the plugin's defaults in
    /// `cni/pkg/plugin/sidecar_redirect.go`).
    #[must_use]
    pub const fn when_empty(self) -> &'static str {
        match self {
            Self::IncludeOutboundIPRanges => {
                "No address is redirected: outbound traffic goes through the sidecar only on the ports of \
                 includeOutboundPorts."
            }
            Self::ExcludeOutboundIPRanges => "No address is left out, whatever lower levels exclude.",
            Self::IncludeInboundPorts => "No inbound traffic goes through the sidecar at all.",
            Self::IncludeOutboundPorts => "No port is redirected beyond includeOutboundIPRanges.",
            Self::ExcludeInboundPorts => {
                "No port is left out but Istio's own (15090, 15021 and the status port), whatever lower levels exclude."
            }
            Self::ExcludeOutboundPorts => {
                "No port is left out, whatever lower levels exclude; with the CNI plugin not even its default, 15020."
            }
        }
    }

    /// Returns an example that parses.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::IncludeOutboundIPRanges => "192.168.0.0/16",
            Self::ExcludeOutboundIPRanges => "47.100.20.144/32, 172.16.0.0/12",
            Self::IncludeInboundPorts | Self::ExcludeOutboundPorts => "80, 81",
            Self::IncludeOutboundPorts => "7001, 7002, 7005",
            Self::ExcludeInboundPorts => "7001, 7002, 9000-9010",
        }
    }
}
