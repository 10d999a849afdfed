//! The workload settings of a namespace, in the order in which they win.

use crate::prelude::*;
use api::{Page, ask, setting::SettingView};
use domain::Field;

use crate::{
    components::{
        live::{self, Kind},
        load::{Data, Load},
    },
    routes,
    ui::{
        badge::{Badge, Tone},
        empty::Empty,
        table::{Column, Table},
    },
};

/// What the list shows.
pub(super) type Settings = Data<(String, Page<SettingView>)>;

/// Begins to read the workload settings of a namespace.
pub(super) fn read(namespace: Signal<String>) -> Settings {
    Data::about(Signal::derive(move || Ok(namespace.get())), |namespace| {
        ask::workload_settings(namespace)
    })
}

/// The list on the page.
pub(super) fn list(namespace: Signal<String>, settings: Settings) -> impl IntoView {
    live::on(&[Kind::Settings, Kind::Pods], move || settings.refetch());
    view! {
        <section class="panel" aria-labelledby="workload-settings">
            <div class="panel-title">
                <h2 id="workload-settings">"Workload settings"</h2>
                <a class="button primary" href=move || routes::new_workload_setting(&namespace.get())>"Create"</a>
            </div>
            <Load what="the workload settings" data=settings view=page words=super::in_words/>
        </section>
    }
}

/// The way back from one setting to all of its namespace, and what this one is.
#[component]
pub(super) fn Back(namespace: Signal<String>, #[prop(into)] title: Signal<String>) -> impl IntoView {
    view! {
        <p class="back">
            <a href=move || routes::workload_settings(&namespace.get())>
                "Workload settings of " {namespace}
            </a>
            <span aria-hidden="true">" › "</span>
            <strong>{title}</strong>
        </p>
    }
}

fn page((_, page): (String, Page<SettingView>)) -> AnyView {
    if page.items.is_empty() {
        return view! {
            <Empty title="No workload settings">
                <p>
                    "A workload setting is for the pods of this namespace that have certain labels, and overrides the \
                     settings of the namespace and the mesh for them."
                </p>
            </Empty>
        }
        .into_any();
    }
    let mut settings = page.items;
    settings.sort_by_key(|setting| {
        let (name, priority) = named(setting);
        (std::cmp::Reverse(priority), name.to_owned())
    });
    let columns = vec![
        Column::text("Name"),
        Column::text("Selects"),
        Column::number("Priority"),
        Column::text("Sets"),
        Column::number("Pods with a sidecar"),
        Column::number("Stale"),
    ];
    let rows = settings.iter().map(row).collect_view();
    view! {
        <p class="more">
            "Where several select the same pod, the one that stands higher here wins, field by field."
        </p>
        <div class="cards"><Table caption="Workload settings" columns=columns>{rows}</Table></div>
    }
    .into_any()
}

/// The name and the priority of a setting.
fn named(setting: &SettingView) -> (&str, i32) {
    let name = match &setting.level {
        api::setting::LevelRef::Workload { name, .. } => name,
        _ => "",
    };
    let stored = setting.stored.as_ref();
    (
        name,
        stored.and_then(|stored| stored.priority).unwrap_or_default(),
    )
}

fn row(setting: &SettingView) -> impl IntoView + use<> {
    let (name, priority) = named(setting);
    let link = match &setting.level {
        api::setting::LevelRef::Workload { namespace, name } => routes::workload_setting(namespace, name),
        _ => String::new(),
    };
    let stored = setting.stored.as_ref();
    let labels = stored
        .and_then(|stored| stored.selector.as_ref())
        .map(|selector| {
            let labels = selector
                .match_labels
                .iter()
                .map(|(key, value)| [key, "=", value].concat());
            labels.collect::<Vec<_>>().join(", ")
        });
    let selects = match labels {
        Some(labels) => view! { <code>{labels}</code> }.into_any(),
        None => view! { <Badge tone=Tone::Bad>"No usable selector"</Badge> }.into_any(),
    };
    let sets = stored.map_or(0, |stored| {
        let is_set = |field: &&Field| stored.traffic.contains_key(field.name());
        Field::ALL.iter().filter(is_set).count()
    });
    let invalid = stored.is_some_and(|stored| !stored.invalid.is_empty());
    let stale = setting.pods.stale;
    let attention = stale > 0;
    view! {
        <tr>
            <th scope="row"><a href=link>{name.to_owned()}</a></th>
            <td class="wide" data-label="Selects">{selects}</td>
            <td class="number" data-label="Priority">{priority}</td>
            <td data-label="Sets">
                {sets} {if sets == 1 { " field" } else { " fields" }}
                {invalid.then(|| view! { " " <Badge tone=Tone::Warning>"Partly refused"</Badge> })}
            </td>
            <td class="number" data-label="Pods with a sidecar">{setting.pods.injected}</td>
            <td class="number" data-label="Stale"><span class:attention=attention>{stale}</span></td>
        </tr>
    }
}
