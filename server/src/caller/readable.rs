//! What rights are asked about, and what of a kind may be seen.

use k8s_openapi::api::authorization::v1::ResourceAttributes;

/// A kind of thing that rights are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Readable {
    /// Namespaces (the objects).
    Namespaces,
    /// Pods.
    Pods,
    /// Evictions of pods.
    Evictions,
    /// Deployments.
    Deployments,
    /// StatefulSets.
    StatefulSets,
    /// DaemonSets.
    DaemonSets,
    /// Settings.
    Settings,
    /// Services.
    Services,
    /// ConfigMaps.
    ConfigMaps,
    /// Istio's `Sidecar` resources.
    Sidecars,
    /// Hosts that Istio is told of: `ServiceEntry` resources.
    ServiceEntries,
    /// Istio's policies; who may list one kind of them is taken to be allowed to know of all.
    Policies,
}

/// What of a kind a caller may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// Everything.
    All,
    /// Only in these namespaces.
    In(Vec<String>),
}

impl Readable {
    /// Its group and its resource; of a part of a resource, `resource/part`.
    pub(super) fn attributes(self) -> (&'static str, &'static str) {
        match self {
            Self::Namespaces => ("", "namespaces"),
            Self::Pods => ("", "pods"),
            Self::Evictions => ("", "pods/eviction"),
            Self::Deployments => ("apps", "deployments"),
            Self::StatefulSets => ("apps", "statefulsets"),
            Self::DaemonSets => ("apps", "daemonsets"),
            Self::Settings => ("sidestep.dev", "sidecarsettings"),
            Self::Services => ("", "services"),
            Self::ConfigMaps => ("", "configmaps"),
            Self::Sidecars => ("networking.istio.io", "sidecars"),
            Self::ServiceEntries => ("networking.istio.io", "serviceentries"),
            Self::Policies => ("security.istio.io", "peerauthentications"),
        }
    }
}

impl Visible {
    /// Whether things in `namespace` are visible.
    #[must_use]
    pub fn includes(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::In(namespaces) => namespaces.iter().any(|n| n == namespace),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) verb: &'static str,
    pub(super) kind: Readable,
    /// `None`: in all of them.
    pub(super) namespace: Option<String>,
    /// `None`: whichever.
    pub(super) name: Option<String>,
}

impl Question {
    /// The question as Kubernetes asks it.
    pub(super) fn attributes(&self) -> ResourceAttributes {
        let (group, resource) = self.kind.attributes();
        let (resource, part) = match resource.split_once('/') {
            Some((resource, part)) => (resource, Some(part.to_owned())),
            None => (resource, None),
        };
        ResourceAttributes {
            group: Some(group.to_owned()),
            resource: Some(resource.to_owned()),
            subresource: part,
            verb: Some(self.verb.to_owned()),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            ..ResourceAttributes::default()
        }
    }
}
