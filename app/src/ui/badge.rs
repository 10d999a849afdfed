//! A word with a tone: state at a glance, readable without the colour.

use crate::prelude::*;

/// What a state means to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Worth knowing.
    Info,
    /// Wants something done.
    Warning,
    /// Broken.
    Bad,
    /// Neither good nor bad.
    Quiet,
}

impl Tone {
    /// The value of `data-tone`, by which the style chooses colours.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }
}

/// A small label.
#[component]
pub(crate) fn Badge(tone: Tone, children: Children) -> impl IntoView {
    view! { <span class="badge" data-tone=tone.name()>{children()}</span> }
}
