//! Why a text is not read, or not changed.

use super::{MODE, Mode, POLICY};

/// Why the policy cannot be told from a text. istiod refuses such a text too and goes on with the one before it; at its
/// start it takes the defaults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The parser gave up.
    #[error("it is not valid YAML: {0}")]
    Yaml(String),
    /// Istio's parser has a meaning of its own for it, or none.
    #[error("it contains the character U+{:04X}, which YAML parsers do not agree on", u32::from(*.0))]
    Character(char),
    /// `%YAML` with something else than 1.1.
    #[error("it says that it is YAML {0}.{1}; Istio reads YAML 1.1 only")]
    Version(u32, u32),
    /// The text as a whole, or the policy, is something else.
    #[error("{0} is not a mapping")]
    NotAMapping(&'static str),
    /// The mode is a list, say.
    #[error("`outboundTrafficPolicy.mode` is not the name or the number of a mode")]
    NotAMode,
    /// Keys that come in by more than one step of `<<`.
    #[error("it takes keys from elsewhere with `<<`, in a way that is not followed here")]
    Merge,
    /// A key in base64.
    #[error("it has a key with the tag `!!binary`, which is not followed here")]
    BinaryKey,
}

impl From<granit_parser::ScanError> for Unreadable {
    fn from(error: granit_parser::ScanError) -> Self {
        Self::Yaml(error.to_string())
    }
}

/// Why a text is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It cannot be read to begin with.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    /// `---` begins a second document. Istio reads the first.
    #[error("it has more than one YAML document")]
    Documents,
    /// The policy or the mode is `*name`.
    #[error("the value stands elsewhere: `{0}` is an alias")]
    Alias(&'static str),
    /// The policy or the mode is `&name …`: it may be in force in other places, too.
    #[error("the value may be used elsewhere: `{0}` has an anchor")]
    Anchor(&'static str),
    /// The policy or the mode is `!tag …`.
    #[error("`{0}` has a YAML tag")]
    Tag(&'static str),
    /// `<<` where the policy or the mode would stand.
    #[error("keys are taken from elsewhere with `<<`, which may bring or replace the value")]
    Merge,
    /// Istio takes the last; a person may have meant another.
    #[error("`{0}` is there more than once")]
    Duplicate(&'static str),
    /// `|`, `>`, or quotes over several lines.
    #[error("the mode is written over several lines")]
    Lines,
    /// There is no obvious place for a new line, or value.
    #[error("it is written in a way that leaves no obvious place for the value")]
    Place,
    /// What is to be written is not a name.
    #[error("`{0}` cannot be the name of a mode")]
    Name(String),
    /// The change did more, or less, than it should have.
    #[error("the changed text would not say what it should")]
    Check,
}

/// A text that is not changed, and what a person would write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mesh configuration is not changed, because {reason}")]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The lines to put into the mesh configuration by hand.
    pub snippet: String,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, mode: &Mode) -> Self {
        Self {
            reason,
            snippet: format!("{POLICY}:\n  {MODE}: {mode}\n"),
        }
    }
}
