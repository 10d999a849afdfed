//! Audit History: who changed what, and what came of it.

use crate::prelude::*;
use api::{
    Page, ask,
    audit::{AuditQuery, Change},
    mesh::Mesh,
};
use leptos_router::hooks::use_params_map;

use self::revert::{Revert, Reverting};
use crate::{
    components::{
        live::{self, Kind},
        load::{Data, Load},
        page::PageHeader,
    },
    routes,
    ui::query::use_url_query,
};

mod diff;
mod difference;
mod entry;
mod filters;
mod list;
mod revert;
mod summary;
mod words;

const LEAD: &str = "Every change made through this console, its REST API and its command line: recorded before it is made, \
                    and again with what came of it. Changes that others make to settings, to the mesh configuration and to \
                    the install values are recorded when they are seen.";

/// The list of changes.
pub(super) fn history_page() -> AnyView {
    let query = use_url_query::<AuditQuery>();
    let changes = Data::about_with(query.into(), ask::audit, ask::meshes);
    live::on(&[Kind::History], move || changes.refetch());
    view! {
        <PageHeader title="Audit History" lead=LEAD/>
        <section class="panel history" aria-labelledby="changes">
            <h2 id="changes" class="visually-hidden">"Changes"</h2>
            {filters::form(Memo::new(move |_| query.get().unwrap_or_default()))}
            <Load what="the history" data=changes view=list::view/>
        </section>
    }
    .into_any()
}

/// What was asked for, what came, and the mesh.
type Listed = (AuditQuery, Page<Change>, Option<Page<Mesh>>);

/// One change.
pub(super) fn change_page() -> AnyView {
    let params = use_params_map();
    let id = Signal::derive(move || Ok(params.with(|params| params.get("id")).unwrap_or_default()));
    let change = Data::about_with(id, |id| ask::change(id), ask::meshes);
    live::on(&[Kind::History], move || {
        // One that is not there never comes.
        if !change.is_gone() {
            change.refetch();
        }
    });
    // The heading names the document on the server; in the browser the header's own title would come after it.
    let title = RwSignal::new("Change".to_owned());
    Effect::new(move |_| {
        if let Some(Ok((_, change, mesh))) = change.get() {
            title.set(words::plain(&change, root(mesh).as_deref()));
        }
    });
    let reverting = Reverting::new();
    let trail = vec![("Audit History".to_owned(), Some(routes::AUDIT.to_owned()))];
    view! {
        <PageHeader title trail heading=entry::heading(change)/>
        <Revert change reverting/>
        <Load what="the change" data=change view=move |found| entry::view(found, reverting) gone=entry::none/>
    }
    .into_any()
}

/// A change by its id, and the mesh.
type Found = (String, Change, Option<Page<Mesh>>);

/// The mesh's root namespace, which only names things here.
fn root(meshes: Option<Page<Mesh>>) -> Option<String> {
    meshes?.items.into_iter().next()?.root_namespace
}

#[cfg(test)]
mod tests {
    use api::audit::{Action, Change, Outcome, OutcomeState, Target};

    /// A change that succeeded, of a setting or pod at this place.
    pub(super) fn change(action: Action, (namespace, name): (&str, &str)) -> Change {
        Change {
            id: "1".to_owned(),
            at: "2026-11-24T02:45:19Z".to_owned(),
            actor: "ada".to_owned(),
            action,
            target: Target {
                kind: match action {
                    Action::DeletePod | Action::EvictPod => "Pod",
                    Action::SaveOutboundPolicy => "ConfigMap",
                    _ => "SidecarSetting",
                }
                .to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            },
            reason: None,
            before: None,
            after: None,
            outside: None,
            reverts: None,
            outcome: Outcome {
                state: OutcomeState::Succeeded,
                at: None,
                detail: None,
            },
            hash: "00".to_owned(),
        }
    }
}
