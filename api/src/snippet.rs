//! Text to copy: the same change, made by other means.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snippet {
    /// By which means.
    pub kind: SnippetKind,
    /// What it is, in a few words.
    pub title: String,
    /// What one must know before using it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The text.
    pub text: String,
}

/// By which means a change can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SnippetKind {
    /// A call of this API, for a shell.
    Curl,
    /// A `kubectl` line, for a shell.
    Kubectl,
    /// A resource as YAML, for `kubectl` or Git.
    Manifest,
    /// Values of Istio's Helm chart.
    HelmValues,
    /// Annotations of a pod template.
    Annotations,
}
