//! What the next pod of a template gets, and whether settings have any effect on it, as far as the template tells.

use std::collections::BTreeMap;

use api::namespace::NamespaceInjection;
use domain::{Applies, Effective, Level, PodFacts, Reason, Selector, annotation, resolve};
use kube::ResourceExt;

use super::{
    mesh::{Revision, namespace_injection},
    pods::{Judge, install_values},
    workloads::Template,
};

/// The template of a Gateway's pods, by the name that Istio gives it.
const GATEWAY: &str = "gateway";

/// A template, judged.
pub struct NextPod {
    /// What is in force for it.
    pub effective: Effective,
    /// Whether settings have an effect on it.
    pub applies: Applies,
    /// Why they have none, in words.
    pub not_applicable: Option<String>,
    /// The settings of the Workload level that select it, the one that wins first.
    pub workload_settings: Vec<String>,
}

impl Judge<'_> {
    /// What the next pod of a level gets, pod annotations aside, and the revision that would inject it.
    #[must_use]
    pub fn level(&self, level: &Level, selector: Option<&Selector>) -> (Effective, Option<&Revision>) {
        let none = BTreeMap::new();
        let (namespace, labels) = match level {
            // No pod lives at the Global level: below it nothing is set.
            Level::Global => ("", &none),
            Level::Namespace(namespace) => (namespace.as_str(), &none),
            Level::Workload { namespace, .. } => {
                (namespace.as_str(), selector.map_or(&none, Selector::match_labels))
            }
        };
        let own = self.stores.namespaces.get_cluster_scoped(namespace);
        let revision = own
            .and_then(|namespace| self.revisions.of_namespace(namespace.labels()))
            .or_else(|| self.revisions.default());
        let levels = self
            .settings
            .levels(namespace, labels, &none, install_values(revision));
        (resolve(&levels), revision)
    }

    /// Judges the next pod of a template.
    #[must_use]
    pub fn next_pod(&self, namespace: &str, template: Template<'_>) -> NextPod {
        let Template { labels, spec, .. } = template;
        let annotations = template.chosen();
        let install = install_values(self.revision(namespace, labels));
        let levels = self.settings.levels(namespace, labels, &annotations, install);

        let uninjected = self.uninjected(namespace, labels, &annotations);
        let is_gateway = annotations
            .get(annotation::TEMPLATES)
            .is_some_and(|names| names.split(',').any(|name| name.trim() == GATEWAY));
        let facts = PodFacts {
            host_network: spec.and_then(|spec| spec.host_network).unwrap_or_default(),
            finished: false,
            ambient: self.is_ambient(namespace, labels),
            has_proxy: uninjected.is_none(),
            has_init: uninjected.is_none() && !is_gateway,
            interception_mode: annotations.get(annotation::INTERCEPTION_MODE).cloned(),
        };
        let applies = Applies::to(&facts);
        let not_applicable = match (applies, uninjected) {
            (Applies::Yes, _) => None,
            (Applies::No(reason @ Reason::NotInjected), Some(why)) => Some(format!("{reason}: {why}")),
            (Applies::No(reason), _) => Some(reason.to_string()),
        };
        NextPod {
            effective: resolve(&levels),
            applies,
            not_applicable,
            workload_settings: levels
                .ranked()
                .iter()
                .map(|setting| setting.name.to_owned())
                .collect(),
        }
    }

    /// Why Istio's injector would leave a pod alone, by the selectors of its webhooks and by what it asks itself
    /// (spec/istio.md §1.8); `None`: it would not. Where no such webhook is known, the labels decide that Istio's own select by.
    fn uninjected(
        &self,
        namespace: &str,
        labels: &BTreeMap<String, String>,
        annotations: &BTreeMap<String, String>,
    ) -> Option<String> {
        // A namespace made a moment ago may not be in yet: then nothing is known that speaks against it.
        let stored = self.stores.namespaces.get_cluster_scoped(namespace)?;
        let label = labels.get(annotation::INJECT).map(String::as_str);
        let wish = label.or_else(|| annotations.get(annotation::INJECT).map(String::as_str));
        let injection = stored.labels().get(annotation::INJECTION).map(String::as_str);
        let namespace_asks =
            injection == Some("enabled") || stored.labels().contains_key(annotation::REVISION);
        let template_asks = label == Some("true") || labels.contains_key(annotation::REVISION);
        let asks = namespace_asks || template_asks;
        let selected = self.revisions.select(stored.labels(), labels);
        let is_selected = selected.unwrap_or(asks);
        if let Some(other) = injection.filter(|value| *value != "enabled" && selected != Some(true)) {
            Some(format!(
                "its namespace has the label `{}={other}`",
                annotation::INJECTION
            ))
        } else if wish == Some("false") {
            Some(format!("its template says `{}: \"false\"`", annotation::INJECT))
        } else if namespace_injection(&stored, self.revisions) == NamespaceInjection::System {
            Some(format!("Istio leaves the namespace `{namespace}` alone"))
        } else if !is_selected && !asks {
            Some(format!(
                "neither its namespace asks for one (label `{}=enabled` or `{}`) nor its template",
                annotation::INJECTION,
                annotation::REVISION
            ))
        } else if self.revision(namespace, labels).is_none() {
            Some("no control plane has the revision that the labels name".to_owned())
        } else if !is_selected {
            Some("its labels ask for one, and no webhook of Istio's selects them: the injector may be deactivated".to_owned())
        } else {
            None
        }
    }
}
