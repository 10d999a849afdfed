//! Outbound Traffic Policy: what the mesh does with a destination that nothing in it declares.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{owner::OwnerView, snippet::Snippet};

/// The policy of every revision, and what overrides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboundPolicy {
    /// One a revision, by name.
    pub revisions: Vec<RevisionPolicy>,
    /// The `Sidecar` resources that say something else for some workloads, as far as the caller may see them.
    pub overrides: Vec<PolicyOverride>,
    /// What can be reached under `REGISTRY_ONLY`, as far as the caller may see it.
    pub registry: Registry,
    /// Whether a write must say why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reason_required: bool,
}

/// The policy of a revision, as its mesh configuration says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionPolicy {
    /// `default`, or the revision's name.
    pub revision: String,
    /// The namespace of its control plane.
    pub namespace: String,
    /// The ConfigMap with its mesh configuration, in that namespace.
    pub config_map: String,
    /// `ALLOW_ANY`, `REGISTRY_ONLY`, or a mode that Sidestep does not know, as it is written. Absent: see `unreadable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Why the mode cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// The version of the ConfigMap: send it back as `If-Match: "<version>"` with a write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who owns the ConfigMap, and what becomes of an edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerView>,
    /// Why the caller may not change it; absent: they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What can be chosen, and what each choice comes to.
    pub choices: Vec<PolicyChoice>,
    /// Whether istiod has taken what is written.
    pub taken: Taken,
    /// With the answer to a write: the id of the change in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// With the answer to a write: what the writer should know although it succeeded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// A mode that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyChoice {
    /// `ALLOW_ANY` or `REGISTRY_ONLY`.
    pub mode: String,
    /// Why the text cannot be changed to it safely; absent: it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The lines of the mesh configuration that change: a unified diff, empty where it says this already.
    pub diff: String,
    /// The same change made by other means.
    pub snippets: Vec<Snippet>,
}

/// Whether istiod has taken what is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// In one word.
    pub state: TakenState,
    /// In a sentence.
    pub message: String,
}

/// Whether istiod has taken what is written, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TakenState {
    /// It says itself that it has.
    Confirmed,
    /// It says that it goes by something else.
    Differs,
    /// It was not asked, or did not answer.
    NotConfirmed,
}

/// A `Sidecar` resource with a policy of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyOverride {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The mode that it says; Istio reads a policy without one as `REGISTRY_ONLY`.
    pub mode: String,
    /// The workloads that it is for, as labels; empty: all of its namespace, or of the mesh in the root namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Whether it is the mesh's default `Sidecar`.
    pub mesh_wide: bool,
}

/// What is declared in the mesh.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registry {
    /// How many Services there are.
    pub services: usize,
    /// The hosts that are declared as outside: the first of them, by name.
    pub hosts: Vec<String>,
    /// How many hosts there are.
    pub hosts_total: usize,
    /// What could not be read, so that more may be declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
}

/// The body of a write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveOutboundPolicy {
    /// `ALLOW_ANY` or `REGISTRY_ONLY`.
    #[schema(example = "REGISTRY_ONLY")]
    pub mode: String,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Save although the owner of the ConfigMap will undo it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_owner: bool,
}
