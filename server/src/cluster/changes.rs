//! What kinds of things change, for those who show them.

use api::mesh::Delivery;
use tokio::sync::watch;

use super::{
    Cluster, contact,
    watch::{Generation, Stores},
};

/// A kind of thing that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Revisions, delivery, contact with the API server.
    Mesh,
    /// Namespaces.
    Namespaces,
    /// Settings.
    Settings,
    /// Deployments, StatefulSets, DaemonSets.
    Workloads,
    /// Pods, and what they run against what is in force.
    Pods,
}

/// The changes since it was made.
pub struct Changes {
    /// Held so that those who tell of changes live as long as who listens.
    cluster: Cluster,
    seen: Counts,
    stores: watch::Receiver<()>,
    delivery: watch::Receiver<Delivery>,
    contact: watch::Receiver<contact::State>,
}

/// How often each kind changed in the stores.
type Counts = [(Kind, Generation); 5];

impl Changes {
    /// Everything that changes in `cluster` from now on.
    #[must_use]
    pub fn of(cluster: &Cluster) -> Self {
        // First the bell, then what has been seen: what comes in between rings.
        let stores = cluster.stores.changes();
        Self {
            seen: counts(&cluster.stores),
            stores,
            delivery: cluster.delivery.changes(),
            contact: cluster.contact.changes(),
            cluster: cluster.clone(),
        }
    }

    /// Waits for the next change and says which kinds it touched. Nothing is lost if the wait is given up.
    pub async fn next(&mut self) -> Vec<Kind> {
        loop {
            // None of them ends: the cluster holds who rings.
            let beside_stores = tokio::select! {
                _ = self.stores.changed() => false,
                _ = self.delivery.changed() => true,
                _ = self.contact.changed() => true,
            };
            let now = counts(&self.cluster.stores);
            let mut changed: Vec<Kind> = now
                .iter()
                .zip(self.seen)
                .filter(|((_, now), (_, before))| now != before)
                .map(|((kind, _), _)| *kind)
                .collect();
            if beside_stores && !changed.contains(&Kind::Mesh) {
                changed.push(Kind::Mesh);
            }
            self.seen = now;
            if !changed.is_empty() {
                return changed;
            }
        }
    }
}

fn counts(stores: &Stores) -> Counts {
    let mesh = stores.config_maps.generation() + stores.webhooks.generation();
    let namespaces = stores.namespaces.generation();
    let settings = stores.settings.generation();
    let workloads =
        stores.deployments.generation() + stores.stateful_sets.generation() + stores.daemon_sets.generation();
    let owners = workloads + stores.replica_sets.generation() + stores.jobs.generation();
    // A pod's state is judged from all of these.
    let policies = stores.services.generation()
        + stores.peer_authentications.generation()
        + stores.authorization_policies.generation()
        + stores.destination_rules.generation();
    let pods = stores.pods.generation() + owners + settings + namespaces + mesh + policies;
    [
        (Kind::Mesh, mesh),
        (Kind::Namespaces, namespaces),
        (Kind::Settings, settings),
        (Kind::Workloads, workloads),
        (Kind::Pods, pods),
    ]
}
