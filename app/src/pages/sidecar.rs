//! Sidecar Proxy Setting: what goes round the sidecar, level by level.

use api::{Problem, ask, setting::SettingView};
use domain::Level;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    components::{
        load::{Data, Load},
        namespace_choice::NamespaceChoice,
        page::PageHeader,
    },
    routes,
    ui::tabs::Tabs,
};

mod about;
mod actions;
mod conflict;
mod draft;
mod field;
mod form;
mod guard;
mod inherited;
mod kept;
mod merge;
mod namespaces;
mod saved;
mod section;

use about::About;
use guard::{Guard, LeaveDialog};
use section::Section;

/// The tab *global*.
pub(super) fn global_page() -> AnyView {
    let setting = read(Signal::derive(|| Level::Global));
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Global/>
        {page(guard, setting)}
    }
    .into_any()
}

/// The tab *Namespace* before one is chosen.
pub(super) fn namespaces_page() -> AnyView {
    let namespaces = namespaces::read();
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Namespace/>
        <Choose guard chosen=Signal::derive(String::new)/>
        {namespaces::list(namespaces)}
        <About/>
    }
    .into_any()
}

/// The tab *Namespace* with one chosen.
pub(super) fn namespace_page() -> AnyView {
    let params = use_params_map();
    let namespace = Memo::new(move |_| params.with(|params| params.get("namespace")).unwrap_or_default());
    let namespace = Signal::from(namespace);
    let setting = read(Signal::derive(move || Level::Namespace(namespace.get())));
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Namespace/>
        <Choose guard chosen=namespace all=true/>
        {page(guard, setting)}
    }
    .into_any()
}

/// Begins to read a level.
fn read(level: Signal<Level>) -> Data<SettingView> {
    Data::read(move || ask::setting(&level.get()))
}

/// What is no namespace to set anything for is refused as a request: here it is an address that somebody followed.
fn in_words(mut problem: Problem) -> Problem {
    if let Some(error) = problem.errors.iter().find(|error| error.path == "namespace") {
        problem.detail.clone_from(&error.message);
        "This namespace has no setting of its own".clone_into(&mut problem.title);
        problem.way_out = Some("choose another namespace, or go to the tab `global`".to_owned());
    }
    problem
}

/// A level's form, and what one should know about it.
fn page(guard: Guard, setting: Data<SettingView>) -> impl IntoView {
    view! {
        <div class="setting-page">
            <Load what="the setting" data=setting words=in_words view={move |view| view! { <Section guard view/> }.into_any()}/>
            <About/>
        </div>
        <LeaveDialog guard/>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Global,
    Namespace,
}

/// What the three pages have in common.
#[component]
fn Frame(tab: Tab) -> impl IntoView {
    let tabs = vec![
        (routes::GLOBAL.to_owned(), "global", tab == Tab::Global),
        (routes::NAMESPACES.to_owned(), "Namespace", tab == Tab::Namespace),
    ];
    view! {
        <PageHeader
            title="Sidecar Proxy Setting"
            trail=vec![("Data Plane Component Management".to_owned(), None)]
            lead="Say which traffic goes round the sidecar, for the whole mesh or for a namespace.".to_owned()
        />
        <Tabs label="Level" tabs/>
    }
}

/// The drop-down of namespaces, and the way to all of them.
#[component]
fn Choose(guard: Guard, #[prop(into)] chosen: Signal<String>, #[prop(optional)] all: bool) -> impl IntoView {
    view! {
        <div class="choose-namespace">
            <NamespaceChoice chosen on_choose=move |name: String| guard.go(routes::namespace(&name))/>
            {all.then(|| view! { <a href=routes::NAMESPACES>"All namespaces"</a> })}
        </div>
    }
}
