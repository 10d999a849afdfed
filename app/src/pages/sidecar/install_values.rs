//! The level below all others: what each revision was installed with. Sidestep only reads it.

use crate::prelude::*;
use api::{
    Page, ask,
    mesh::{InstallValue, Mesh, Revision},
};

use crate::{
    components::{
        live::{self, Kind},
        load::{Data, Load},
        origin::ValueText,
    },
    ui::{
        badge::{Badge, Tone},
        prose::Prose,
        table::{Column, Table},
    },
};

/// Folded: most people never need it, and who does looks for it here.
#[component]
pub(super) fn InstallValues() -> impl IntoView {
    let mesh = Data::read(ask::meshes);
    live::on(&[Kind::Mesh], move || mesh.refetch());
    view! {
        <details class="panel injected">
            <summary><h2>"Install values"</h2></summary>
            <p class="more">
                "The lowest level: what holds where neither the global setting nor a nearer one says otherwise. Sidestep only reads it; \
                 it is changed where Istio was installed."
            </p>
            <Load what="the install values" data=mesh view=revisions/>
        </details>
    }
}

fn revisions(page: Page<Mesh>) -> AnyView {
    let revisions = page.items.into_iter().flat_map(|mesh| mesh.revisions);
    revisions.map(revision).collect_view().into_any()
}

fn revision(revision: Revision) -> impl IntoView {
    let columns = vec![Column::text("Field"), Column::text("Key"), Column::text("Value")];
    let rows = revision.install.into_iter().map(row).collect_view();
    view! {
        <h3>"Revision " {revision.name}</h3>
        <p class="more">
            "From the ConfigMap " <code>{revision.config_map}</code> " in " <code>{revision.namespace}</code> ", key " <code>"values"</code> "."
        </p>
        <Table caption="Install values" columns=columns>{rows}</Table>
    }
}

fn row(value: InstallValue) -> impl IntoView {
    let text = match value.text {
        Some(text) => view! { <ValueText text origin="builtIn"/> }.into_any(),
        None => {
            view! { <Badge tone=Tone::Bad>"Missing"</Badge> " Istio would pass on " <code>"<nil>"</code> }
                .into_any()
        }
    };
    view! {
        <tr>
            <th scope="row"><code>{value.field}</code></th>
            <td><code>"global.proxy." {value.key}</code></td>
            <td>
                {text}
                {value.invalid.map(|why| view! {
                    <p class="field-note"><Badge tone=Tone::Bad>"Refused"</Badge> " " <Prose text=why/></p>
                })}
            </td>
        </tr>
    }
}
