//! The cluster as the console sees it: what it watches ([`watch`]), and what that means ([`mesh`], [`settings`],
//! [`pods`], [`delivery`]). Writes are not here: they act with the caller's rights (see [`crate::caller`]).

use std::sync::{Arc, Mutex};

pub mod contact;
pub mod delivery;
pub mod mesh;
pub mod pods;
pub mod resource;
pub mod settings;
pub mod snapshot;
pub mod status;
pub mod watch;

use self::{
    contact::Contact,
    delivery::DeliveryCheck,
    settings::SettingIndex,
    snapshot::Snapshot,
    watch::{Generation, Stores},
};

/// What the console knows of the cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    /// The cluster's name, as the kubeconfig's context has it.
    pub name: Arc<str>,
    /// The API server's address.
    pub server: Arc<str>,
    /// The console's own account: watches, admits, writes status. Never a caller's request.
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
    settings: Mutex<Option<(Generation, Arc<SettingIndex>)>>,
    snapshot: Mutex<Option<(Generation, Arc<Snapshot>)>>,
}

impl Cluster {
    /// Starts to watch the cluster with the console's own account. Returns at once; see [`Cluster::missing`].
    #[must_use]
    pub fn watch(name: &str, server: &str, console: kube::Client) -> Self {
        let stores = Stores::watch(&console);
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
        self.stores.missing()
    }

    /// The settings of all levels, read as `domain` reads them.
    #[must_use]
    pub fn settings(&self) -> Arc<SettingIndex> {
        cached(&self.cache.settings, self.stores.settings.generation(), || {
            let root = self.root_namespace();
            SettingIndex::of(&self.stores.settings.state(), root.as_deref())
        })
    }

    /// Every pod with what it runs against what is in force.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        cached(&self.cache.snapshot, self.stores.generation(), || {
            Snapshot::of(self)
        })
    }

    /// The mesh's root namespace: where the Global setting lives. `None` where no Istio was found.
    #[must_use]
    pub fn root_namespace(&self) -> Option<String> {
        mesh::root_namespace(&self.stores.config_maps.state())
    }
}

/// The value for this generation, made once.
///
/// The lock is held while the value is made: two requests that need the same new snapshot wait for one.
fn cached<T>(
    slot: &Mutex<Option<(Generation, Arc<T>)>>,
    now: Generation,
    make: impl FnOnce() -> T,
) -> Arc<T> {
    let mut slot = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match &*slot {
        Some((made_at, value)) if *made_at == now => value.clone(),
        _ => {
            let value = Arc::new(make());
            *slot = Some((now, value.clone()));
            value
        }
    }
}
