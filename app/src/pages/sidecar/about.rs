//! What bypassing costs, and which level reaches what.

use crate::prelude::*;

use crate::ui::{
    badge::Tone,
    notice::Notice,
    table::{Column, Table},
};

/// Both beside the form.
#[component]
pub(super) fn About() -> impl IntoView {
    view! {
        <aside class="about-bypass" aria-label="About bypassing the sidecar">
            <Important/>
            <Scopes/>
        </aside>
    }
}

#[component]
fn Important() -> impl IntoView {
    view! {
        <Notice tone=Tone::Warning title="Important">
            <p>"Traffic that goes round the sidecar loses what the mesh does for it:"</p>
            <ul>
                <li>"mutual TLS, and the policies that rest on it"</li>
                <li>"load balancing and routing rules"</li>
                <li>"retries, timeouts and circuit breaking"</li>
                <li>"metrics, traces and access logs"</li>
            </ul>
            <p>"Bypass only what needs none of these, such as a database that encrypts its own connections, or a bulk transfer that costs too much time."</p>
        </Notice>
    }
}

#[component]
fn Scopes() -> impl IntoView {
    let columns = vec![
        Column::text("Scope"),
        Column::text("Where"),
        Column::text("Overrides"),
    ];
    view! {
        <section class="panel scopes">
            <h2>"Which level wins"</h2>
            <p>"Field by field, the nearest level that says something replaces all others. Nothing is added up."</p>
            <Table caption="Scopes of settings" columns=columns>
                <tr>
                    <th scope="row">"Global"</th>
                    <td>"The tab " <em>"global"</em></td>
                    <td>"The install values and Istio's defaults"</td>
                </tr>
                <tr>
                    <th scope="row">"Namespace"</th>
                    <td>"The tab " <em>"Namespace"</em></td>
                    <td>"Global"</td>
                </tr>
                <tr>
                    <th scope="row">"Workload"</th>
                    <td>"The tab " <em>"Workload"</em>", by label selector"</td>
                    <td>"Namespace"</td>
                </tr>
                <tr>
                    <th scope="row">"Pod"</th>
                    <td>"Annotations on the pod template"</td>
                    <td>"All of them"</td>
                </tr>
            </Table>
        </section>
    }
}
