//! The annotations that decide what goes round the sidecar, told to people: the text of the page *Annotation Reference*.
//!
//! Facts are those of Istio's sources, each with the section of spec/istio.md or spec/asm.md that has it; where a fact is of
//! some versions only, the sentence says so. Sentences may hold code between backticks.

mod fields;
mod related;

use crate::field::Field;

/// What there is to know about one annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The annotation's key.
    pub key: &'static str,
    /// The setting of ours that it is, where it is one of the six.
    pub field: Option<Field>,
    /// Its name for people: the label on the page for the six.
    pub title: &'static str,
    /// What it does, in a sentence or two.
    pub effect: &'static str,
    /// How its value is written.
    pub format: &'static str,
    /// A value that is accepted.
    pub example: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What its value means when it is there and empty.
    pub empty: &'static str,
    /// Where it may be set, lowest first: each replaces those before it.
    pub set_at: &'static [SetAt],
    /// What goes wrong with it.
    pub traps: &'static [&'static str],
}

/// A place where what an annotation says may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAt {
    /// A key of Istio's install values, which Sidestep only reads.
    Install(&'static str),
    /// A key of Istio's mesh configuration, which Sidestep only reads.
    MeshConfig(&'static str),
    /// A label of the pod's namespace.
    NamespaceLabel(&'static str),
    /// The Global setting.
    Global,
    /// The setting of the namespace.
    Namespace,
    /// A workload setting whose selector matches the pod.
    Workload,
    /// Another annotation of the pod.
    OtherAnnotation(&'static str),
    /// The annotation itself, on the pod template.
    Pod,
    /// Only our webhook, on the pod that is being created.
    Webhook,
}

impl SetAt {
    /// Returns its name, as the levels are called elsewhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Install(_) => "install values",
            Self::MeshConfig(_) => "mesh configuration",
            Self::NamespaceLabel(_) => "namespace label",
            Self::Global => "Global",
            Self::Namespace => "Namespace",
            Self::Workload => "Workload",
            Self::OtherAnnotation(_) => "pod annotation",
            Self::Pod => "Pod",
            Self::Webhook => "only by Sidestep's webhook",
        }
    }

    /// Returns the key there, where that is not the annotation's own.
    #[must_use]
    pub const fn key(self) -> Option<&'static str> {
        match self {
            Self::Install(key)
            | Self::MeshConfig(key)
            | Self::NamespaceLabel(key)
            | Self::OtherAnnotation(key) => Some(key),
            _ => None,
        }
    }
}

/// Returns every annotation: the six settings in the order of [`Field::ALL`], then those that no form sets.
pub fn all() -> impl Iterator<Item = &'static Reference> {
    fields::FIELDS.iter().chain(&related::RELATED)
}

/// What holds for all of them: when Istio reads them, how levels replace one another, and for which traffic and pods they
/// mean nothing.
///
/// In this order: spec/istio.md fact 10, spec/asm.md §1.4 (IST0107), spec/asm.md §5.1 (#20307), spec/istio.md §1.1, fact 6,
/// §3.2 (`ISTIO_REDIRECT` takes TCP only), §3.1, §1.6, §9.5.
pub const GENERAL: [&str; 9] = [
    "Istio reads them when a pod is created. A running pod keeps what it started with until it is replaced.",
    "They belong on the pod template: `spec.template.metadata.annotations`. On the Deployment's own `metadata` they do \
     nothing.",
    "A misspelt annotation is not refused. It does nothing.",
    "Absent and empty are not the same. An absent annotation takes the value of the level below; an empty one replaces it \
     with nothing.",
    "A nearer level replaces the whole list. Lists are never joined.",
    "Only TCP is redirected. UDP goes round the sidecar whatever they say; DNS capture alone takes UDP, on port 53.",
    "IPv6 is redirected only in pods whose first address is IPv6, or with Istio's dual stack. In all other pods it goes \
     round the sidecar.",
    "With the Istio CNI plugin, Istio's injector writes the values in force on every pod as annotations. On a running pod \
     they do not tell who set them.",
    "Pods without a sidecar, also those in ambient mode, read none of them.",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        annotation::{APPLIED, INTERCEPTION_MODE, Marker},
        value::Value,
    };

    #[test]
    fn every_field_is_there_once_and_first_and_in_order() {
        let fields: Vec<_> = all().map(|reference| reference.field).collect();
        assert_eq!(fields[..6], Field::ALL.map(Some));
        assert!(fields[6..].iter().all(Option::is_none));
        for reference in all().take(6) {
            let field = reference.field.expect("one of the six");
            assert_eq!(reference.key, field.annotation());
            assert_eq!(reference.title, field.label());
            assert_eq!(reference.effect, field.help());
            assert_eq!(reference.empty, field.when_empty());
        }
    }

    #[test]
    fn every_example_of_a_field_is_what_we_would_write_ourselves() {
        for reference in all().filter(|reference| reference.field.is_some()) {
            let field = reference.field.expect("filtered");
            let value = Value::parse_istio(field, reference.example).expect(reference.key);
            assert_eq!(value.to_istio(), reference.example, "{}", reference.key);
        }
    }

    #[test]
    fn the_default_that_is_told_is_the_one_that_is_computed_with() {
        for reference in all().filter(|reference| reference.field.is_some()) {
            let field = reference.field.expect("filtered");
            let told = if field.built_in() == "*" { "`*`" } else { "empty" };
            assert!(
                reference.default.starts_with(told),
                "{}: {}",
                reference.key,
                reference.default
            );
        }
    }

    #[test]
    fn the_marker_of_the_example_is_one() {
        let reference = all().find(|reference| reference.key == APPLIED).expect("there");
        let marker: Marker = reference.example.parse().expect("a marker");
        assert_eq!(marker.to_string(), reference.example);
    }

    #[test]
    fn keys_are_unique_and_of_domains_that_istio_or_we_own() {
        let keys: BTreeSet<_> = all().map(|reference| reference.key).collect();
        assert_eq!(keys.len(), all().count());
        for key in keys {
            let (domain, name) = key.split_once('/').expect(key);
            assert!(
                domain == "istio.io" || domain.ends_with(".istio.io") || domain == "sidestep.dev",
                "{key}"
            );
            assert!(!name.is_empty(), "{key}");
        }
    }

    #[test]
    fn the_levels_of_the_six_are_those_of_the_merge() {
        for reference in all() {
            let levels: Vec<_> = reference.set_at.iter().map(|place| place.name()).collect();
            if let Some(field) = reference.field {
                assert_eq!(
                    levels,
                    ["install values", "Global", "Namespace", "Workload", "Pod"]
                );
                let key = reference.set_at[0].key().expect("a key");
                assert_eq!(key, format!("global.proxy.{}", field.install_key()));
            } else {
                let ours = [SetAt::Global, SetAt::Namespace, SetAt::Workload];
                assert!(
                    !reference.set_at.iter().any(|place| ours.contains(place)),
                    "{}",
                    reference.key
                );
            }
        }
    }

    #[test]
    fn texts_are_sentences_with_their_code_marked_on_both_sides() {
        let texts = all().flat_map(|reference| {
            [
                reference.effect,
                reference.format,
                reference.default,
                reference.empty,
            ]
            .into_iter()
            .chain(reference.traps.iter().copied())
        });
        for text in texts.chain(GENERAL) {
            assert_eq!(text.matches('`').count() % 2, 0, "{text}");
            assert!(text.ends_with('.'), "{text}");
            assert!(!text.contains("  "), "{text}");
        }
    }

    #[test]
    fn the_interception_mode_of_the_example_is_one() {
        let reference = all()
            .find(|reference| reference.key == INTERCEPTION_MODE)
            .expect("there");
        assert!(["REDIRECT", "TPROXY", "NONE"].contains(&reference.example));
    }
}
