//! Mesh Management: the mesh, its revisions and namespaces, and whether saved settings reach pods.

use api::{Client, Page, Problem, mesh::Mesh, namespace::NamespaceRow};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::failure::Failure,
    ui::{button::Button, empty::Empty, loading::Loading},
};

mod namespaces;
mod overview;
mod revisions;

use namespaces::Namespaces;
use overview::Overview;
use revisions::Revisions;

/// The page.
#[component]
pub(crate) fn MeshPage() -> impl IntoView {
    let client = expect_context::<Client>();
    let read = move || {
        let client = client.clone();
        async move { (client.meshes().await, client.namespaces(&api::namespace::NamespaceQuery::default()).await) }
    };
    let state = Resource::new(|| (), move |()| read());
    let (pending, set_pending) = signal(false);
    let refresh = move |()| state.refetch();

    view! {
        <Title text="Mesh Management"/>
        <header class="page-header">
            <div>
                <h1>"Mesh Management"</h1>
                <p>"One cluster is one mesh, with one control plane a revision."</p>
            </div>
            <Button busy=pending on_press=refresh>"Refresh"</Button>
        </header>
        <Transition
            fallback=|| view! { <Loading what="the mesh"/> }
            set_pending=set_pending
        >
            {move || Suspend::new(async move {
                let (meshes, namespaces) = state.await;
                // One failure is told once.
                let namespaces_too = namespaces.is_ok() || meshes.is_ok();
                view! {
                    <MeshList meshes on_retry=refresh/>
                    {namespaces_too.then(|| view! { <NamespaceList namespaces on_retry=refresh/> })}
                }
            })}
        </Transition>
    }
}

#[component]
fn MeshList(meshes: Result<Page<Mesh>, Problem>, #[prop(into)] on_retry: Callback<()>) -> AnyView {
    match meshes {
        Err(problem) => view! { <Failure what="The mesh could not be read" problem on_retry/> }.into_any(),
        Ok(page) if page.items.is_empty() => view! {
            <Empty title="No mesh">
                <p>"The console knows no cluster. Start it with "<code>"--kubeconfig"</code>" or inside a cluster."</p>
            </Empty>
        }
        .into_any(),
        Ok(page) => page
            .items
            .into_iter()
            .map(|mesh| {
                let revisions = mesh.revisions.clone();
                view! {
                    <Overview mesh/>
                    <Revisions revisions/>
                }
            })
            .collect_view()
            .into_any(),
    }
}

#[component]
fn NamespaceList(
    namespaces: Result<Page<NamespaceRow>, Problem>,
    #[prop(into)] on_retry: Callback<()>,
) -> AnyView {
    match namespaces {
        Err(problem) => {
            view! { <Failure what="The namespaces could not be read" problem on_retry/> }.into_any()
        }
        Ok(page) => view! { <Namespaces page/> }.into_any(),
    }
}
