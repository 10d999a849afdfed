//! What is read about a pod when its end is asked about.

use api::{
    Client,
    access::{Access, AccessQuery},
    mesh::Delivery,
    pod::{PodBudget, PodRow},
};
use domain::Level;

use crate::prelude::*;

/// What the cluster says beside the pod itself.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Beside {
    /// What the reader may do with it, where that was told.
    pub(super) access: Option<Access>,
    /// The budgets that select it; nothing where that was not told.
    pub(super) budgets: Option<Vec<PodBudget>>,
}

impl Beside {
    /// Reads it.
    pub(super) async fn read(client: &Client, pod: &PodRow) -> Self {
        let asked = AccessQuery {
            namespace: pod.namespace.clone(),
            name: Some(pod.name.clone()),
        };
        let access = client.access(&asked).await.ok();
        let detail = client.pod(&pod.namespace, &pod.name).await.ok();
        Self {
            access,
            budgets: detail.and_then(|pod| pod.budgets),
        }
    }

    /// Whether a budget may guard the pod.
    pub(super) fn may_guard(&self) -> bool {
        self.budgets.as_ref().is_none_or(|budgets| !budgets.is_empty())
    }
}

/// Reads whether settings reach new pods of a namespace; of the pod's own: the webhook may leave it alone.
pub(super) fn delivery() -> Action<String, (String, Result<Delivery, ()>)> {
    let client = expect_context::<Client>();
    Action::new(move |namespace: &String| {
        let (client, namespace) = (client.clone(), namespace.clone());
        async move {
            let setting = client.setting(&Level::Namespace(namespace.clone())).await;
            (namespace, setting.map(|setting| setting.delivery).map_err(drop))
        }
    })
}
