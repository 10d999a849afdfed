//! Meshes: one cluster is one mesh.

use api::{
    Page, Problem,
    mesh::{ClusterState, InstallValue, Mesh, NamespaceCounts, Revision},
};
use axum::extract::State as Shared;
use domain::{Field, InstallValues, Levels, resolve};

use super::namespaces::visible as visible_namespaces;
use crate::{
    caller::{Caller, Readable},
    error::Error,
    extract::Json,
    state::State,
};

/// List meshes
///
/// The mesh with its revisions, what the caller may see of its namespaces and pods, and whether settings reach pods.
#[utoipa::path(get, path = api::path::MESHES, tag = "mesh", operation_id = "listMeshes", responses(
    (status = 200, body = Page<Mesh>),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "The cluster does not answer"),
))]
pub(super) async fn list(Shared(state): Shared<State>, caller: Caller) -> Result<Json<Page<Mesh>>, Error> {
    let cluster = &state.cluster;
    let snapshot = cluster.snapshot().await;
    let names = snapshot.namespace_names();
    let namespaces = visible_namespaces(&caller, &names).await?;
    let pods = caller.may_read(Readable::Pods, &names).await?;
    let missing = cluster.missing();
    let mesh = Mesh {
        name: cluster.name.to_string(),
        cluster: ClusterState {
            server: cluster.server.to_string(),
            version: cluster.contact.version(),
            ready: missing.is_none(),
            message: missing,
        },
        root_namespace: cluster.mesh().root_namespace.clone(),
        revisions: snapshot
            .revisions
            .all()
            .iter()
            .map(|revision| Revision {
                name: revision.name.clone(),
                namespace: revision.namespace.clone(),
                version: revision.version.clone(),
                cni: revision.install.cni_enabled,
                tags: revision.tags.clone(),
                config_map: revision.config_map.clone(),
                install: install(&revision.install),
            })
            .collect(),
        namespaces: snapshot
            .namespaces
            .iter()
            .filter(|row| namespaces.includes(&row.name))
            .fold(NamespaceCounts::default(), |counts, row| NamespaceCounts {
                total: counts.total + 1,
                injected: counts.injected
                    + usize::from(row.injection == api::namespace::NamespaceInjection::Enabled),
            }),
        pods: snapshot.counts(|namespace| pods.includes(namespace)),
        delivery: cluster.delivery.now(),
    };
    Ok(Json(Page {
        items: vec![mesh],
        total: 1,
        next: None,
    }))
}

fn install(values: &InstallValues) -> Vec<InstallValue> {
    let effective = resolve(&Levels::installed(values));
    let told = Field::ALL.map(|field| InstallValue {
        field: field.name().to_owned(),
        key: field.install_key().to_owned(),
        text: values.get(field).map(str::to_owned),
        invalid: effective.get(field).refused.clone(),
    });
    told.into()
}
