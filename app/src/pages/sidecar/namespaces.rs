//! The namespaces to choose from: a list that needs no scripts.

use api::{
    Page, ask,
    namespace::{NamespaceQuery, NamespaceRow},
};
use leptos::prelude::*;

use crate::{
    components::{
        injection::Injection,
        live::{self, Kind},
        load::{Data, Follow},
    },
    routes,
    ui::{
        badge::{Badge, Tone},
        empty::Empty,
        filter::{Filters, Search},
        pager::Pager,
        query::use_url_query,
        table::{Column, Table},
    },
};

/// What the list shows.
pub(super) type Namespaces = Data<(NamespaceQuery, Page<NamespaceRow>)>;

/// Begins to read the namespaces that the page's address asks for.
pub(super) fn read() -> Namespaces {
    Data::about(use_url_query::<NamespaceQuery>().into(), ask::namespaces)
}

/// The list on the page.
pub(super) fn list(namespaces: Namespaces) -> impl IntoView {
    live::on(&[Kind::Namespaces, Kind::Settings, Kind::Pods], move || {
        namespaces.refetch();
    });
    let asked = use_url_query::<NamespaceQuery>();
    let q = Signal::derive(move || asked.get().ok().and_then(|asked| asked.q).unwrap_or_default());
    view! {
        <section class="panel" aria-labelledby="choose-namespace">
            <h2 id="choose-namespace">"Choose a namespace"</h2>
            <Filters label="Namespaces" path=routes::NAMESPACES>
                <Search name="q" label="Name contains" value=q/>
            </Filters>
            <Follow what="the namespaces" data=namespaces view=page/>
        </section>
    }
}

fn page(data: Signal<(NamespaceQuery, Page<NamespaceRow>)>) -> AnyView {
    (move || data.with(|(asked, page)| rows(asked, page))).into_any()
}

fn rows(asked: &NamespaceQuery, page: &Page<NamespaceRow>) -> AnyView {
    if page.items.is_empty() {
        let why = if asked.q.is_some() {
            "None that you may see has this in its name."
        } else {
            "Your account may list none. Ask for the right to list namespaces."
        };
        return view! { <Empty title="No namespaces"><p>{why}</p></Empty> }.into_any();
    }
    let columns = vec![
        Column::text("Namespace"),
        Column::text("Injection"),
        Column::text("Setting"),
        Column::number("Pods with a sidecar"),
        Column::number("Stale"),
    ];
    let of = |cursor| {
        routes::namespaces(&NamespaceQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| of(None));
    let next = page.next.clone().map(|next| of(Some(next)));
    let rows = page.items.iter().map(row).collect_view();
    view! {
        <Table caption="Namespaces" columns=columns>{rows}</Table>
        <Pager shown=page.items.len() total=page.total first next/>
    }
    .into_any()
}

fn row(row: &NamespaceRow) -> impl IntoView + use<> {
    let setting = if row.has_setting {
        view! { <Badge tone=Tone::Info>"Stored"</Badge> }.into_any()
    } else {
        view! { <span class="more">"Inherits all"</span> }.into_any()
    };
    let stale = row.pods.stale;
    let attention = stale > 0;
    view! {
        <tr>
            <th scope="row"><a href=routes::namespace(&row.name)>{row.name.clone()}</a></th>
            <td><Injection state=row.injection/></td>
            <td>{setting}</td>
            <td class="number">{row.pods.injected}</td>
            <td class="number"><span class:attention=attention>{stale}</span></td>
        </tr>
    }
}
