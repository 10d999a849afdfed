//! Annotations of a workload and of its pod template: which stand where nobody reads them, and which of the template's
//! break its pods.

use std::collections::BTreeMap;

use super::{
    EXCLUDE_INTERFACES, INJECT, INTERCEPTION_MODE, KUBEVIRT_INTERFACES, PROXY_CONFIG,
    REROUTE_VIRTUAL_INTERFACES, STATUS_PORT, TEMPLATES,
};
use crate::{
    field::Field,
    lint::{Outcome, outcome},
    text::quote,
    value::Value,
};

/// Those beside the six that Istio reads on pods and nowhere else.
const RELATED: [&str; 8] = [
    EXCLUDE_INTERFACES,
    KUBEVIRT_INTERFACES,
    REROUTE_VIRTUAL_INTERFACES,
    STATUS_PORT,
    INJECT,
    INTERCEPTION_MODE,
    PROXY_CONFIG,
    TEMPLATES,
];

/// Returns the keys that Istio reads on pods and nowhere else: the six, and those related.
pub fn for_pods() -> impl Iterator<Item = &'static str> {
    Field::ALL.into_iter().map(Field::annotation).chain(RELATED)
}

/// Says whether Istio reads this annotation on pods and nowhere else, so that a workload has it on its pod template.
#[must_use]
pub fn is_for_pods(key: &str) -> bool {
    for_pods().any(|one| one == key)
}

/// An annotation that stands on a workload itself, where nobody reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misplaced<'a> {
    /// Its key.
    pub key: &'a str,
    /// What it says.
    pub value: &'a str,
    /// What the pod template says, which is what is in force.
    pub template: Option<&'a str>,
}

impl Misplaced<'_> {
    /// Whether the pod template says something else.
    #[must_use]
    pub fn is_contradicted(&self) -> bool {
        self.template.is_some_and(|template| template != self.value)
    }
}

/// Returns the annotations of `own`, a workload's, that belong on its pod template, by key.
#[must_use]
pub fn misplaced<'a>(
    own: &'a BTreeMap<String, String>,
    template: &'a BTreeMap<String, String>,
) -> Vec<Misplaced<'a>> {
    let misplaced = own.iter().filter(|(key, _)| is_for_pods(key));
    misplaced
        .map(|(key, value)| Misplaced {
            key,
            value,
            template: template.get(key).map(String::as_str),
        })
        .collect()
}

/// One of the six with a text that Istio stumbles over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stumble {
    /// Which.
    pub field: Field,
    /// What becomes of a pod with it.
    pub outcome: Outcome,
    /// What is wrong with it, what comes of it, and what to change.
    pub message: String,
}

impl Stumble {
    /// Whether no pod with it runs.
    #[must_use]
    pub const fn breaks_pods(&self) -> bool {
        matches!(self.outcome, Outcome::PodRefused | Outcome::NeverStarts)
    }
}

/// Returns those of the six, among a pod template's annotations, that Istio stumbles over. `cni`: its CNI plugin redirects.
#[must_use]
pub fn stumbles(template: &BTreeMap<String, String>, cni: bool) -> Vec<Stumble> {
    let stumble = |field: Field| {
        let text = template.get(field.annotation())?;
        let why = Value::parse_istio(field, text).err()?;
        let outcome = outcome(field, text, true, cni);
        let consequence = match outcome {
            Outcome::PodRefused => "Istio's injector would refuse every new pod",
            Outcome::NeverStarts => "no new pod would start",
            Outcome::ReadDifferently => "Istio takes it, and its rules say something else than is written",
            Outcome::Harmless => return None,
        };
        Some(Stumble {
            field,
            outcome,
            message: format!("{}: {why}; {consequence}", quote(text)),
        })
    };
    Field::ALL.into_iter().filter_map(stumble).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn what_is_read_on_pods_alone_is_misplaced_on_the_workload() {
        let ports = Field::ExcludeInboundPorts.annotation();
        let own = texts(&[(ports, "80"), (INJECT, "true"), ("team", "shop")]);
        let template = texts(&[(ports, "81"), (INJECT, "true")]);
        let found = misplaced(&own, &template);
        let keys: Vec<_> = found
            .iter()
            .map(|one| (one.key, one.template, one.is_contradicted()))
            .collect();
        assert_eq!(keys, [(INJECT, Some("true"), false), (ports, Some("81"), true)]);
    }

    #[test]
    fn what_breaks_pods_is_told_from_what_is_read_differently() {
        let ranges = Field::ExcludeOutboundIPRanges.annotation();
        let ports = Field::ExcludeOutboundPorts.annotation();
        let template = texts(&[(ranges, "10.0.0.0/8, 11.0.0.0/8"), (ports, "0070")]);
        let found = stumbles(&template, false);
        let told: Vec<_> = found.iter().map(|one| (one.field, one.breaks_pods())).collect();
        assert_eq!(
            told,
            [
                (Field::ExcludeOutboundIPRanges, true),
                (Field::ExcludeOutboundPorts, false)
            ]
        );
        assert!(found[0].message.contains("refuse every new pod"), "{found:?}");
        assert!(stumbles(&texts(&[(ports, "7001,7002")]), true).is_empty());
    }
}
