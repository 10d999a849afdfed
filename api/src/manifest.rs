//! Manifests: a workload or a pod as YAML, to be looked at and edited.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{owner::OwnerView, workload::WorkloadKind};

/// What has a manifest here, by the name that its path has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ManifestKind {
    /// Deployments.
    Deployments,
    /// StatefulSets.
    StatefulSets,
    /// DaemonSets.
    DaemonSets,
    /// Pods: to be looked at, not edited.
    Pods,
}

impl ManifestKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Deployments,
        Self::StatefulSets,
        Self::DaemonSets,
        Self::Pods,
    ];

    /// Returns the name in paths: Kubernetes' own plural.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Deployments => "deployments",
            Self::StatefulSets => "statefulsets",
            Self::DaemonSets => "daemonsets",
            Self::Pods => "pods",
        }
    }

    /// Returns the kind of one.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Deployments => "Deployment",
            Self::StatefulSets => "StatefulSet",
            Self::DaemonSets => "DaemonSet",
            Self::Pods => "Pod",
        }
    }

    /// Returns the API version.
    #[must_use]
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Pods => "v1",
            _ => "apps/v1",
        }
    }

    /// Returns the one with this plural.
    #[must_use]
    pub fn of_plural(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == plural)
    }

    /// Returns the one of this kind.
    #[must_use]
    pub fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.kind() == kind)
    }
}

impl From<WorkloadKind> for ManifestKind {
    fn from(kind: WorkloadKind) -> Self {
        match kind {
            WorkloadKind::Deployment => Self::Deployments,
            WorkloadKind::StatefulSet => Self::StatefulSets,
            WorkloadKind::DaemonSet => Self::DaemonSets,
        }
    }
}

impl fmt::Display for ManifestKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind())
    }
}

/// How to read a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ManifestQuery {
    /// Leave nothing out: with `managedFields`, `resourceVersion`, `generation` and the revision that the rollouts count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub managed_fields: bool,
}

/// A manifest as the cluster has it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestView {
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The version of what can be edited: send it back as `If-Match: "<version>"` with a write. It does not change with the
    /// status.
    pub version: String,
    /// What can be edited, as YAML. What the cluster counts by itself (`managedFields`, `resourceVersion`, …) is left out
    /// unless asked for. With the answer to a dry run: what would be stored.
    pub yaml: String,
    /// The status as YAML, to look at; what a write says of it is ignored.
    pub status: String,
    /// Why the caller may not update it; absent: they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Who owns it, and what becomes of an edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerView>,
    /// What is remarkable about its annotations: those that stand where nobody reads them, those that Istio stumbles over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<ManifestRemark>,
    /// Whether a write must say why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reason_required: bool,
    /// With the answer to a write or a dry run: what it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<ManifestUpdate>,
}

/// Something remarkable about an annotation in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestRemark {
    /// The annotation's key.
    pub key: String,
    /// Where it stands, as in `metadata.annotations`.
    pub path: String,
    /// The line of the text on which it stands, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is so, in a sentence.
    pub message: String,
    /// Whether it can be moved to the pod template.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub movable: bool,
}

/// What a write does, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestUpdate {
    /// Whether it was only tried.
    pub dry_run: bool,
    /// The id of the change in the history; absent: nothing was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// The fields that differ, in the form of [`ManifestView::yaml`]'s paths.
    pub changed: Vec<String>,
    /// Whether the pod template differs, so that the pods are replaced.
    pub template_changed: bool,
    /// How many pods it runs.
    pub pods: u64,
    /// What becomes of the pods, in a sentence.
    pub rollout: String,
}

/// The body of a write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveManifest {
    /// The whole manifest, as it shall be: one YAML document.
    pub yaml: String,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Save although its owner will undo it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_owner: bool,
}

/// How to write a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SaveManifestQuery {
    /// Only ask the cluster what it would store.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// Annotations to move to the pod template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveAnnotations {
    /// The manifest: one YAML document.
    pub yaml: String,
    /// Which; empty: all that stand where nobody reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// What becomes of one that the pod template has already with another value.
    #[serde(default)]
    pub keep: Keep,
}

/// Which value stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Keep {
    /// Neither is touched: such an annotation stays where it is.
    #[default]
    Both,
    /// That of the pod template, which is the one in force.
    Template,
    /// That which is moved.
    Moved,
}

/// A manifest whose annotations were moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovedAnnotations {
    /// The text: what it said, comments and order included, where that could be kept.
    pub yaml: String,
    /// The keys that were moved, or taken away because the template has the value already.
    pub moved: Vec<String>,
    /// Those that were left because the pod template has another value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LeftAnnotation>,
    /// Whether the text was written anew: its comments, and the order of its keys, are lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reprinted: bool,
    /// What is still remarkable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<ManifestRemark>,
}

/// An annotation that has two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftAnnotation {
    /// Its key.
    pub key: String,
    /// What the workload itself says, where nobody reads it.
    pub here: String,
    /// What the pod template says.
    pub template: String,
}
