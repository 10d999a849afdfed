//! What every page begins with: where it is, what it is called, and trouble that concerns all pages.

use crate::prelude::*;
use api::{
    Page, Problem, ask,
    mesh::{ClusterState, Mesh},
};
use leptos_meta::Title;

use crate::{
    components::{
        live::{self, Kind},
        load::Data,
    },
    routes,
    ui::{badge::Tone, notice::Notice, prose::Prose},
};

/// A step of the way to a page: its name and, unless it is only a heading of the navigation, its address.
pub(crate) type Crumb = (String, Option<String>);

/// The page's header. `trail` is the way from the mesh to the page, without both; `children` are the page's own buttons.
#[component]
pub(crate) fn PageHeader(
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] trail: Vec<Crumb>,
    #[prop(optional, into)] lead: Option<String>,
    /// What stands as the heading instead of the title, where that is known only later.
    #[prop(optional)]
    heading: Option<AnyView>,
    /// This is the mesh's own page: it says its trouble itself, and the way to it is short.
    #[prop(optional)]
    top: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let data = Data::read(ask::meshes);
    // Not a memo: read through one that is made out here, the server would not wait for it, and the browser, which has it at
    // once, would find another page than it makes itself.
    let mesh = move || data.get().and_then(Result::ok)?.items.into_iter().next();
    // The server writes the head when the page is done, which may be after everything that belongs to it is gone.
    let text = ArcMemo::new(move |_| title.get());
    text.get_untracked();
    live::on(&[Kind::Mesh], move || data.refetch());
    let way = (!top).then(|| {
        let trail = trail
            .into_iter()
            .map(|(name, to)| match to {
                Some(to) => view! { <li><a href=to>{name}</a></li> }.into_any(),
                None => view! { <li>{name}</li> }.into_any(),
            })
            .collect_view();
        view! {
            <nav aria-label="Breadcrumbs" class="breadcrumbs">
                <ol>
                    <li><a href=routes::MESH>"Mesh Management"</a></li>
                    <Transition fallback=|| view! { <li>"…"</li> }>
                        {move || mesh().map(|mesh| view! { <li>{mesh.name}</li> })}
                    </Transition>
                    {trail}
                </ol>
            </nav>
        }
    });
    view! {
        <Title text=move || text.get()/>
        <header class="page-header">
            {way}
            <div class="page-title">
                <h1>{heading.unwrap_or_else(|| title.into_any())}</h1>
                {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
            </div>
            {lead.map(|lead| view! { <p class="lead"><Prose text=lead/></p> })}
        </header>
        <Transition>
            {move || data.get().filter(|_| !top).and_then(out_of_view).map(trouble)}
        </Transition>
    }
}

/// Why the console does not see the cluster as it is now; `None`: it does, or something else is the matter, which the page
/// itself tells.
fn out_of_view(answer: Result<Page<Mesh>, Problem>) -> Option<String> {
    match answer {
        Ok(meshes) => unseen(&meshes.items.first()?.cluster),
        Err(problem) => problem.is("cluster-unreachable").then_some(problem.detail),
    }
}

/// Why this cluster is not seen as it is now, where it is not.
pub(crate) fn unseen(cluster: &ClusterState) -> Option<String> {
    let unfinished = || "the first lists are not complete yet".to_owned();
    (!cluster.ready).then(|| cluster.message.clone().unwrap_or_else(unfinished))
}

/// That the console does not see the cluster as it is now.
pub(crate) fn trouble(message: String) -> AnyView {
    view! {
        <Notice tone=Tone::Warning title="The cluster is not fully in view">
            <p><Prose text=message/></p>
            <p>"What this page shows may be old or incomplete until then. It follows by itself."</p>
        </Notice>
    }
    .into_any()
}
