//! Reflectors: the console's own view of the cluster, kept up to date by watches of its own account.

use std::{
    fmt::Debug,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::StreamExt;
use k8s_openapi::api::{
    admissionregistration::v1::MutatingWebhookConfiguration,
    apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet},
    batch::v1::Job,
    core::v1::{ConfigMap, Namespace, Pod, Service},
};
use kube::{
    Api, Client, Resource,
    core::PartialObjectMeta,
    runtime::{
        WatchStreamExt,
        reflector::{self, ObjectRef},
        utils::Backoff,
        watcher::{self, Event},
    },
};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

mod prune;
mod state;

use self::{
    prune::{bare, bare_but_editors, prune_pod, prune_service, prune_template},
    state::{WatchState, watch_error},
};
use super::{
    istio::{AuthorizationPolicy, DestinationRule, PeerAuthentication, ServiceEntry, Sidecar},
    resource::SidecarSetting,
};

/// How often something in the watched part of the cluster changed; equal numbers mean equal contents.
pub type Generation = u64;

/// What the console watches.
#[derive(Clone)]
pub struct Stores {
    /// Our settings.
    pub settings: Store<SidecarSetting>,
    /// Namespaces.
    pub namespaces: Store<Namespace>,
    /// Pods, without the parts that nothing here reads.
    pub pods: Store<Pod>,
    /// Deployments.
    pub deployments: Store<Deployment>,
    /// StatefulSets.
    pub stateful_sets: Store<StatefulSet>,
    /// DaemonSets.
    pub daemon_sets: Store<DaemonSet>,
    /// Jobs.
    pub jobs: Store<Job>,
    /// Of ReplicaSets only whose they are.
    pub replica_sets: Store<PartialObjectMeta<ReplicaSet>>,
    /// Istio's ConfigMaps: mesh config and injector, one of each a revision.
    pub config_maps: Store<ConfigMap>,
    /// Mutating webhooks: ours, Istio's, and who else is there.
    pub webhooks: Store<MutatingWebhookConfiguration>,
    /// Services: which ports lead to which of a pod's.
    pub services: Store<Service>,
    /// Istio's: who must speak mTLS to whom.
    pub peer_authentications: Store<PeerAuthentication>,
    /// Istio's: who may call whom.
    pub authorization_policies: Store<AuthorizationPolicy>,
    /// Istio's: how clients call a Service.
    pub destination_rules: Store<DestinationRule>,
    /// Istio's: what a workload's sidecar does with unknown destinations.
    pub sidecars: Store<Sidecar>,
    /// Istio's: hosts outside that the mesh knows of.
    pub service_entries: Store<ServiceEntry>,
    all: Arc<Shared>,
}

/// A reflector's store, and whether it is filled.
pub struct Store<K: Resource<DynamicType = ()> + Clone + 'static> {
    objects: reflector::Store<K>,
    own: Arc<Shared>,
    watch: Arc<WatchState>,
}

impl<K: Resource<DynamicType = ()> + Clone + 'static> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self {
            objects: self.objects.clone(),
            own: self.own.clone(),
            watch: self.watch.clone(),
        }
    }
}

struct Shared {
    generation: AtomicU64,
    changed: watch::Sender<()>,
    /// Held while a change is taken over and counted: who holds it sees both or neither.
    counting: Mutex<()>,
    watches: Mutex<Vec<Arc<WatchState>>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            generation: AtomicU64::new(0),
            changed: watch::Sender::new(()),
            counting: Mutex::default(),
            watches: Mutex::default(),
        }
    }
}

impl Shared {
    fn touch(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.changed.send_replace(());
    }
}

/// Retries every two seconds: a watch that fails is why the console is blind, and the API server's own flow control
/// guards it against ten watches.
struct EveryTwoSeconds;

impl Iterator for EveryTwoSeconds {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(Duration::from_secs(2))
    }
}

impl Backoff for EveryTwoSeconds {
    fn reset(&mut self) {}
}

impl Stores {
    /// Starts the watches.
    #[must_use]
    pub fn watch(client: &Client) -> Self {
        let all = Arc::new(Shared::default());
        let istio = watcher::Config::default().labels("istio.io/rev");
        let any = watcher::Config::default;
        Self {
            settings: all.needs(spawn(client, "sidecarsettings", any(), &all, bare_but_editors)),
            namespaces: all.needs(spawn(client, "namespaces", any(), &all, bare)),
            pods: all.needs(spawn(client, "pods", any(), &all, prune_pod)),
            deployments: all.needs(spawn(client, "deployments", any(), &all, |d: &mut Deployment| {
                bare(d);
                prune_template(d.spec.as_mut().map(|s| &mut s.template));
            })),
            stateful_sets: all.needs(spawn(
                client,
                "statefulsets",
                any(),
                &all,
                |s: &mut StatefulSet| {
                    bare(s);
                    prune_template(s.spec.as_mut().map(|s| &mut s.template));
                },
            )),
            daemon_sets: all.needs(spawn(client, "daemonsets", any(), &all, |d: &mut DaemonSet| {
                bare(d);
                prune_template(d.spec.as_mut().map(|s| &mut s.template));
            })),
            jobs: all.needs(spawn(client, "jobs", any(), &all, |j: &mut Job| {
                bare(j);
                prune_template(j.spec.as_mut().map(|s| &mut s.template));
            })),
            replica_sets: all.needs(spawn(client, "replicasets", any(), &all, bare)),
            config_maps: all.needs(spawn(client, "configmaps", istio, &all, bare_but_editors)),
            webhooks: all.needs(spawn(client, "mutatingwebhookconfigurations", any(), &all, bare)),
            // Where one of these cannot be seen, all but the lints and the outbound policy goes on.
            services: spawn(client, "services", any(), &all, prune_service),
            peer_authentications: spawn(client, "peerauthentications", any(), &all, bare),
            authorization_policies: spawn(client, "authorizationpolicies", any(), &all, bare),
            destination_rules: spawn(client, "destinationrules", any(), &all, bare),
            sidecars: spawn(client, "sidecars", any(), &all, bare),
            service_entries: spawn(client, "serviceentries", any(), &all, bare),
            all,
        }
    }

    /// How often anything changed. Read before the stores are, it is the generation of what is then found, or an older.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.all.generation.load(Ordering::Acquire)
    }

    /// Tells of each change of anything.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.all.changed.subscribe()
    }

    /// What cannot be seen now, in words: lists that are not in yet, and watches that fail.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        self.all.words(WatchState::missing)
    }

    /// The lists that are not in yet, in words.
    #[must_use]
    pub fn unlisted(&self) -> Option<String> {
        self.all.words(WatchState::unlisted)
    }
}

impl Shared {
    /// The store of something without which the console does not answer.
    fn needs<K: Resource<DynamicType = ()> + Clone + 'static>(&self, store: Store<K>) -> Store<K> {
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches.push(store.watch.clone());
        drop(watches);
        store
    }

    fn words(&self, of: impl Fn(&WatchState) -> Option<String>) -> Option<String> {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        let words: Vec<String> = watches.iter().filter_map(|watch| of(watch)).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

impl<K: Resource<DynamicType = ()> + Clone + 'static> Store<K> {
    /// Everything in the store, in no order.
    #[must_use]
    pub fn state(&self) -> Vec<Arc<K>> {
        self.objects.state()
    }

    /// One object.
    #[must_use]
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.objects.get(&ObjectRef::new(name).within(namespace))
    }

    /// One object of a kind without namespaces.
    #[must_use]
    pub fn get_cluster_scoped(&self, name: &str) -> Option<Arc<K>> {
        self.objects.get(&ObjectRef::new(name))
    }

    /// Whether the first list is in.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.watch.listed.load(Ordering::Acquire)
    }

    /// Whether the cluster does not know the resource.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.watch.absent.load(Ordering::Acquire)
    }

    /// Why what this store holds is not what the cluster has, in words. A kind that the cluster does not know has nothing.
    #[must_use]
    pub fn unseen(&self) -> Option<String> {
        if self.is_absent() {
            None
        } else {
            self.watch.missing()
        }
    }

    /// How often something in this store changed.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.own.generation.load(Ordering::Acquire)
    }

    /// Tells of each change in this store.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.own.changed.subscribe()
    }

    /// Waits until `seen` says yes, at most `patience`; whether it did. What was seen is counted: whatever is made from
    /// the generations after that holds it.
    pub async fn wait_until(&self, patience: Duration, seen: impl Fn(&Self) -> bool) -> bool {
        let mut changes = self.changes();
        let look = || {
            let _counted = self.own.counting.lock().unwrap_or_else(PoisonError::into_inner);
            seen(self)
        };
        tokio::time::timeout(patience, async {
            while !look() {
                if changes.changed().await.is_err() {
                    return false;
                }
            }
            true
        })
        .await
        .unwrap_or(false)
    }
}

fn spawn<K>(
    client: &Client,
    what: &str,
    config: watcher::Config,
    all: &Arc<Shared>,
    prune: impl Fn(&mut K) + Send + 'static,
) -> Store<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    K::DynamicType: Eq + Hash + Clone,
{
    let (objects, mut writer) = reflector::store();
    let watch = Arc::new(WatchState {
        what: what.to_owned(),
        listed: AtomicBool::new(false),
        absent: AtomicBool::new(false),
        error: Mutex::default(),
    });
    let own = Arc::new(Shared::default());
    let (shared, task_all, task_watch) = (own.clone(), all.clone(), watch.clone());
    let mut events = watcher::watcher(Api::<K>::all(client.clone()), config)
        .backoff(EveryTwoSeconds)
        .modify(prune)
        .boxed();
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    let _counting = shared.counting.lock().unwrap_or_else(PoisonError::into_inner);
                    writer.apply_watcher_event(&event);
                    match event {
                        // A list that is still coming in is not visible yet.
                        Event::Init | Event::InitApply(_) => continue,
                        Event::InitDone => {
                            task_watch.listed.store(true, Ordering::Release);
                            task_watch.absent.store(false, Ordering::Release);
                            *task_watch.error.lock().unwrap_or_else(PoisonError::into_inner) = None;
                        }
                        Event::Apply(_) | Event::Delete(_) => {}
                    }
                    shared.touch();
                    task_all.touch();
                }
                Err(error) => {
                    let words = watch_error(&error, &task_watch);
                    let mut last = task_watch.error.lock().unwrap_or_else(PoisonError::into_inner);
                    if last.as_ref().map(|(_, before)| before) != Some(&words) {
                        tracing::warn!(
                            resource = task_watch.what,
                            "watching {}: {words}",
                            task_watch.what
                        );
                    }
                    *last = Some((Instant::now(), words));
                }
            }
        }
    });
    Store { objects, own, watch }
}
