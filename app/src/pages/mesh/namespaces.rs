//! The cluster's namespaces as the mesh sees them.

use crate::prelude::*;
use api::{
    Page, ask,
    namespace::{NamespaceQuery, NamespaceRow},
    pod::{PodQuery, PodStateName},
};

use crate::{
    components::{
        injection::Injection,
        live::{self, Kind},
        load::{Data, Load},
    },
    routes,
    ui::{
        empty::{Empty, past_the_end},
        filter::{Filters, Search},
        pager::Pager,
        table::{Column, Table},
    },
};

fn columns() -> Vec<Column> {
    vec![
        Column::text("Namespace"),
        Column::text("Injection"),
        Column::text("Revision"),
        Column::text("Stored settings"),
        Column::number("Pods"),
        Column::number("Injected"),
        Column::number("Stale"),
    ]
}

/// The list, as the page's address asks for it.
#[derive(Clone, Copy)]
pub(super) struct Namespaces {
    query: Memo<Result<NamespaceQuery, String>>,
    page: Data<(NamespaceQuery, Page<NamespaceRow>)>,
}

impl Namespaces {
    /// Begins to read.
    pub(super) fn read(query: Memo<Result<NamespaceQuery, String>>) -> Self {
        let page = Data::about(query.into(), ask::namespaces);
        Self { query, page }
    }

    /// The list on the page.
    pub(super) fn view(self) -> impl IntoView {
        let Self { query, page } = self;
        let asked = Memo::new(move |_| query.get().unwrap_or_default());
        live::on(&[Kind::Namespaces, Kind::Settings, Kind::Pods], move || {
            page.refetch();
        });
        view! {
            <section class="panel" aria-labelledby="namespaces">
                <h2 id="namespaces">"Namespaces"</h2>
                <Filters label="Namespaces" path=routes::MESH>
                    <Search name="q" label="Name contains" value=Signal::derive(move || asked.get().q.unwrap_or_default())/>
                </Filters>
                <Load what="the namespaces" data=page view=list/>
            </section>
        }
    }
}

fn list((asked, page): (NamespaceQuery, Page<NamespaceRow>)) -> AnyView {
    let of = |cursor| {
        routes::mesh(&NamespaceQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| of(None));
    if page.items.is_empty() {
        if let Some(first) = first {
            return past_the_end(first);
        }
        let searched = asked.q.is_some();
        return view! {
            <Empty title="No namespaces">
                <p>
                    {if searched {
                        "None that you may see has this in its name."
                    } else {
                        "Your account may list none. Ask for the right to list namespaces."
                    }}
                </p>
            </Empty>
        }
        .into_any();
    }
    let (shown, total) = (page.items.len(), page.total);
    let next = page.next.map(|next| of(Some(next)));
    let rows = page
        .items
        .into_iter()
        .map(|row| view! { <Row row/> })
        .collect_view();
    view! {
        <div class="cards"><Table caption="Namespaces" columns=columns()>{rows}</Table></div>
        <Pager shown total first next/>
    }
    .into_any()
}

#[component]
fn Row(row: NamespaceRow) -> impl IntoView {
    let settings = stored(&row);
    let stale = row.pods.stale;
    let pods = |state| {
        routes::pods(&PodQuery {
            namespace: Some(row.name.clone()),
            state,
            ..PodQuery::default()
        })
    };
    let (all, old, here) = (
        pods(None),
        pods(Some(PodStateName::Stale)),
        routes::setting_of(&row.name, row.is_root),
    );
    view! {
        <tr>
            <th scope="row"><a href=here>{row.name}</a></th>
            <td data-label="Injection"><Injection state=row.injection/></td>
            <td data-label="Revision">{row.revision.unwrap_or_else(|| "–".to_owned())}</td>
            <td data-label="Stored settings">{settings}</td>
            <td class="number" data-label="Pods"><a href=all>{row.pods.total}</a></td>
            <td class="number" data-label="Injected">{row.pods.injected}</td>
            <td class="number" data-label="Stale">
                {if stale == 0 {
                    view! { "0" }.into_any()
                } else {
                    view! { <a class="attention" href=old>{stale}</a> }.into_any()
                }}
            </td>
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
    if row.is_root {
        return if row.has_setting { "global" } else { "none" }.to_owned();
    }
    match (row.has_setting, workloads) {
        (false, None) => "none".to_owned(),
        (true, None) => "namespace".to_owned(),
        (false, Some(workloads)) => workloads,
        (true, Some(workloads)) => format!("namespace, {workloads}"),
    }
}

#[cfg(test)]
mod tests {
    use api::{mesh::PodCounts, namespace::NamespaceInjection};

    use super::*;

    #[test]
    fn stored_settings_name_their_levels() {
        let mut row = NamespaceRow {
            name: "shop".to_owned(),
            is_root: false,
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
        row.is_root = true;
        assert_eq!(stored(&row), "global");
    }
}
