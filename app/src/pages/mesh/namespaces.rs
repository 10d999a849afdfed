//! The cluster's namespaces as the mesh sees them.

use api::{
    Page,
    namespace::{NamespaceInjection, NamespaceRow},
};
use leptos::prelude::*;

use crate::ui::{
    badge::{Badge, Tone},
    empty::Empty,
    table::Table,
};

const COLUMNS: &[&str] = &[
    "Namespace",
    "Injection",
    "Revision",
    "Stored settings",
    "#Pods",
    "#Injected",
    "#Stale",
];

/// A table of namespaces, or the word that the caller sees none.
#[component]
pub(crate) fn Namespaces(page: Page<NamespaceRow>) -> impl IntoView {
    let (shown, total) = (page.items.len(), page.total);
    let content = if page.items.is_empty() {
        view! {
            <Empty title="No namespaces">
                <p>"Your account may list none. Ask for the right to list namespaces."</p>
            </Empty>
        }
        .into_any()
    } else {
        let rows = page
            .items
            .into_iter()
            .map(|row| view! { <Row row/> })
            .collect_view();
        view! { <Table caption="Namespaces" columns=COLUMNS>{rows}</Table> }.into_any()
    };
    view! {
        <section class="panel" aria-labelledby="namespaces">
            <h2 id="namespaces">"Namespaces"</h2>
            {content}
            {(shown < total).then(|| view! { <p class="more">{format!("The first {shown} of {total}.")}</p> })}
        </section>
    }
}

#[component]
fn Row(row: NamespaceRow) -> impl IntoView {
    let settings = stored(&row);
    let (tone, word) = injection(row.injection);
    let stale = row.pods.stale;
    view! {
        <tr>
            <th scope="row">{row.name}</th>
            <td><Badge tone>{word}</Badge></td>
            <td>{row.revision.unwrap_or_else(|| "–".to_owned())}</td>
            <td>{settings}</td>
            <td class="number">{row.pods.total}</td>
            <td class="number">{row.pods.injected}</td>
            <td class="number" class:attention=stale != 0>{stale}</td>
        </tr>
    }
}

/// Which levels have settings in a namespace.
fn stored(row: &NamespaceRow) -> String {
    let workloads = match row.workload_settings {
        0 => None,
        1 => Some("1 workload".to_owned()),
        n => Some(format!("{n} workloads")),
    };
    match (row.has_setting, workloads) {
        (false, None) => "none".to_owned(),
        (true, None) => "namespace".to_owned(),
        (false, Some(workloads)) => workloads,
        (true, Some(workloads)) => format!("namespace, {workloads}"),
    }
}

fn injection(state: NamespaceInjection) -> (Tone, &'static str) {
    match state {
        NamespaceInjection::Enabled => (Tone::Good, "Enabled"),
        NamespaceInjection::Disabled => (Tone::Quiet, "Disabled"),
        NamespaceInjection::Unlabelled => (Tone::Quiet, "By pod label"),
        NamespaceInjection::Ambient => (Tone::Quiet, "Ambient"),
        NamespaceInjection::ControlPlane => (Tone::Info, "Control plane"),
        NamespaceInjection::System => (Tone::Quiet, "Never"),
    }
}

#[cfg(test)]
mod tests {
    use api::mesh::PodCounts;

    use super::*;

    #[test]
    fn stored_settings_name_their_levels() {
        let mut row = NamespaceRow {
            name: "shop".to_owned(),
            injection: NamespaceInjection::Enabled,
            revision: None,
            has_setting: false,
            workload_settings: 0,
            pods: PodCounts::default(),
        };
        assert_eq!(stored(&row), "none");
        row.has_setting = true;
        assert_eq!(stored(&row), "namespace");
        row.workload_settings = 2;
        assert_eq!(stored(&row), "namespace, 2 workloads");
    }
}
