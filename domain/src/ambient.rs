//! Whose pods are the ambient data plane's, and so have no sidecar to go round.

use std::collections::BTreeMap;

use crate::annotation::{DATAPLANE_MODE, INJECT, INJECTION, REVISION};

/// Says whether a pod to be made is left to the ambient data plane: it or its namespace is in ambient mode, and neither asks
/// for a sidecar. The mode alone does not keep Istio's injector away: a pod labelled ambient in a namespace that injects
/// does get a sidecar (seen with Istio 1.31; `pkg/kube/inject/webhook.go` does not look at the mode).
#[must_use]
pub fn is_left_to_ambient(namespace: &BTreeMap<String, String>, pod: &BTreeMap<String, String>) -> bool {
    let is = |labels: &BTreeMap<String, String>, key: &str, value: &str| {
        labels.get(key).is_some_and(|text| text == value)
    };
    let ambient = match pod.get(DATAPLANE_MODE) {
        Some(mode) => mode == "ambient",
        None => is(namespace, DATAPLANE_MODE, "ambient"),
    };
    let namespace_asks = match namespace.get(INJECTION) {
        Some(injection) => injection == "enabled",
        None => namespace.contains_key(REVISION),
    };
    let pod_asks = is(pod, INJECT, "true") || pod.contains_key(REVISION);
    ambient && !namespace_asks && !pod_asks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_left_alone_only_where_nobody_asks_for_a_sidecar() {
        let labels = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        };
        let ambient = (DATAPLANE_MODE, "ambient");
        for (namespace, pod, left) in [
            (vec![ambient], vec![], true),
            (vec![], vec![ambient], true),
            (vec![], vec![], false),
            (vec![ambient], vec![(DATAPLANE_MODE, "none")], false),
            (vec![ambient], vec![(INJECT, "true")], false),
            (vec![ambient], vec![(INJECT, "false")], true),
            (vec![(INJECTION, "enabled")], vec![ambient], false),
            (
                vec![(INJECTION, "disabled"), (REVISION, "canary")],
                vec![ambient],
                true,
            ),
            (vec![(REVISION, "canary")], vec![ambient], false),
        ] {
            assert_eq!(
                is_left_to_ambient(&labels(&namespace), &labels(&pod)),
                left,
                "{namespace:?} {pod:?}"
            );
        }
    }
}
