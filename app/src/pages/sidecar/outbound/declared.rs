//! What decides beside the policy: what is declared in the mesh, and the `Sidecar` resources that say something else.

use api::outbound_policy::{PolicyOverride, Registry};

use crate::{
    prelude::*,
    ui::{
        prose::Prose,
        table::{Column, Table},
    },
};

/// What could not be read, so that more may be declared, or override the policy.
pub(super) fn unseen(registry: &Registry) -> AnyView {
    let lines = registry.unseen.iter().cloned();
    let lines = lines
        .map(|why| view! { <p class="field-note">"Not read: " <Prose text=why/></p> })
        .collect_view();
    view! { {lines} }
}

/// What is declared in the mesh.
pub(super) fn declared(registry: Registry) -> AnyView {
    let more = registry.hosts_total.saturating_sub(registry.hosts.len());
    let unseen = unseen(&registry);
    let hosts = registry.hosts.into_iter();
    let hosts = hosts
        .map(|host| view! { <li><code>{host}</code></li> })
        .collect_view();
    view! {
        <details class="disclosure">
            <summary>"Declared: " {registry.services} " Services, " {registry.hosts_total} " hosts of ServiceEntries"</summary>
            <ul class="changes">{hosts}</ul>
            {(more > 0).then(|| view! { <p class="field-note">"and " {more} " more"</p> })}
            {unseen}
        </details>
    }
}

/// The `Sidecar` resources that say something else.
pub(super) fn overriding(overrides: Vec<PolicyOverride>) -> AnyView {
    if overrides.is_empty() {
        return view! { <p class="more">"No " <code>"Sidecar"</code> " resource overrides it, as far as you may see them."</p> };
    }
    let columns = vec![
        Column::text("Sidecar"),
        Column::text("For"),
        Column::text("Policy"),
    ];
    let rows = overrides
        .into_iter()
        .map(|it| {
            let whom = match (it.mesh_wide, it.labels.is_empty()) {
                (true, _) => "The whole mesh".to_owned(),
                (_, true) => ["All of ", &it.namespace].concat(),
                _ => it.labels.join(", "),
            };
            view! {
                <tr>
                    <th scope="row"><code>{[&it.namespace, "/", &it.name].concat()}</code></th>
                    <td>{whom}</td>
                    <td><code>{it.mode}</code></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <h3>"Overridden by"</h3>
        <Table caption="Sidecar resources with a policy of their own" columns=columns>{rows}</Table>
    }
}
