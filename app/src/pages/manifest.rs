//! View in YAML, and Edit YAML: the manifest of a workload or a pod.

use api::{
    ask,
    manifest::{ManifestKind, ManifestQuery, ManifestView},
    workload::WorkloadKind,
};
use leptos_router::hooks::use_params_map;

use crate::{
    components::{
        guard::{Guard, Guarded, LeaveDialog},
        live::{self, Kind},
        load::{Data, Load},
        page::{Crumb, PageHeader},
        snippet::Copy,
    },
    pages::not_found::NotFound,
    prelude::*,
    routes,
    ui::{badge::Tone, empty::Empty, notice::Notice},
};

mod changes;
mod conflict;
mod edit;
mod editor;
mod kept;
mod look;
mod misplaced;
mod outcome;
mod state;
mod whole;

use self::state::Manifest;

/// Kind, namespace and name.
type Place = (ManifestKind, String, String);

/// The page.
pub(super) fn manifest_page() -> AnyView {
    let params = use_params_map();
    let place = Memo::new(move |_| {
        params.with(|params| {
            let of = |key| params.get(key).unwrap_or_default();
            ManifestKind::of_plural(&of("kind")).map(|kind| (kind, of("namespace"), of("name")))
        })
    });
    // Another kind has other words everywhere: the page is made anew.
    let kind = Memo::new(move |_| place.with(|place| place.as_ref().map(|(kind, ..)| *kind)));
    view! {
        {move || match kind.get() {
            Some(kind) => of_kind(kind, place),
            None => view! { <NotFound/> },
        }}
    }
}

fn of_kind(kind: ManifestKind, place: Memo<Option<Place>>) -> AnyView {
    let here = Memo::new(move |last: Option<&Place>| {
        let last = || last.cloned().unwrap_or((kind, String::new(), String::new()));
        place.get().unwrap_or_else(last)
    });
    let manifest = Data::about(
        Signal::derive(move || Ok(here.get())),
        |(kind, namespace, name)| ask::manifest(*kind, namespace, name, &ManifestQuery::default()),
    );
    let guard = Guard::new();
    let title = Signal::derive(move || here.with(|(_, _, name)| ["YAML of ", name].concat()));
    let (_, namespace, name) = here.get_untracked();
    let gone = move || here.with(|(kind, namespace, name)| gone(*kind, namespace, name));
    view! {
        <PageHeader title trail=trail(kind, &namespace, &name)/>
        <Load what="the manifest" data=manifest gone view=move |(_, view)| section(guard, view)/>
        <LeaveDialog guard/>
    }
}

fn trail(kind: ManifestKind, namespace: &str, name: &str) -> Vec<Crumb> {
    let list = WorkloadKind::named(kind.kind()).map_or(routes::PODS, routes::all_of);
    let of = routes::owner(kind.kind(), namespace, name);
    vec![
        ("Workloads".to_owned(), None),
        ([kind.kind(), "s"].concat(), Some(list.to_owned())),
        (name.to_owned(), of),
    ]
}

fn section(guard: Guard, view: ManifestView) -> AnyView {
    let manifest = Manifest::of(view);
    guard.guard(Guarded {
        dirty: manifest.dirty.into(),
        discard: Callback::new(move |()| manifest.discard()),
        name: ["the YAML of ", &manifest.words()].concat(),
    });
    let own: &[Kind] = match manifest.place().0 {
        ManifestKind::Pods => &[Kind::Pods],
        _ => &[Kind::Workloads],
    };
    live::on_calmly(own, move || manifest.read_again());
    view! {
        <div class="manifest">
            {move || manifest.gone().get().then(|| went(manifest))}
            {move || manifest.outcome_when_looking()}
            {move || if manifest.editing.get() { edit::edit(manifest) } else { look::look(manifest) }}
        </div>
    }
}

/// Said once it is there no more: what was read of it stays, and what was typed.
fn went(manifest: Manifest) -> AnyView {
    let (kind, ..) = manifest.place();
    let typed = move || {
        manifest.editing.get().then(|| {
            let label = "Copy: the text as you have it".to_owned();
            view! { <p><Copy label text=move || manifest.draft.get_untracked()/></p> }
        })
    };
    view! {
        <div role="alert">
            <Notice tone=Tone::Warning title=["This ", kind.kind(), " is gone"].concat()>
                <p>"The cluster has it no more. Its text as it was read last stays here, to be copied."</p>
                {typed}
            </Notice>
        </div>
    }
}

/// Said where it is not there.
fn gone(kind: ManifestKind, namespace: &str, name: &str) -> AnyView {
    let (kind, namespace, name) = (kind.kind(), namespace.to_owned(), name.to_owned());
    view! {
        <section class="panel">
            <Empty title="There is no such thing">
                <p>"Namespace " <code>{namespace}</code> " has no " {kind} " " <code>{name}</code> " (any more)."</p>
            </Empty>
        </section>
    }
}
