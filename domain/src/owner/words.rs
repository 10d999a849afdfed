//! An owner in words: who it is, what becomes of an edit, and where the change belongs.

use super::{Kind, Owner, Reverts};

impl Kind {
    /// Returns its word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sail => "sail",
            Self::ArgoCd => "argoCd",
            Self::FluxKustomization => "fluxKustomization",
            Self::FluxHelmRelease => "fluxHelmRelease",
            Self::Helm => "helm",
            Self::Istioctl => "istioctl",
        }
    }
}

impl Owner {
    /// Names the owner, inside of a sentence.
    #[must_use]
    pub fn named(&self) -> String {
        let what = match self.kind {
            Kind::Sail => "the Sail operator",
            Kind::ArgoCd => "Argo CD",
            Kind::FluxKustomization | Kind::FluxHelmRelease => "Flux",
            Kind::Helm => "Helm",
            Kind::Istioctl => "`istioctl install`",
        };
        let part = match self.kind {
            Kind::Sail => "revision",
            Kind::ArgoCd => "application",
            Kind::FluxKustomization => "Kustomization",
            Kind::FluxHelmRelease => "HelmRelease",
            Kind::Helm => "release",
            Kind::Istioctl => "resource",
        };
        self.place()
            .map_or_else(|| what.to_owned(), |place| format!("{what} ({part} {place})"))
    }

    /// Says who owns the object, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("It belongs to {}.", self.named())
    }

    /// Says what becomes of an edit, in a sentence.
    #[must_use]
    pub fn effect(&self) -> String {
        let release = self
            .place()
            .map_or_else(String::new, |place| format!(" of release {place}"));
        match (self.kind, self.reverts) {
            (Kind::Sail, Reverts::AtUpgrade) => "The operator leaves edits alone while the annotation \
                `sailoperator.io/ignore` is there; its next update or upgrade writes its own value over them."
                .to_owned(),
            (Kind::Sail, _) => "The operator sees an edit and writes its own value over it at once.".to_owned(),
            (Kind::ArgoCd, _) => "Argo CD compares it with Git: with self-heal it writes Git's value over an edit within \
                seconds, without it the next sync does, and until then the application is out of sync."
                .to_owned(),
            (Kind::FluxKustomization, _) => {
                "Flux writes Git's value over an edit when it reconciles next, which it does at its interval.".to_owned()
            }
            (Kind::FluxHelmRelease, _) => "The next upgrade of the HelmRelease writes its own value over an edit; with \
                `spec.driftDetection` on, the next reconciliation does."
                .to_owned(),
            (Kind::Helm, _) => format!(
                "The next `helm upgrade`{release} writes its own value over an edit, or stops with a conflict."
            ),
            (Kind::Istioctl, _) => {
                "The next `istioctl install` or `istioctl upgrade` writes its own value over an edit, without asking."
                    .to_owned()
            }
        }
    }

    /// Says where the change belongs instead, in a clause.
    #[must_use]
    pub fn instead(&self) -> String {
        match (self.kind, self.place()) {
            (Kind::Sail, _) => {
                "change `spec.values` of the `Istio` resource that the revision comes from".to_owned()
            }
            (Kind::ArgoCd, Some(name)) => format!("change it in the Git repository of application {name}"),
            (Kind::ArgoCd, None) => "change it in the application's Git repository".to_owned(),
            (Kind::FluxKustomization, Some(place)) => {
                format!("change it in the Git repository of Kustomization {place}")
            }
            (Kind::FluxKustomization, None) => "change it in the Kustomization's Git repository".to_owned(),
            (Kind::FluxHelmRelease, Some(place)) => format!("change `spec.values` of HelmRelease {place}"),
            (Kind::FluxHelmRelease, None) => "change `spec.values` of its HelmRelease".to_owned(),
            (Kind::Helm, Some(place)) => {
                format!("change the values of release {place} and run `helm upgrade`")
            }
            (Kind::Helm, None) => "change the release's values and run `helm upgrade`".to_owned(),
            (Kind::Istioctl, _) => {
                "change the IstioOperator file or the `--set` flags with which `istioctl install` is run"
                    .to_owned()
            }
        }
    }

    /// Its name and where it is.
    fn place(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        Some(match &self.namespace {
            Some(namespace) => format!("`{name}` in `{namespace}`"),
            None => format!("`{name}`"),
        })
    }
}
