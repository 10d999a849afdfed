//! The cluster as the console sees it: what it watches ([`watch`]), and what that means ([`mesh`], [`settings`],
//! [`pods`], [`delivery`]). Writes are not here: they act with the caller's rights (see [`crate::caller`]).

use std::sync::{Arc, Mutex};

pub mod changes;
pub mod contact;
mod counts;
pub mod delivery;
pub mod istio;
pub mod lints;
pub mod mesh;
pub mod packets;
pub mod pods;
pub mod policies;
pub mod resource;
pub mod settings;
pub mod snapshot;
pub mod status;
pub mod template;
pub mod watch;
pub mod workloads;

use self::{
    contact::Contact,
    delivery::DeliveryCheck,
    lints::Remark,
    mesh::MeshFacts,
    pods::Judge,
    settings::SettingIndex,
    snapshot::Snapshot,
    watch::{Generation, Stores},
};
use crate::error::Error;

/// What the console knows of the cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    /// The cluster's name, as the kubeconfig's context has it.
    pub name: Arc<str>,
    /// The API server's address.
    pub server: Arc<str>,
    /// The console's own account: asks, writes status, restarts. Never a caller's request.
    pub console: kube::Client,
    /// What the reflectors hold.
    pub stores: Stores,
    /// Whether the API server answers.
    pub contact: Contact,
    /// Whether settings reach pods.
    pub delivery: DeliveryCheck,
    cache: Arc<Cache>,
}

#[derive(Default)]
struct Cache {
    mesh: Slot<(Generation, Generation), MeshFacts>,
    settings: Slot<(Generation, Generation), SettingIndex>,
    /// Made beside the async workers, so its lock is waited for without blocking one.
    snapshot: Fresh<Snapshot>,
    remarks: Fresh<Vec<Remark>>,
}

/// A value that is made beside the async workers, and the generation that it was made from.
type Fresh<T> = tokio::sync::Mutex<Option<(Generation, Arc<T>)>>;

/// A value, and the generations of everything that it was made from.
type Slot<G, T> = Mutex<Option<(G, Arc<T>)>>;

impl Cluster {
    /// Starts to watch the cluster with the console's own account. Returns at once; see [`Cluster::missing`]. `watching`: the
    /// same account, for what is quiet for long.
    #[must_use]
    pub fn watch(name: &str, server: &str, console: kube::Client, watching: &kube::Client) -> Self {
        let stores = Stores::watch(watching);
        let contact = Contact::watch(console.clone());
        let delivery = DeliveryCheck::watch(stores.clone());
        Self {
            name: name.into(),
            server: server.into(),
            console,
            stores,
            contact,
            delivery,
            cache: Arc::default(),
        }
    }

    /// What keeps the console from answering, in words; `None`: nothing.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        if let Some(why) = self.contact.unreachable() {
            return Some(why);
        }
        self.stores.missing().map(|what| not_read(&what))
    }

    /// Refuses until all first lists are in: an answer from half of them would be wrong, not just incomplete. Later, while
    /// the cluster does not answer, what was seen last is still served; `/readyz` says so.
    pub fn ready(&self) -> Result<(), Error> {
        self.stores
            .unlisted()
            .map_or(Ok(()), |what| Err(Error::NotReady(not_read(&what))))
    }

    /// The mesh: its root namespace and its revisions.
    #[must_use]
    pub fn mesh(&self) -> Arc<MeshFacts> {
        let stores = &self.stores;
        let made_from = (stores.config_maps.generation(), stores.webhooks.generation());
        cached(&self.cache.mesh, made_from, || {
            MeshFacts::of(&stores.config_maps.state(), &stores.webhooks.state())
        })
    }

    /// Whether this is the mesh's root namespace.
    #[must_use]
    pub fn is_root(&self, namespace: &str) -> bool {
        self.mesh().root_namespace.as_deref() == Some(namespace)
    }

    /// The settings of all levels, read as `domain` reads them.
    #[must_use]
    pub fn settings(&self) -> Arc<SettingIndex> {
        let stores = &self.stores;
        let made_from = (stores.settings.generation(), stores.config_maps.generation());
        cached(&self.cache.settings, made_from, || {
            SettingIndex::of(&stores.settings.state(), self.mesh().root_namespace.as_deref())
        })
    }

    /// Judges with what is in force now.
    pub fn judging<T>(&self, judge: impl FnOnce(&Judge<'_>) -> T) -> T {
        let (settings, mesh) = (self.settings(), self.mesh());
        judge(&Judge {
            stores: &self.stores,
            settings: &settings,
            revisions: &mesh.revisions,
        })
    }

    /// Every pod with what it runs against what is in force. It holds all that the stores held when it was asked for.
    ///
    /// Judging thousands of pods takes a while: it is done beside the async workers, and who asks meanwhile waits for the
    /// one that is being made, or together for the next.
    pub async fn snapshot(&self) -> Arc<Snapshot> {
        let cluster = self.clone();
        self.fresh(&self.cache.snapshot, move || Snapshot::of(&cluster))
            .await
    }

    /// What is remarkable about all settings and workloads, the worst first.
    pub async fn remarks(&self) -> Arc<Vec<Remark>> {
        let (cluster, snapshot) = (self.clone(), self.snapshot().await);
        self.fresh(&self.cache.remarks, move || lints::of(&cluster, &snapshot))
            .await
    }

    /// The value in `slot`, made again where something has changed since.
    async fn fresh<T: Send + Sync + 'static>(
        &self,
        slot: &Fresh<T>,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> Arc<T> {
        let wanted = self.stores.generation();
        let mut slot = slot.lock().await;
        if let Some((of, value)) = &*slot
            && *of >= wanted
        {
            return value.clone();
        }
        let made_from = self.stores.generation();
        let value = tokio::task::spawn_blocking(move || Arc::new(make()))
            .await
            .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        *slot = Some((made_from, value.clone()));
        value
    }
}

fn not_read(what: &str) -> String {
    format!("the cluster is not fully read: {what}")
}

/// The value made from these generations, made once.
///
/// The lock is held while the value is made: two requests that need the same new snapshot wait for one.
fn cached<G: PartialEq, T>(slot: &Slot<G, T>, made_from: G, make: impl FnOnce() -> T) -> Arc<T> {
    let mut slot = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match &*slot {
        Some((of, value)) if *of == made_from => value.clone(),
        _ => {
            let value = Arc::new(make());
            *slot = Some((made_from, value.clone()));
            value
        }
    }
}
