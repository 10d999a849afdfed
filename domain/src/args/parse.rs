//! Reads the arguments of a real container as Go's `pflag` would.

use std::collections::BTreeMap;

use super::TrafficArgs;
use crate::field::Field;

/// Everything that a container's arguments say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedArgs {
    /// The six that decide about traffic. A flag that is missing is empty, as `istio-iptables` takes it.
    pub traffic: TrafficArgs,
    /// All other flags by their long name (an unknown short one by its letter), without dashes. A switch has the value
    /// `true`. Of a repeated flag the last one counts.
    pub others: BTreeMap<String, String>,
    /// What is not a flag, such as the command `istio-iptables`.
    pub words: Vec<String>,
    /// Which of the six were passed: of the others the environment may tell.
    passed: [bool; 6],
}

/// The long names of the six.
const TRAFFIC: [(&str, Field); 6] = [
    ("istio-service-cidr", Field::IncludeOutboundIPRanges),
    ("istio-service-exclude-cidr", Field::ExcludeOutboundIPRanges),
    ("istio-inbound-ports", Field::IncludeInboundPorts),
    ("istio-local-exclude-ports", Field::ExcludeInboundPorts),
    ("istio-outbound-ports", Field::IncludeOutboundPorts),
    ("istio-local-outbound-ports-exclude", Field::ExcludeOutboundPorts),
];

/// Short and long names of the flags of `istio-iptables` (`tools/istio-iptables/pkg/cmd/root.go`).
const SHORT: [(char, &str); 17] = [
    ('b', "istio-inbound-ports"),
    ('c', "istio-exclude-interfaces"),
    ('d', "istio-local-exclude-ports"),
    ('e', "inbound-tunnel-port"),
    ('g', "proxy-gid"),
    ('i', "istio-service-cidr"),
    ('k', "kube-virt-interfaces"),
    ('m', "istio-inbound-interception-mode"),
    ('n', "dry-run"),
    ('o', "istio-local-outbound-ports-exclude"),
    ('p', "envoy-port"),
    ('q', "istio-outbound-ports"),
    ('r', "istio-inbound-tproxy-route-table"),
    ('t', "istio-inbound-tproxy-mark"),
    ('u', "proxy-uid"),
    ('x', "istio-service-exclude-cidr"),
    ('z', "inbound-capture-port"),
];

/// Flags of `istio-iptables` that have a long name only and take a value.
const LONG: [&str; 4] = [
    "force-iptables-binary",
    "iptables-probe-port",
    "network-namespace",
    "probe-timeout",
];

/// Flags that take a value only after `=`.
const SWITCHES: [&str; 15] = [
    "capture-all-dns",
    "cleanup-only",
    "cni-mode",
    "drop-invalid",
    "dry-run",
    "dual-stack",
    "force-apply",
    "help",
    "iptables-trace-logging",
    "log_as_json",
    "native-nftables",
    "reconcile",
    "redirect-dns",
    "run-validation",
    "skip-rule-apply",
];

impl TrafficArgs {
    /// Reads the arguments of an `istio-init` or `istio-validation` container. Nothing is refused: what is not understood is
    /// kept in [`ParsedArgs::others`].
    #[must_use]
    pub fn parse<S: AsRef<str>>(args: &[S]) -> ParsedArgs {
        let mut parsed = ParsedArgs::default();
        let mut args = args.iter().map(AsRef::as_ref).peekable();
        while let Some(arg) = args.next() {
            if arg == "--" {
                parsed.words.extend(args.by_ref().map(str::to_owned));
            } else if let Some(long) = arg.strip_prefix("--") {
                let (name, value) = long
                    .split_once('=')
                    .map_or((long, None), |(name, value)| (name, Some(value)));
                let value = match value {
                    Some(value) => value,
                    None if is_switch(name) => "true",
                    // A flag we do not know may be a switch: it takes the next argument unless that is a flag.
                    None => args
                        .next_if(|next| is_known(name) || !next.starts_with('-'))
                        .unwrap_or_default(),
                };
                parsed.keep(name, value);
            } else if let Some(cluster) = arg.strip_prefix('-').filter(|cluster| !cluster.is_empty()) {
                parsed.keep_cluster(cluster, || args.next());
            } else {
                parsed.words.push(arg.to_owned());
            }
        }
        parsed.traffic.cni = parsed.switched_on("skip-rule-apply");
        parsed
    }
}

impl ParsedArgs {
    /// The same arguments, with CNI completed by the pod's annotations: see [`TrafficArgs::seen_with`].
    #[must_use]
    pub fn seen_with(self, annotations: &BTreeMap<String, String>) -> Self {
        if !self.traffic.cni {
            return self;
        }
        let traffic = self.traffic.clone().seen_with(annotations);
        self.with_traffic(traffic)
    }

    /// The same arguments with other values of the six.
    #[must_use]
    pub fn with_traffic(self, traffic: TrafficArgs) -> Self {
        Self {
            passed: Field::ALL.map(|field| traffic.get(field).is_some()),
            traffic,
            ..self
        }
    }

    /// Returns the value of any flag by its long name, if it was passed.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&str> {
        match TRAFFIC.iter().find(|(long, _)| *long == name) {
            Some((_, field)) => self.traffic.get(*field).filter(|_| self.passed[field.index()]),
            None => self.other(name),
        }
    }

    /// Returns the interception mode, `REDIRECT` or `TPROXY`.
    #[must_use]
    pub fn interception_mode(&self) -> Option<&str> {
        self.other("istio-inbound-interception-mode")
    }

    /// Returns the value of another flag by its long name.
    #[must_use]
    pub fn other(&self, name: &str) -> Option<&str> {
        self.others.get(name).map(String::as_str)
    }

    /// Says whether a switch is on.
    #[must_use]
    pub fn switched_on(&self, name: &str) -> bool {
        matches!(self.other(name), Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
    }

    /// Lists the names of flags that are neither `istio-iptables`' own, as we know it, nor about its log: what they do cannot
    /// be judged.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let names = self.others.keys().map(String::as_str);
        names.filter(|name| !is_known(name) && !is_switch(name) && !name.starts_with("log_"))
    }

    /// Keeps `-nfoo`: switches one after the other, then at most one flag with its value.
    fn keep_cluster<'a>(&mut self, cluster: &'a str, next: impl FnOnce() -> Option<&'a str>) {
        let mut letters = cluster.chars();
        while let Some(letter) = letters.next() {
            let mut bytes = [0; 4];
            let name = SHORT
                .iter()
                .find(|(short, _)| *short == letter)
                .map(|(_, long)| *long);
            let name = name.unwrap_or_else(|| letter.encode_utf8(&mut bytes));
            let rest = letters.as_str();
            match rest.strip_prefix('=') {
                Some(value) if !value.is_empty() => return self.keep(name, value),
                _ if is_switch(name) => self.keep(name, "true"),
                _ if rest.is_empty() => return self.keep(name, next().unwrap_or_default()),
                _ => return self.keep(name, rest),
            }
        }
    }

    fn keep(&mut self, name: &str, value: &str) {
        let value = value.to_owned();
        let Some((_, field)) = TRAFFIC.iter().find(|(long, _)| *long == name) else {
            self.others.insert(name.to_owned(), value);
            return;
        };
        self.passed[field.index()] = true;
        self.traffic.set(*field, value);
    }
}

fn is_switch(name: &str) -> bool {
    SWITCHES.contains(&name)
}

fn is_known(name: &str) -> bool {
    LONG.contains(&name) || SHORT.iter().any(|(_, long)| *long == name)
}
