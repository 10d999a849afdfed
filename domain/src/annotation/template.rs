//! Annotations of a workload and of its pod template: which stand where nobody reads them.

use std::collections::BTreeMap;

use super::{
    EXCLUDE_INTERFACES, INJECT, INTERCEPTION_MODE, KUBEVIRT_INTERFACES, PROXY_CONFIG,
    REROUTE_VIRTUAL_INTERFACES, STATUS_PORT, TEMPLATES,
};
use crate::field::Field;

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
}
