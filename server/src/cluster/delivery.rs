//! Delivery: whether a saved setting reaches a new pod. Computed from the webhook configurations, and proven by
//! asking whatever our configuration points at, as the API server would ([`probe`]).

use std::{sync::Arc, time::Duration};

use api::mesh::{Delivery, DeliveryState};
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhook, MutatingWebhookConfiguration};
use kube::ResourceExt;
use tokio::sync::watch;

mod probe;

use super::{mesh::ISTIO_INJECTOR, watch::Stores};
use crate::install;

/// The name of our webhook configuration. It sorts before `istio-…`, and webhooks run in the order of these names.
pub const CONFIGURATION: &str = "000-sidestep";
/// The name of the webhook in it.
pub const WEBHOOK: &str = "pods.sidestep.dev";
/// How often the webhook is asked without a change in the configurations.
const EVERY: Duration = Duration::from_secs(5);
/// The same while something is wrong: somebody may be mending it.
const SOON: Duration = Duration::from_secs(1);

/// The newest finding.
#[derive(Clone)]
pub struct DeliveryCheck {
    found: watch::Sender<Delivery>,
    stores: Stores,
}

impl DeliveryCheck {
    /// Starts checking.
    #[must_use]
    pub fn watch(stores: Stores) -> Self {
        let check = Self {
            found: watch::Sender::new(unknown()),
            stores: stores.clone(),
        };
        let task = check.clone();
        tokio::spawn(async move {
            let mut changes = stores.webhooks.changes();
            loop {
                let found = if stores.webhooks.is_ready() {
                    judge(&stores.webhooks.state()).await
                } else {
                    unknown()
                };
                let pause = if found.state.is_ready() { EVERY } else { SOON };
                task.set(found);
                let _ = tokio::time::timeout(pause, changes.changed()).await;
            }
        });
        check
    }

    /// What was found last, for the mesh.
    #[must_use]
    pub fn now(&self) -> Delivery {
        self.found.borrow().clone()
    }

    /// Marked as changed whenever a finding differs from the one before.
    pub(super) fn changes(&self) -> watch::Receiver<Delivery> {
        self.found.subscribe()
    }

    /// The same for the pods of one namespace, which the configuration may leave alone.
    #[must_use]
    pub fn to(&self, namespace: &str) -> Delivery {
        let now = self.now();
        let configuration = self.stores.webhooks.get_cluster_scoped(CONFIGURATION);
        let webhook = configuration
            .as_ref()
            .and_then(|c| c.webhooks.iter().flatten().find(|w| w.name == WEBHOOK));
        let is_left_out = webhook
            .and_then(left_alone)
            .is_some_and(|names| names.iter().any(|n| n == namespace));
        if !now.state.is_ready() || !is_left_out {
            return now;
        }
        found(
            DeliveryState::NamespaceLeftOut,
            &format!("`{CONFIGURATION}` leaves the namespace `{namespace}` alone: its settings reach no pod"),
            Some("if they should, take it out of the configuration's namespaceSelector"),
        )
    }

    fn set(&self, found: Delivery) {
        self.found.send_if_modified(|now| {
            if now.state != found.state {
                tracing::info!(state = ?found.state, "delivery: {}", found.message);
            }
            let changed = *now != found;
            *now = found;
            changed
        });
    }
}

async fn judge(configurations: &[Arc<MutatingWebhookConfiguration>]) -> Delivery {
    match read(configurations) {
        Err(found) => found,
        Ok(webhook) => match probe::ask(&webhook.client_config).await {
            Ok(()) => found(DeliveryState::Ready, "new pods get the settings in force", None),
            Err(found) => found,
        },
    }
}

/// What the configurations alone tell; our webhook where nothing speaks against it.
fn read(configurations: &[Arc<MutatingWebhookConfiguration>]) -> Result<&MutatingWebhook, Delivery> {
    let ours = configurations.iter().find(|c| c.name_any() == CONFIGURATION);
    let webhook = ours
        .and_then(|c| c.webhooks.iter().flatten().find(|w| w.name == WEBHOOK))
        .ok_or_else(|| {
            found(
                DeliveryState::WebhookAbsent,
                "settings are stored but not delivered: the cluster has no webhook of Sidestep",
                Some("run `sidestep install` with --webhook-service or --webhook-url, or apply what `sidestep manifests` prints"),
            )
        })?;
    let injectors: Vec<String> = configurations
        .iter()
        .filter(|c| injects(c))
        .map(|c| c.name_any())
        .collect();
    let Some(first) = injectors.iter().min() else {
        return Err(found(
            DeliveryState::NoInjector,
            "no sidecar injector of Istio was found: no pod gets a sidecar, with or without settings",
            Some("install Istio with sidecar injection, or check its webhook configurations"),
        ));
    };
    if first.as_str() < CONFIGURATION {
        return Err(found(
            DeliveryState::WrongOrder,
            &format!(
                "`{first}` runs before `{CONFIGURATION}`, so Istio has injected before settings are added"
            ),
            Some(&format!(
                "rename `{first}` so that it sorts after `{CONFIGURATION}`"
            )),
        ));
    }
    if !is_as_made(webhook) {
        return Err(found(
            DeliveryState::WrongRules,
            &format!(
                "`{CONFIGURATION}` was edited: its rules, selectors or conditions are no longer Sidestep's, so pods may be left out"
            ),
            Some("run `sidestep install` again, with the same --webhook options, to restore it"),
        ));
    }
    Ok(webhook)
}

fn injects(configuration: &MutatingWebhookConfiguration) -> bool {
    configuration.webhooks.iter().flatten().any(|webhook| {
        webhook.name.ends_with(ISTIO_INJECTOR)
            // A deactivated default injector matches nothing (spec/istio.md §1.8 A).
            && !webhook
                .namespace_selector
                .iter()
                .chain(&webhook.object_selector)
                .any(|s| s.match_labels.iter().flatten().any(|(key, _)| key == "istio.io/deactivated"))
    })
}

/// The namespaces that the webhook leaves alone.
fn left_alone(webhook: &MutatingWebhook) -> Option<&Vec<String>> {
    webhook
        .namespace_selector
        .as_ref()?
        .match_expressions
        .as_ref()?
        .first()?
        .values
        .as_ref()
}

/// Whether nobody has narrowed what the webhook sees: everything that selects is as `install` makes it, but for the names
/// of the namespaces that are left alone, which are for the installer to choose.
fn is_as_made(webhook: &MutatingWebhook) -> bool {
    let mut made = install::webhook_entry();
    if let Some(first) = made
        .namespace_selector
        .as_mut()
        .and_then(|selector| selector.match_expressions.as_mut()?.first_mut())
    {
        first.values = left_alone(webhook).cloned();
    }
    // The API server writes an empty selector where there was none.
    let objects = |webhook: &MutatingWebhook| webhook.object_selector.clone().unwrap_or_default();
    made.rules == webhook.rules
        && made.match_conditions == webhook.match_conditions
        && made.namespace_selector == webhook.namespace_selector
        && objects(&made) == objects(webhook)
}

fn found(state: DeliveryState, message: &str, way_out: Option<&str>) -> Delivery {
    Delivery {
        state,
        message: message.to_owned(),
        way_out: way_out.map(str::to_owned),
    }
}

fn unknown() -> Delivery {
    found(
        DeliveryState::Unknown,
        "the cluster's webhook configurations have not been read yet",
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(name: &str, webhook: &str) -> Arc<MutatingWebhookConfiguration> {
        let mut configuration = MutatingWebhookConfiguration::default();
        configuration.metadata.name = Some(name.to_owned());
        configuration.webhooks = Some(vec![MutatingWebhook {
            name: webhook.to_owned(),
            ..install::webhook_entry()
        }]);
        Arc::new(configuration)
    }

    fn state(configurations: &[Arc<MutatingWebhookConfiguration>]) -> DeliveryState {
        read(configurations).map_or_else(|found| found.state, |_| DeliveryState::Ready)
    }

    #[test]
    fn the_configurations_tell_who_is_missing_and_who_is_first() {
        let ours = || configuration(CONFIGURATION, WEBHOOK);
        let istio = |name| configuration(name, "rev.namespace.sidecar-injector.istio.io");
        assert_eq!(
            state(&[istio("istio-sidecar-injector")]),
            DeliveryState::WebhookAbsent
        );
        assert_eq!(state(&[ours()]), DeliveryState::NoInjector);
        assert_eq!(state(&[ours(), istio("00-istio")]), DeliveryState::WrongOrder);
        assert_eq!(
            state(&[istio("istio-sidecar-injector"), ours()]),
            DeliveryState::Ready
        );
    }

    #[test]
    fn a_configuration_that_leaves_pods_out_is_named() {
        let edits: [fn(&mut MutatingWebhook); 5] = [
            |webhook| webhook.rules = None,
            |webhook| webhook.match_conditions.as_mut().expect("one")[0].expression = "false".into(),
            |webhook| webhook.match_conditions.as_mut().expect("one").clear(),
            |webhook| {
                let selector = webhook.namespace_selector.as_mut().expect("one");
                selector.match_labels = Some([("team".to_owned(), "a".to_owned())].into());
            },
            |webhook| {
                let selector = webhook.object_selector.get_or_insert_default();
                selector.match_labels = Some([("team".to_owned(), "a".to_owned())].into());
            },
        ];
        let istio = configuration("istio-sidecar-injector", "namespace.sidecar-injector.istio.io");
        for (n, edit) in edits.into_iter().enumerate() {
            let mut ours = (*configuration(CONFIGURATION, WEBHOOK)).clone();
            edit(&mut ours.webhooks.as_mut().expect("one")[0]);
            assert_eq!(
                state(&[Arc::new(ours), istio.clone()]),
                DeliveryState::WrongRules,
                "edit {n}"
            );
        }
        let mut ours = (*configuration(CONFIGURATION, WEBHOOK)).clone();
        let entry = &mut ours.webhooks.as_mut().expect("one")[0];
        let selector = entry.namespace_selector.as_mut().expect("one");
        selector.match_expressions.as_mut().expect("one")[0].values = Some(vec!["sidestep".to_owned()]);
        assert_eq!(
            state(&[Arc::new(ours), istio]),
            DeliveryState::Ready,
            "which namespaces is for the installer to say"
        );
    }
}
