//! How many pods a level is for.

use api::mesh::PodCounts;
use domain::{Level, Selector};
use kube::ResourceExt;

use super::Cluster;

impl Cluster {
    /// The pods of a level in the namespaces that `includes` says. A nearer level may override it on some.
    pub async fn pods_of(
        &self,
        level: &Level,
        selector: Option<&Selector>,
        includes: impl Fn(&str) -> bool,
    ) -> PodCounts {
        let snapshot = self.snapshot().await;
        match level {
            Level::Global => snapshot.counts(includes),
            Level::Namespace(own) => snapshot.counts(|namespace| namespace == own && includes(namespace)),
            Level::Workload { namespace, .. } if includes(namespace) => selector
                .map(|selector| {
                    snapshot.counts_in(namespace, |pod| {
                        let pod = self.stores.pods.get(&pod.namespace, &pod.name);
                        pod.is_some_and(|pod| selector.matches(pod.labels()))
                    })
                })
                .unwrap_or_default(),
            Level::Workload { .. } => PodCounts::default(),
        }
    }
}
