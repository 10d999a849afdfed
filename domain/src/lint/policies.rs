//! Istio's policies, as far as they decide what bypassing an inbound port means, and which of them is in force.

use std::collections::{BTreeMap, HashMap};

/// What must be spoken to a workload (`PeerAuthentication`, `mtls.mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MtlsMode {
    /// What the next wider policy says.
    Unset,
    /// Plaintext only; clients are told not to speak mTLS.
    Disable,
    /// Both.
    Permissive,
    /// mTLS only.
    Strict,
}

/// How clients speak to a host (`DestinationRule`, `tls.mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Plaintext.
    Disable,
    /// Istio's own mTLS.
    IstioMutual,
    /// The application's TLS: the rule's author knows better.
    Other,
}

/// A `PeerAuthentication`.
#[derive(Clone, Debug)]
pub struct PeerAuthentication {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When it was made, RFC 3339: of several in the same place the oldest counts.
    pub created: String,
    /// Which workloads; nothing: all of its namespace, or of the mesh in the root namespace.
    pub selector: Option<BTreeMap<String, String>>,
    /// What it says.
    pub mode: MtlsMode,
    /// What it says by container port; looked at only beside a selector.
    pub ports: BTreeMap<u16, MtlsMode>,
}

/// An `AuthorizationPolicy` that sidecars enforce: one that names a gateway or a Service as its target is none.
#[derive(Clone, Debug)]
pub struct AuthorizationPolicy {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Which workloads; nothing: all of its namespace, or of the mesh in the root namespace.
    pub selector: Option<BTreeMap<String, String>>,
    /// The ports that its rules are restricted to; nothing: some rule is for all ports.
    pub ports: Option<Vec<u16>>,
}

/// A `DestinationRule` for all clients of its host.
#[derive(Clone, Debug)]
pub struct DestinationRule {
    /// Its namespace.
    pub namespace: String,
    /// Its host, as written.
    pub host: String,
    /// How clients speak to all ports, where it says.
    pub tls: Option<TlsMode>,
    /// How clients speak to a port of the Service; one whose settings say nothing of TLS inherits nothing from `tls`
    /// either: it is [`TlsMode::IstioMutual`], what Istio chooses by itself.
    pub ports: BTreeMap<u16, TlsMode>,
}

/// All policies of a mesh, found by namespace.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    root: String,
    peers: HashMap<String, Vec<PeerAuthentication>>,
    authorizations: HashMap<String, Vec<AuthorizationPolicy>>,
    rules: HashMap<String, Vec<DestinationRule>>,
}

fn by_namespace<T>(items: Vec<T>, namespace: impl Fn(&T) -> &String) -> HashMap<String, Vec<T>> {
    let mut all: HashMap<String, Vec<T>> = HashMap::new();
    for item in items {
        all.entry(namespace(&item).clone()).or_default().push(item);
    }
    all
}

/// Whether a selector takes a pod with these labels; an empty one takes all.
fn selects(selector: Option<&BTreeMap<String, String>>, labels: &BTreeMap<String, String>) -> bool {
    selector.is_none_or(|selector| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

fn is_narrow(selector: Option<&BTreeMap<String, String>>) -> bool {
    selector.is_some_and(|selector| !selector.is_empty())
}

impl Policies {
    /// The policies of a mesh with this root namespace.
    #[must_use]
    pub fn new(
        root: &str,
        mut peers: Vec<PeerAuthentication>,
        authorizations: Vec<AuthorizationPolicy>,
        rules: Vec<DestinationRule>,
    ) -> Self {
        peers.sort_by(|a, b| (&a.created, &a.name).cmp(&(&b.created, &b.name)));
        Self {
            root: root.to_owned(),
            peers: by_namespace(peers, |peer| &peer.namespace),
            authorizations: by_namespace(authorizations, |policy| &policy.namespace),
            rules: by_namespace(rules, |rule| &rule.namespace),
        }
    }

    /// What must be spoken to a workload's port, and which policy says so: the one that selects the workload, else its
    /// namespace's, else the mesh's; what none sets is permissive (Istio's `pilot/pkg/model/authentication.go`).
    #[must_use]
    pub fn peer(
        &self,
        namespace: &str,
        labels: &BTreeMap<String, String>,
        port: u16,
    ) -> (MtlsMode, Option<&PeerAuthentication>) {
        let of = |namespace: &str, narrow: bool| {
            let mut there = self.peers.get(namespace).into_iter().flatten();
            there.find(|peer| {
                let selector = peer.selector.as_ref();
                is_narrow(selector) == narrow && selects(selector, labels)
            })
        };
        let own = of(namespace, true);
        if let Some(own) = own
            && let Some(mode) = own
                .ports
                .get(&port)
                .copied()
                .filter(|mode| *mode != MtlsMode::Unset)
        {
            return (mode, Some(own));
        }
        let in_order = [own, of(namespace, false), of(&self.root, false)];
        let saying = in_order
            .into_iter()
            .flatten()
            .find(|peer| peer.mode != MtlsMode::Unset);
        saying.map_or((MtlsMode::Permissive, None), |peer| (peer.mode, Some(peer)))
    }

    /// The authorization policies that can decide about a workload's port.
    pub fn authorizations<'a>(
        &'a self,
        namespace: &'a str,
        labels: &'a BTreeMap<String, String>,
        port: u16,
    ) -> impl Iterator<Item = &'a AuthorizationPolicy> {
        let root = (namespace != self.root).then_some(self.root.as_str());
        let there = [Some(namespace), root]
            .into_iter()
            .flatten()
            .filter_map(|namespace| self.authorizations.get(namespace))
            .flatten();
        there.filter(move |policy| {
            selects(policy.selector.as_ref(), labels)
                && policy.ports.as_ref().is_none_or(|ports| ports.contains(&port))
        })
    }

    /// How clients speak to a port of a Service by the rules that all of them see: those in the Service's namespace, or,
    /// only if none there fits, those in the root namespace (Istio's `destinationRule` in `pilot/pkg/model/push_context.go`);
    /// the most particular host alone. Where that rule says nothing, no other is asked.
    #[must_use]
    pub fn client_tls(&self, namespace: &str, service: &str, port: u16) -> Option<TlsMode> {
        let host = host(namespace, service);
        let rule = [namespace, self.root.as_str()].into_iter().find_map(|place| {
            let rules = self.rules.get(place).into_iter().flatten();
            let fitting = rules.filter(|rule| rule.fits(&host));
            fitting.min_by_key(|rule| (rule.host.starts_with('*'), std::cmp::Reverse(rule.host.len())))
        })?;
        rule.ports.get(&port).copied().or(rule.tls)
    }
}

impl DestinationRule {
    /// Whether the rule is for a host, given whole. A name without a dot is a Service of the rule's own namespace.
    fn fits(&self, host: &str) -> bool {
        match self.host.strip_prefix('*') {
            Some(end) => host.ends_with(end),
            None if !self.host.contains('.') => self::host(&self.namespace, &self.host) == host,
            None => {
                self.host == host
                    || host.strip_suffix(".cluster.local").is_some_and(|short| {
                        short == self.host || short.strip_suffix(".svc") == Some(self.host.as_str())
                    })
            }
        }
    }
}

/// The whole host name of a Service.
pub(super) fn host(namespace: &str, service: &str) -> String {
    format!("{service}.{namespace}.svc.cluster.local")
}
