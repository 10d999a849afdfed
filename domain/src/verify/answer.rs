//! What came back to whoever asked from inside the pod.

use serde::{Deserialize, Serialize};

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There was an answer.
    Answered {
        /// Its status.
        status: u16,
        /// Its headers, names in lower case, in their order.
        headers: Vec<(String, String)>,
    },
    /// There was one, a redirect, and the tool followed it: what it saw is of several requests.
    Redirected {
        /// The first status.
        status: u16,
    },
    /// There was none.
    Failed(Failure),
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// Nothing came within the time.
    TimedOut,
    /// No connection was made.
    NotConnected,
    /// A connection was made, and closed without an answer: so Envoy refuses what is not HTTP.
    Closed,
    /// The name has no address.
    NotResolved,
    /// Anything else.
    Other,
}

impl Failure {
    /// Returns it as a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::TimedOut => "nothing answered within the time",
            Self::NotConnected => "no connection was made: it was refused, or there is no way there",
            Self::Closed => "a connection was made, and closed without an answer",
            Self::NotResolved => "the name could not be resolved inside the pod",
            Self::Other => "the request failed",
        }
    }
}

impl Answer {
    /// Returns the value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        match self {
            Self::Answered { headers, .. } => value(headers, name),
            _ => None,
        }
    }
}

/// Whether the client side's Envoy has put its name on an answer. `istio-envoy` is the other side's: a gateway's, or the
/// sidecar's of whoever answered (spec/istio.md §4.3).
pub(super) fn is_envoys(headers: &[(String, String)]) -> bool {
    value(headers, "server") == Some("envoy")
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}
