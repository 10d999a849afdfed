//! Sidecar Proxy Setting: what goes round the sidecar, level by level.

use crate::prelude::*;
use api::{Problem, ask, namespace::NamespaceQuery, setting::SettingView};
use domain::Level;
use leptos_router::hooks::use_params_map;

use crate::{
    components::{
        guard::{Guard, LeaveDialog},
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
mod install_values;
mod kept;
mod merge;
mod namespaces;
mod outbound;
mod owned;
mod packet;
mod review;
mod saved;
mod section;
mod whom;
mod workloads;

use about::About;
use form::Form;
use install_values::InstallValues;
use namespaces::Purpose;
use outbound::Outbound;
use section::Section;

/// The tab *global*.
pub(super) fn global_page() -> AnyView {
    let setting = read(Signal::derive(|| Level::Global));
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Global/>
        {page(guard, setting)}
        <Outbound guard/>
        <InstallValues/>
    }
    .into_any()
}

/// The tab *Namespace* before one is chosen.
pub(super) fn namespaces_page() -> AnyView {
    let namespaces = namespaces::read();
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Namespace/>
        <Choose guard purpose=Purpose::Setting chosen=Signal::derive(String::new)/>
        {namespaces::list(Purpose::Setting, namespaces)}
        <About/>
    }
    .into_any()
}

/// The tab *Namespace* with one chosen.
pub(super) fn namespace_page() -> AnyView {
    let namespace = parameter("namespace");
    let setting = read(Signal::derive(move || Level::Namespace(namespace.get())));
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Namespace/>
        <Choose guard purpose=Purpose::Setting chosen=namespace/>
        {page(guard, setting)}
    }
    .into_any()
}

/// The tab *Workload* before a namespace is chosen.
pub(super) fn workloads_page() -> AnyView {
    let namespaces = namespaces::read();
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Workload/>
        <Choose guard purpose=Purpose::Workloads chosen=Signal::derive(String::new)/>
        {namespaces::list(Purpose::Workloads, namespaces)}
        <About/>
    }
    .into_any()
}

/// The tab *Workload* with a namespace chosen: its workload settings.
pub(super) fn workload_settings_page() -> AnyView {
    let namespace = parameter("namespace");
    let settings = workloads::read(namespace);
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Workload/>
        <Choose guard purpose=Purpose::Workloads chosen=namespace/>
        {workloads::list(namespace, settings)}
        <About/>
    }
    .into_any()
}

/// A workload setting that is to be made.
pub(super) fn new_workload_setting_page() -> AnyView {
    let namespace = parameter("namespace");
    let setting = read(Signal::derive(move || Level::Namespace(namespace.get())));
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Workload/>
        <Choose guard purpose=Purpose::Workloads chosen=namespace/>
        <workloads::Back namespace title="New workload setting"/>
        <div class="setting-page">
            <Load
                what="the setting of the namespace"
                data=setting
                words=in_words
                view={move |view| view! { <Section guard form=Form::of_new(view)/> }.into_any()}
            />
            <About/>
        </div>
        <LeaveDialog guard/>
    }
    .into_any()
}

/// A workload setting.
pub(super) fn workload_setting_page() -> AnyView {
    let (namespace, name) = (parameter("namespace"), parameter("name"));
    let setting = read(Signal::derive(move || Level::Workload {
        namespace: namespace.get(),
        name: name.get(),
    }));
    let guard = Guard::new();
    view! {
        <Frame tab=Tab::Workload/>
        <Choose guard purpose=Purpose::Workloads chosen=namespace/>
        <workloads::Back namespace title=name/>
        {page(guard, setting)}
    }
    .into_any()
}

/// A part of the page's address.
fn parameter(name: &'static str) -> Signal<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get(name)).unwrap_or_default()).into()
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
            <Load what="the setting" data=setting words=in_words view={move |view| view! { <Section guard form=Form::of(view)/> }.into_any()}/>
            <About/>
        </div>
        <LeaveDialog guard/>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Global,
    Namespace,
    Workload,
}

/// What the pages have in common.
#[component]
fn Frame(tab: Tab) -> impl IntoView {
    let tabs = vec![
        (routes::GLOBAL.to_owned(), "global", tab == Tab::Global),
        (routes::NAMESPACES.to_owned(), "Namespace", tab == Tab::Namespace),
        (routes::WORKLOADS.to_owned(), "Workload", tab == Tab::Workload),
    ];
    view! {
        <PageHeader
            title="Sidecar Proxy Setting"
            trail=vec![("Data Plane Component Management".to_owned(), None)]
            lead="Say which traffic goes round the sidecar, for the whole mesh, a namespace, or some of its workloads.".to_owned()
        />
        <Tabs label="Level" tabs/>
    }
}

/// The drop-down of namespaces, and the way to all of them.
#[component]
fn Choose(guard: Guard, purpose: Purpose, #[prop(into)] chosen: Signal<String>) -> impl IntoView {
    let all = purpose.list(&NamespaceQuery::default());
    let is_chosen = chosen.with_untracked(|chosen| !chosen.is_empty());
    view! {
        <div class="choose-namespace">
            <NamespaceChoice chosen on_choose=move |name: String| guard.go(purpose.to(&name))/>
            {is_chosen.then(|| view! { <a href=all>"All namespaces"</a> })}
        </div>
    }
}
