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
    /// Of which pod.
    pub(super) uid: String,
    /// What the reader may do with it, where that was told.
    pub(super) access: Option<Access>,
    /// The budgets that select it.
    pub(super) budgets: Vec<PodBudget>,
}

/// Reads that.
pub(super) fn beside() -> Action<PodRow, Beside> {
    let client = expect_context::<Client>();
    Action::new(move |pod: &PodRow| {
        let (client, pod) = (client.clone(), pod.clone());
        async move {
            let asked = AccessQuery {
                namespace: pod.namespace.clone(),
                name: Some(pod.name.clone()),
            };
            let access = client.access(&asked).await.ok();
            let detail = client.pod(&pod.namespace, &pod.name).await.ok();
            Beside {
                uid: pod.uid,
                access,
                budgets: detail.and_then(|pod| pod.budgets).unwrap_or_default(),
            }
        }
    })
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
