//! `SidecarSetting` as somebody beside the console handles it: as JSON.

use kube::{
    Api, Client, Resource, ResourceExt,
    api::{ApiResource, DeleteParams, DynamicObject, PostParams},
    core::gvk::GroupVersionKind,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The settings of a namespace.
#[must_use]
pub fn settings(client: &Client, namespace: &str) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), namespace, &kind())
}

/// The resource as the API server knows it.
#[must_use]
pub fn kind() -> ApiResource {
    let kind = GroupVersionKind::gvk("sidestep.dev", "v1alpha1", "SidecarSetting");
    ApiResource::from_gvk_with_plural(&kind, "sidecarsettings")
}

/// A setting with this `spec`.
#[must_use]
pub fn setting(name: &str, spec: &Value) -> DynamicObject {
    DynamicObject::new(name, &kind()).data(json!({ "spec": spec }))
}

/// Creates a setting as `kubectl` would.
pub async fn create(
    client: &Client,
    namespace: &str,
    name: &str,
    spec: &Value,
) -> kube::Result<DynamicObject> {
    settings(client, namespace)
        .create(&PostParams::default(), &setting(name, spec))
        .await
}

/// Removes a setting, if it is there.
pub async fn remove(client: &Client, namespace: &str, name: &str) {
    ignore_missing(
        settings(client, namespace)
            .delete(name, &DeleteParams::default())
            .await,
    );
}

/// The `spec` that the cluster holds.
pub async fn spec(client: &Client, namespace: &str, name: &str) -> Option<Value> {
    let found = settings(client, namespace).get_opt(name).await;
    found
        .expect("the API server answers")
        .map(|object| object.data["spec"].clone())
}

/// Takes an object out of the cluster so that it can be put back: without what the cluster wrote into it.
#[must_use]
pub fn to_restore<K: Resource>(mut object: K) -> K {
    let meta = object.meta_mut();
    meta.resource_version = None;
    meta.uid = None;
    meta.creation_timestamp = None;
    meta.generation = None;
    object.managed_fields_mut().clear();
    object
}

/// Takes "it was not there" for success.
///
/// # Panics
/// For any other failure.
pub fn ignore_missing<T>(result: kube::Result<T>) {
    match result {
        Err(kube::Error::Api(status)) if status.is_not_found() => {}
        other => drop(other.expect("the API server deletes what is there")),
    }
}

/// Changes an object that exists, also where somebody else is changing it too.
pub async fn edit<K>(api: &Api<K>, name: &str, change: impl Fn(&mut K))
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    loop {
        let mut now = api.get(name).await.expect("it is there");
        change(&mut now);
        match api.replace(name, &PostParams::default(), &now).await {
            Err(kube::Error::Api(status)) if status.is_conflict() => {}
            other => break drop(other.expect("an administrator may change it")),
        }
    }
}

/// Adds an annotation to an object.
pub async fn annotated<K>(client: &Client, object: K, key: &str, value: &str) -> K
where
    K: Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + Serialize
        + DeserializeOwned,
{
    let namespace = object.namespace().expect("it was made in one");
    let api = Api::<K>::namespaced(client.clone(), &namespace);
    let name = object.name_any();
    edit(&api, &name, |now| {
        now.annotations_mut().insert(key.to_owned(), value.to_owned());
    })
    .await;
    api.get(&name).await.expect("it is still there")
}

/// Gives the fields of an object back to those who owned them. Whoever installs Sidestep by server-side apply could else
/// not remove what a test has written.
pub async fn give_back<K>(api: &Api<K>, name: &str, owners: &K)
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    edit(api, name, |now| {
        now.meta_mut()
            .managed_fields
            .clone_from(&owners.meta().managed_fields);
    })
    .await;
}
