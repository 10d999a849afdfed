//! Which pods Istio's injectors are asked about: the selectors of their webhooks, evaluated as the API server does
//! (spec/istio.md §1.8 A).

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::{
    api::admissionregistration::v1::MutatingWebhookConfiguration,
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};

use crate::selector::selects;

/// How the webhooks of Istio's injectors are called, whatever the revision or tag.
pub(crate) const ISTIO_INJECTOR: &str = "sidecar-injector.istio.io";

type Labels = BTreeMap<String, String>;

/// The webhooks of all injectors.
#[derive(Clone, Debug, Default)]
pub(super) struct Injectors(Vec<Selectors>);

/// What a webhook selects; nothing: everything.
#[derive(Clone, Debug)]
struct Selectors {
    namespace: Option<LabelSelector>,
    pod: Option<LabelSelector>,
}

impl Injectors {
    pub(super) fn of(configurations: &[Arc<MutatingWebhookConfiguration>]) -> Self {
        let webhooks = configurations.iter().flat_map(|c| c.webhooks.iter().flatten());
        let injectors = webhooks.filter(|webhook| webhook.name.ends_with(ISTIO_INJECTOR));
        let selectors = injectors.map(|webhook| Selectors {
            namespace: webhook.namespace_selector.clone(),
            pod: webhook.object_selector.clone(),
        });
        Self(selectors.collect())
    }

    /// Whether one of them is asked about a pod with these labels; nothing where no injector is known by its name.
    pub(super) fn select(&self, namespace: &Labels, pod: &Labels) -> Option<bool> {
        let takes = |selector: Option<&LabelSelector>, labels: &Labels| {
            selector.is_none_or(|selector| selects(selector, labels))
        };
        let is_asked = |injector: &Selectors| {
            takes(injector.namespace.as_ref(), namespace) && takes(injector.pod.as_ref(), pod)
        };
        (!self.0.is_empty()).then(|| self.0.iter().any(is_asked))
    }
}
