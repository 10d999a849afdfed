//! Every refusal, in one shape: a problem document (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Media type of a [`Problem`].
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was refused, what that means, and the way out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{title}: {detail}")]
pub struct Problem {
    /// Stable identifier of the kind of problem, a `tag:` URI; programs compare this.
    #[serde(rename = "type")]
    #[schema(example = "tag:sidestep.dev,2026:changed-meanwhile")]
    pub kind: String,
    /// The kind of problem in a few words.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// What happened this time: names the thing and the rule.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way_out: Option<String>,
    /// The fields that were refused, each with its path in the request body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// With 412: the state as it is now, in the shape that `GET` answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<serde_json::Value>,
    /// The id under which the server's log has the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// One refused field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Path in the request body, e.g. `traffic.excludeInboundPorts[1]`.
    pub path: String,
    /// What to change, in a sentence.
    pub message: String,
    /// Where it stands, if the body holds a text of several lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl FieldProblem {
    /// What is wrong with the field at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            at: None,
        }
    }
}

impl Problem {
    /// A problem of the kind `tag:sidestep.dev,2026:<kind>`.
    pub fn new(status: u16, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("tag:sidestep.dev,2026:{kind}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            ..Self::default()
        }
    }

    /// Says what the reader can do.
    #[must_use]
    pub fn with_way_out(mut self, way_out: impl Into<String>) -> Self {
        self.way_out = Some(way_out.into());
        self
    }

    /// Names the refused fields.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldProblem>) -> Self {
        self.errors = errors;
        self
    }

    /// Whether this is the kind `kind` (without the `tag:` prefix).
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind.strip_prefix("tag:sidestep.dev,2026:") == Some(kind)
    }

    /// The answer came from a server that speaks otherwise.
    #[must_use]
    pub fn unreadable(url: &str, why: &str) -> Self {
        Self::new(
            502,
            "unreadable-answer",
            "The answer could not be read",
            format!("`{url}`: {why}"),
        )
        .with_way_out("the client and the server may be of different versions: reload the page")
    }

    /// The request got no answer at all.
    pub fn unreachable(detail: impl Into<String>) -> Self {
        Self::new(503, "console-unreachable", "The console did not answer", detail)
            .with_way_out("check that `sidestep serve` is running, then try again")
    }
}
