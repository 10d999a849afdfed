//! A fresh namespace for a test, gone afterwards.

use futures::FutureExt;
use k8s_openapi::api::core::v1::{self, ServiceAccount};
use kube::{
    Api, Client,
    api::{DeleteParams, ObjectMeta, PostParams},
};

use crate::{console::Console, poll::eventually, undo::Undo, world::World};

/// A namespace whose pods istiod injects, unless the labels say otherwise.
pub struct Namespace {
    /// Its name.
    pub name: String,
    _undo: Undo,
}

impl Namespace {
    /// Makes one with `istio-injection=enabled`.
    pub async fn new(world: &World, topic: &str) -> Self {
        Self::labelled(world, topic, &[("istio-injection", "enabled")]).await
    }

    /// Makes one with these labels. Pods can be made in it and the shared console knows it.
    pub async fn labelled(world: &World, topic: &str, labels: &[(&str, &str)]) -> Self {
        let labels = labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let namespace = v1::Namespace {
            metadata: ObjectMeta {
                generate_name: Some(format!("j-{topic}-")),
                labels: Some(labels.collect()),
                ..ObjectMeta::default()
            },
            ..v1::Namespace::default()
        };
        let made = Api::<v1::Namespace>::all(world.admin.clone())
            .create(&PostParams::default(), &namespace)
            .await
            .expect("an administrator may make namespaces");
        let name = made.metadata.name.expect("what was made has a name");
        let gone = name.clone();
        let undo = world.undo(move |admin| {
            async move {
                let namespaces = Api::<v1::Namespace>::all(admin);
                crate::resource::ignore_missing(namespaces.delete(&gone, &DeleteParams::default()).await);
            }
            .boxed()
        });
        let namespace = Self { name, _undo: undo };
        namespace.has_account(&world.admin).await;
        namespace.known_to(&world.console).await;
        namespace
    }

    /// Pods need the account that a controller makes.
    async fn has_account(&self, admin: &Client) {
        let accounts = Api::<ServiceAccount>::namespaced(admin.clone(), &self.name);
        eventually("the namespace's service account", || async {
            match accounts.get_opt("default").await {
                Ok(Some(_)) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }

    /// Waits until a console has seen it.
    pub async fn known_to(&self, console: &Console) {
        let api = console.api();
        eventually("the console to see the namespace", || async {
            api.setting(&self.level()).await.map(drop)
        })
        .await;
    }

    /// Its level.
    #[must_use]
    pub fn level(&self) -> domain::Level {
        domain::Level::Namespace(self.name.clone())
    }

    /// The level of a workload setting in it.
    #[must_use]
    pub fn workload(&self, name: &str) -> domain::Level {
        domain::Level::Workload {
            namespace: self.name.clone(),
            name: name.to_owned(),
        }
    }

    /// Its settings' URL.
    #[must_use]
    pub fn url(&self) -> String {
        api::path::setting(&self.level())
    }
}
