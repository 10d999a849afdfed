//! Whether Istio injects a namespace's pods.

use crate::prelude::*;
use api::namespace::NamespaceInjection;

use crate::ui::badge::{Badge, Tone};

/// The state as a badge.
#[component]
pub(crate) fn Injection(state: NamespaceInjection) -> impl IntoView {
    let (tone, word) = words(state);
    view! { <Badge tone>{word}</Badge> }
}

/// The state in a word or two, and what it means to the reader.
pub(crate) fn words(state: NamespaceInjection) -> (Tone, &'static str) {
    match state {
        NamespaceInjection::Enabled => (Tone::Good, "Enabled"),
        NamespaceInjection::Disabled => (Tone::Quiet, "Disabled"),
        NamespaceInjection::Unlabelled => (Tone::Quiet, "By pod label"),
        NamespaceInjection::Ambient => (Tone::Quiet, "Ambient"),
        NamespaceInjection::ControlPlane => (Tone::Info, "Control plane"),
        NamespaceInjection::System => (Tone::Quiet, "Never"),
    }
}
