//! What `istio-iptables` works from: its arguments, its environment, and what it finds in the pod.

use std::{collections::BTreeMap, net::IpAddr};

use thiserror::Error;

use super::{
    flags::{Flags, boolean},
    plugin,
};
use crate::{args::ParsedArgs, field::Field};

/// Why there are no rules: the container that writes them fails, and the pod does not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// A range that Go does not read.
    #[error(
        "`{flag}` holds `{text}`, which is not an address range: `istio-init` fails and the pod does not start"
    )]
    Range {
        /// The flag.
        flag: &'static str,
        /// The part of its value.
        text: String,
    },
    /// `*` among the excluded ranges.
    #[error("`-x` is `*`: `istio-init` fails and the pod does not start")]
    EverythingExcluded,
    /// A port that `iptables-restore` does not read, or a name that it looks up in the image.
    #[error(
        "`{flag}` holds `{text}`, which iptables does not take for a port: `istio-init` fails and the pod does not start"
    )]
    Port {
        /// The flag.
        flag: &'static str,
        /// The part of its value.
        text: String,
    },
    /// A name of a port, which `iptables` looks up in the image.
    #[error("`{flag}` holds `{text}`, the name of a port: which one it is only the image tells")]
    PortName {
        /// The flag.
        flag: &'static str,
        /// The part of its value.
        text: String,
    },
    /// What the CNI plugin does not take (`cni/pkg/plugin/sidecar_redirect.go`).
    #[error("the CNI plugin refuses `{text}` for {what}: the pod gets no network and never starts")]
    Plugin {
        /// What it is.
        what: &'static str,
        /// Its text.
        text: String,
    },
    /// An id that is no number. `iptables` looks names up in the image, which nobody here can.
    #[error(
        "`{flag}` holds `{text}`, which is not the number of a user or group: what it means only the image tells"
    )]
    Owner {
        /// The flag or variable.
        flag: &'static str,
        /// The part of its value.
        text: String,
    },
    /// An interface that `iptables` does not take.
    #[error(
        "`{flag}` holds `{text}`, which is not the name of an interface: `istio-init` fails and the pod does not start"
    )]
    Interface {
        /// The flag.
        flag: &'static str,
        /// The part of its value.
        text: String,
    },
    /// A mark that is not a plain number.
    #[error("`-t` is `{0}`, which is not a number")]
    Mark(String),
    /// A switch that is neither on nor off.
    #[error("`--{name}` is `{word}`, neither true nor false: `istio-init` fails and the pod does not start")]
    Switch {
        /// The flag.
        name: &'static str,
        /// Its value.
        word: String,
    },
    /// `ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR` out of its bounds.
    #[error(
        "`ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR` is `{0}`, not a loopback range of IPv4 from /8 to /32: `istio-init` fails"
    )]
    Loopback(String),
    /// More groups than one rule can name.
    #[error(
        "`ISTIO_OUTBOUND_OWNER_GROUPS` names {0} groups, more than 64: `istio-init` fails and the pod does not start"
    )]
    TooManyGroups(usize),
}

/// How packets are taken to the sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By redirection, both ways.
    Redirect,
    /// Inbound by transparent proxying.
    Tproxy,
    /// Not at all: the pod has no rules.
    None,
}

/// What a program finds in the pod that it runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Whether the pod's address makes Istio write rules for IPv6 too (`getLocalIP`).
    pub ipv6: bool,
    /// The name servers of the pod's `resolv.conf`.
    pub dns_servers: Vec<IpAddr>,
    /// The user of the sidecar where the CNI plugin reads it from the pod; 1337 otherwise.
    pub proxy_uid: Option<u32>,
    /// Its group, likewise.
    pub proxy_gid: Option<u32>,
}

/// Which DNS goes to the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dns {
    /// None.
    Off,
    /// What goes to port 53.
    All,
    /// What goes to port 53 of these.
    Servers(Vec<IpAddr>),
}

/// What the rules are made from. Texts are as Istio has them; [`super::Rules::of`] reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How packets are taken to the sidecar.
    pub mode: Mode,
    /// Whether there are rules for IPv6.
    pub ipv6: bool,
    /// Which DNS goes to the agent.
    pub dns: Dns,
    /// Whether packets that belong to no connection are dropped.
    pub drop_invalid: bool,
    pub(super) envoy_port: String,
    pub(super) inbound_port: String,
    pub(super) tunnel_port: String,
    pub(super) tproxy_mark: String,
    pub(super) uids: String,
    pub(super) gids: String,
    pub(super) include_inbound: String,
    pub(super) exclude_inbound: String,
    pub(super) include_ranges: String,
    pub(super) exclude_ranges: String,
    pub(super) include_outbound: String,
    pub(super) exclude_outbound: String,
    pub(super) exclude_interfaces: String,
    pub(super) virtual_interfaces: String,
    pub(super) groups: String,
    pub(super) groups_excluded: String,
    pub(super) loopback: String,
    /// What makes an answer from these rules uncertain, each named.
    pub uncertain: Vec<String>,
}

/// The user of the sidecar, unless somebody says otherwise.
const PROXY: u32 = 1337;

impl Config {
    /// Reads the arguments and the environment of `istio-init`, or, where those are of `istio-validation`, says what the CNI
    /// plugin works from instead (spec/istio.md §1.4, §1.6).
    ///
    /// # Errors
    /// What makes the container fail before there is any rule.
    pub fn read(
        args: &ParsedArgs,
        environment: &BTreeMap<String, String>,
        host: &Host,
    ) -> Result<Self, RuleError> {
        let mut config = if args.traffic.cni {
            plugin::check(args)?;
            Self::of_plugin(args, environment, host)
        } else {
            Self::of_init(args, environment, host)?
        };
        config.uncertain.extend(args.unknown().map(|flag| {
            let dashes = if flag.len() == 1 { "-" } else { "--" };
            format!("`{dashes}{flag}` is not known here: what it does is not part of this answer")
        }));
        let flags = Flags { args, environment };
        if flags.switch("native-nftables")? {
            config.uncertain.push(
                "`--native-nftables` writes rules of another kind: this answer is of those that `iptables` would get"
                    .to_owned(),
            );
        }
        if config.mode == Mode::Tproxy && !config.virtual_interfaces.is_empty() {
            config.uncertain.push(
                "rerouted virtual interfaces together with TPROXY: two mechanisms that get in each other's way".to_owned(),
            );
        }
        Ok(config)
    }

    fn of_init(
        args: &ParsedArgs,
        environment: &BTreeMap<String, String>,
        host: &Host,
    ) -> Result<Self, RuleError> {
        let flags = Flags { args, environment };
        let uids = match flags.text("proxy-uid", "") {
            // Istio looks up its own user in the image.
            unset if unset.is_empty() => PROXY.to_string(),
            uids => uids,
        };
        let gids = match flags.text("proxy-gid", "") {
            unset if unset.is_empty() => uids.clone(),
            gids => gids,
        };
        let mut uncertain = Vec::new();
        let dns = match (flags.switch("redirect-dns")?, flags.switch("capture-all-dns")?) {
            (false, _) => Dns::Off,
            (true, true) => Dns::All,
            (true, false) if host.dns_servers.is_empty() => {
                uncertain.push(
                    "DNS capture is on and the pod's name servers are not told: this answer is of a pod without any".to_owned(),
                );
                Dns::Off
            }
            (true, false) => Dns::Servers(host.dns_servers.clone()),
        };
        // Rules are printed, taken away, or left to somebody else: none is written.
        let mut writes_none = false;
        for switch in ["dry-run", "cleanup-only", "skip-rule-apply"] {
            writes_none |= flags.switch(switch)?;
        }
        let mode = match flags.text("istio-inbound-interception-mode", "").as_str() {
            _ if writes_none => Mode::None,
            "TPROXY" => Mode::Tproxy,
            "NONE" => Mode::None,
            _ => Mode::Redirect,
        };
        Ok(Self {
            mode,
            ipv6: host.ipv6,
            dns,
            drop_invalid: flags.switch("drop-invalid")?,
            envoy_port: flags.text("envoy-port", "15001"),
            inbound_port: flags.text("inbound-capture-port", "15006"),
            tunnel_port: flags.text("inbound-tunnel-port", "15008"),
            tproxy_mark: flags.text("istio-inbound-tproxy-mark", "1337"),
            uids,
            gids,
            include_inbound: flags.text("istio-inbound-ports", ""),
            exclude_inbound: flags.text("istio-local-exclude-ports", ""),
            include_ranges: flags.text("istio-service-cidr", ""),
            exclude_ranges: flags.text("istio-service-exclude-cidr", ""),
            include_outbound: flags.text("istio-outbound-ports", ""),
            exclude_outbound: flags.text("istio-local-outbound-ports-exclude", ""),
            exclude_interfaces: flags.text("istio-exclude-interfaces", ""),
            virtual_interfaces: flags.text("kube-virt-interfaces", ""),
            groups: flags.variable("ISTIO_OUTBOUND_OWNER_GROUPS", "*"),
            groups_excluded: flags.variable("ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", ""),
            loopback: flags.variable("ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR", "127.0.0.1/32"),
            uncertain,
        })
    }

    /// As `cni/pkg/plugin/sidecar_redirect.go`: its own ports, its own defaults, and of the environment (the sidecar's) three
    /// variables.
    fn of_plugin(args: &ParsedArgs, environment: &BTreeMap<String, String>, host: &Host) -> Self {
        let traffic = &args.traffic;
        let on = |name: &str| {
            environment
                .get(name)
                .and_then(|word| boolean(word))
                .unwrap_or(false)
        };
        let text = |field| traffic.get(field).unwrap_or_default().to_owned();
        // The sidecar's user, which the template passes on as `-u`; the group is in no argument.
        let passed = || args.flag("proxy-uid").and_then(|uid| uid.parse().ok());
        let uid = host
            .proxy_uid
            .or_else(passed)
            .filter(|id| *id != 0)
            .unwrap_or(PROXY);
        let gid = host.proxy_gid.filter(|id| *id != 0).unwrap_or(PROXY);
        let mut uncertain = Vec::new();
        if uid != PROXY && host.proxy_gid.is_none() {
            uncertain.push(format!(
                "the sidecar runs as user {uid} and its group is not told: this answer is of a sidecar with group {PROXY}"
            ));
        }
        let mode = if args.interception_mode() == Some("TPROXY") {
            Mode::Tproxy
        } else {
            Mode::Redirect
        };
        Self {
            mode,
            ipv6: host.ipv6,
            dns: if on("ISTIO_META_DNS_CAPTURE") {
                Dns::All
            } else {
                Dns::Off
            },
            drop_invalid: on("INVALID_DROP"),
            envoy_port: "15001".to_owned(),
            inbound_port: "15006".to_owned(),
            tunnel_port: "15008".to_owned(),
            tproxy_mark: "1337".to_owned(),
            uids: uid.to_string(),
            gids: gid.to_string(),
            include_inbound: text(Field::IncludeInboundPorts),
            exclude_inbound: with_system_ports(&traffic.exclude_inbound_ports),
            include_ranges: if traffic.range_fallback {
                "*".to_owned()
            } else {
                text(Field::IncludeOutboundIPRanges)
            },
            exclude_ranges: text(Field::ExcludeOutboundIPRanges),
            include_outbound: text(Field::IncludeOutboundPorts),
            exclude_outbound: traffic
                .exclude_outbound_ports
                .clone()
                .unwrap_or_else(|| "15020".to_owned()),
            exclude_interfaces: args
                .flag("istio-exclude-interfaces")
                .unwrap_or_default()
                .to_owned(),
            virtual_interfaces: args.flag("kube-virt-interfaces").unwrap_or_default().to_owned(),
            groups: "*".to_owned(),
            groups_excluded: String::new(),
            loopback: "127.0.0.1/32".to_owned(),
            uncertain,
        }
    }

    /// Whether any inbound port is captured.
    #[must_use]
    pub const fn captures_inbound(&self) -> bool {
        !self.include_inbound.is_empty()
    }
}

fn with_system_ports(list: &str) -> String {
    let mut ports: Vec<&str> = Vec::new();
    for port in list.trim().split(',').chain(["15020", "15021", "15090"]) {
        if !port.is_empty() && !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports.join(",")
}
