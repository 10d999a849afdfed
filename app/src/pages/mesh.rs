//! Mesh Management: the mesh, its revisions and namespaces, and whether saved settings reach pods.

use crate::prelude::*;
use api::{Page, ask, mesh::Mesh, namespace::NamespaceQuery};

use crate::{
    components::{
        live::{self, Kind},
        load::{Data, Load},
        page::PageHeader,
    },
    ui::{empty::Empty, query::use_url_query},
};

mod first_steps;
mod namespaces;
mod overview;
mod revisions;

use first_steps::FirstSteps;
use namespaces::Namespaces;
use overview::Overview;
use revisions::Revisions;

/// The page.
pub(super) fn mesh_page() -> AnyView {
    let meshes = Data::read(ask::meshes);
    let namespaces = Namespaces::read(use_url_query::<NamespaceQuery>());
    live::on(&[Kind::Mesh, Kind::Namespaces, Kind::Pods], move || {
        meshes.refetch();
    });
    view! {
        <PageHeader
            title="Mesh Management"
            lead="One cluster is one mesh, with one control plane a revision.".to_owned()
            top=true
        />
        <Load what="the mesh" data=meshes view=mesh_list/>
        {namespaces.view()}
    }
    .into_any()
}

fn mesh_list(page: Page<Mesh>) -> AnyView {
    if page.items.is_empty() {
        return view! {
            <Empty title="No mesh">
                <p>"The console knows no cluster. Start it with "<code>"--kubeconfig"</code>" or inside a cluster."</p>
            </Empty>
        }
        .into_any();
    }
    page.items
        .into_iter()
        .map(|mesh| {
            let (revisions, ready) = (mesh.revisions.clone(), mesh.cluster.ready);
            view! {
                <FirstSteps mesh=mesh.clone()/>
                <Overview mesh/>
                <Revisions revisions ready/>
            }
        })
        .collect_view()
        .into_any()
}
