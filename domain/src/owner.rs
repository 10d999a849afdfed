//! Who owns a Kubernetes object besides those who edit it by hand, and what becomes of an edit. Read from the marks that
//! the owners leave on what they write: labels, annotations, owner references, field managers (spec/istio.md §5.3).

use std::collections::BTreeMap;

mod words;

/// Labels or annotations of an object.
pub type Marks = BTreeMap<String, String>;

/// What tells an object's owner.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The object itself.
    pub object: Object<'a>,
    /// Its labels.
    pub labels: &'a Marks,
    /// Its annotations.
    pub annotations: &'a Marks,
    /// Its owner references.
    pub references: &'a [Reference<'a>],
    /// Who has written fields of it.
    pub managers: &'a [&'a str],
}

/// An object by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// The API group; empty: the core's.
    pub group: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// The namespace; empty: none.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

/// An owner reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// `group/version`.
    pub api_version: &'a str,
    /// The owner's kind.
    pub kind: &'a str,
    /// The owner's name.
    pub name: &'a str,
}

/// Who owns an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// What it is.
    pub kind: Kind,
    /// The name of the application, release or resource, where the object tells it.
    pub name: Option<String>,
    /// Where that is, where the object tells it.
    pub namespace: Option<String>,
    /// When an edit is undone.
    pub reverts: Reverts,
}

/// What owns objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The Sail operator.
    Sail,
    /// An application of Argo CD.
    ArgoCd,
    /// A Kustomization of Flux.
    FluxKustomization,
    /// A `HelmRelease` of Flux.
    FluxHelmRelease,
    /// A release of Helm.
    Helm,
    /// `istioctl install`.
    Istioctl,
}

/// When an owner writes its own value over an edit, the soonest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reverts {
    /// As soon as it sees the edit.
    AtOnce,
    /// When it looks next, which it does by itself.
    Regularly,
    /// When somebody installs or upgrades next.
    AtUpgrade,
}

impl Reverts {
    /// Whether an edit is undone without anybody doing anything.
    #[must_use]
    pub fn by_itself(self) -> bool {
        self <= Self::Regularly
    }
}

impl Owner {
    /// Recognises the owner. Of several the one counts that writes last: an operator or a controller of Git that renders
    /// charts leaves Helm's marks too.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        sail(facts)
            .or_else(|| argo_cd(facts))
            .or_else(|| flux(facts))
            .or_else(|| helm(facts))
            .or_else(|| istioctl(facts))
            .or_else(|| chart(facts))
    }
}

impl<'a> Facts<'a> {
    fn label(&self, name: &str) -> Option<&'a str> {
        self.labels.get(name).map(String::as_str)
    }

    fn annotation(&self, name: &str) -> Option<&'a str> {
        self.annotations.get(name).map(String::as_str)
    }

    fn has_manager(&self, names: &[&str]) -> bool {
        self.managers.iter().any(|manager| names.contains(manager))
    }
}

fn owner(kind: Kind, name: Option<&str>, namespace: Option<&str>, reverts: Reverts) -> Owner {
    let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Owner {
        kind,
        name: filled(name),
        namespace: filled(namespace),
        reverts,
    }
}

/// The Sail operator watches what its revisions own, unless the object tells it to look away; then an upgrade of the
/// revision still writes it.
fn sail(facts: &Facts<'_>) -> Option<Owner> {
    let revision = facts.references.iter().find(|reference| {
        reference.api_version.starts_with("sailoperator.io/")
            && ["IstioRevision", "Istio"].contains(&reference.kind)
    });
    if revision.is_none() && facts.label(MANAGED_BY) != Some("sail-operator") {
        return None;
    }
    let reverts = if facts.annotation("sailoperator.io/ignore") == Some("true") {
        Reverts::AtUpgrade
    } else {
        Reverts::AtOnce
    };
    Some(owner(
        Kind::Sail,
        revision.map(|revision| revision.name),
        None,
        reverts,
    ))
}

fn argo_cd(facts: &Facts<'_>) -> Option<Owner> {
    let Object {
        group,
        kind,
        namespace,
        name,
    } = facts.object;
    // `application:group/kind:namespace/name`. Argo CD itself takes the id of another object for a copied annotation.
    let tracked = facts
        .annotation("argocd.argoproj.io/tracking-id")
        .and_then(|id| id.split_once(':'))
        .filter(|(_, of)| *of == format!("{group}/{kind}:{namespace}/{name}"))
        .map(|(application, _)| application);
    let named = tracked.or_else(|| facts.label("argocd.argoproj.io/instance"));
    let written = facts.has_manager(&["argocd-controller", "argocd-application-controller"]);
    (named.is_some() || written).then(|| owner(Kind::ArgoCd, named, None, Reverts::Regularly))
}

fn flux(facts: &Facts<'_>) -> Option<Owner> {
    let kustomization = facts.label("kustomize.toolkit.fluxcd.io/name");
    let is_left_alone = facts.annotation("kustomize.toolkit.fluxcd.io/reconcile") == Some("disabled");
    if !is_left_alone && (kustomization.is_some() || facts.has_manager(&["kustomize-controller"])) {
        return Some(owner(
            Kind::FluxKustomization,
            kustomization,
            facts.label("kustomize.toolkit.fluxcd.io/namespace"),
            Reverts::Regularly,
        ));
    }
    let release = facts.label("helm.toolkit.fluxcd.io/name");
    (release.is_some() || facts.has_manager(&["helm-controller"])).then(|| {
        owner(
            Kind::FluxHelmRelease,
            release,
            facts.label("helm.toolkit.fluxcd.io/namespace"),
            // Unless `spec.driftDetection` is on, which the object does not tell.
            Reverts::AtUpgrade,
        )
    })
}

fn helm(facts: &Facts<'_>) -> Option<Owner> {
    let release = facts.annotation("meta.helm.sh/release-name");
    (release.is_some() || facts.has_manager(&["helm"])).then(|| {
        owner(
            Kind::Helm,
            release,
            facts.annotation("meta.helm.sh/release-namespace"),
            Reverts::AtUpgrade,
        )
    })
}

fn istioctl(facts: &Facts<'_>) -> Option<Owner> {
    let resource = facts.label("install.operator.istio.io/owning-resource");
    (resource.is_some() || facts.has_manager(&["istio-operator"])).then(|| {
        owner(
            Kind::Istioctl,
            resource.filter(|name| *name != "unknown"),
            facts.label("install.operator.istio.io/owning-resource-namespace"),
            Reverts::AtUpgrade,
        )
    })
}

/// What only the chart says: `istioctl` and `helm template | kubectl apply` leave this label too, so it comes last.
fn chart(facts: &Facts<'_>) -> Option<Owner> {
    (facts.label(MANAGED_BY) == Some("Helm")).then(|| {
        let release = facts.label("app.kubernetes.io/instance");
        owner(
            Kind::Helm,
            release.or_else(|| facts.label("release")),
            None,
            Reverts::AtUpgrade,
        )
    })
}

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
