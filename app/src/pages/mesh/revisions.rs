//! The mesh's control planes.

use crate::prelude::*;
use api::mesh::Revision;

use crate::ui::{
    empty::Empty,
    table::{Column, Table},
};

fn columns() -> Vec<Column> {
    vec![
        Column::text("Revision"),
        Column::text("Version"),
        Column::text("Namespace"),
        Column::text("Tags"),
        Column::text("Traffic is redirected by"),
    ]
}

/// A table of revisions, or the word that there is none, once the console is `ready` to say so.
#[component]
pub(crate) fn Revisions(revisions: Vec<Revision>, ready: bool) -> impl IntoView {
    let content = if revisions.is_empty() && !ready {
        view! {
            <Empty title="Not known yet">
                <p>"The console has not read all of the cluster yet. Control planes appear here by themselves."</p>
            </Empty>
        }
        .into_any()
    } else if revisions.is_empty() {
        view! {
            <Empty title="No control plane found">
                <p>"No Istio injector configuration was found in this cluster. Install Istio, or check that the console may read ConfigMaps in its namespace."</p>
            </Empty>
        }
        .into_any()
    } else {
        let rows = revisions
            .into_iter()
            .map(|revision| view! { <Row revision/> })
            .collect_view();
        view! {
            <div class="cards"><Table caption="Revisions" columns=columns()>{rows}</Table></div>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="revisions">
            <h2 id="revisions">"Revisions"</h2>
            {content}
        </section>
    }
}

#[component]
fn Row(revision: Revision) -> impl IntoView {
    let Revision {
        name,
        namespace,
        version,
        cni,
        tags,
        ..
    } = revision;
    let tags = if tags.is_empty() {
        "none".to_owned()
    } else {
        tags.join(", ")
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td data-label="Version">{version.unwrap_or_else(|| "not stated".to_owned())}</td>
            <td data-label="Namespace">{namespace}</td>
            <td data-label="Tags">{tags}</td>
            <td class="wide" data-label="Traffic is redirected by">{if cni { "Istio CNI plugin" } else { "istio-init container" }}</td>
        </tr>
    }
}
