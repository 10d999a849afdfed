//! Levels and where they are stored.

use api::audit::Target;
use domain::Level;
use kube::Api;

use crate::{
    caller::Caller,
    cluster::{Cluster, resource::SidecarSetting},
    error::{Error, from_kube},
    state::State,
};

/// The mesh's root namespace: without it there are no levels.
pub(super) fn root(cluster: &Cluster) -> Result<String, Error> {
    cluster.mesh().root_namespace.clone().ok_or_else(|| {
        Error::NotReady(
            "no Istio control plane was found in the cluster, so there is no root namespace".into(),
        )
    })
}

/// A level, and where it is stored.
pub(super) struct Place {
    pub(super) level: Level,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Place {
    pub(super) fn of(state: &State, level: Level) -> Result<Self, Error> {
        let cluster = &state.cluster;
        cluster.ready()?;
        if cluster.stores.settings.is_absent() {
            return Err(Error::NotInstalled);
        }
        let root = root(cluster)?;
        let (namespace, name) = level.stored_as(&root);
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        match Level::of(&root, &namespace, &name, matches!(level, Level::Workload { .. })) {
            // The path says Namespace, the place says Global: one thing must not have two addresses.
            Ok(Level::Global) if level != Level::Global => {
                return Err(Error::field(
                    "namespace",
                    format!(
                        "`{namespace}` is the mesh's root namespace: its setting is the Global one, at {}",
                        api::path::SETTINGS_GLOBAL
                    ),
                ));
            }
            Ok(_) => {}
            Err(error) => return Err(Error::field("path", error.to_string())),
        }
        if cluster.stores.namespaces.is_ready()
            && cluster.stores.namespaces.get_cluster_scoped(&namespace).is_none()
        {
            return Err(Error::NotFound(format!("namespace `{namespace}`")));
        }
        Ok(Self {
            level,
            namespace,
            name,
        })
    }

    pub(super) fn api(&self, caller: &Caller) -> Api<SidecarSetting> {
        Api::namespaced(caller.client.clone(), &self.namespace)
    }

    pub(super) fn target(&self) -> Target {
        Target {
            kind: "SidecarSetting".into(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    pub(super) fn what(&self) -> String {
        format!("setting `{}/{}`", self.namespace, self.name)
    }

    pub(super) async fn stored(&self, caller: &Caller) -> Result<Option<SidecarSetting>, Error> {
        match self.api(caller).get_opt(&self.name).await {
            // A 404 of the object and one of the whole resource look the same to `get_opt`.
            Ok(None) if !self.installed(caller).await? => Err(Error::NotInstalled),
            Ok(stored) => Ok(stored),
            Err(error) => Err(from_kube(error, &format!("read {}", self.what()))),
        }
    }

    async fn installed(&self, caller: &Caller) -> Result<bool, Error> {
        match caller
            .client
            .list_api_group_resources("sidestep.dev/v1alpha1")
            .await
        {
            Ok(list) => Ok(list.resources.iter().any(|r| r.name == "sidecarsettings")),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
            Err(error) => Err(from_kube(error, "ask for the resources of the cluster")),
        }
    }
}
