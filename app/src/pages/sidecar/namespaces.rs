//! The namespaces to choose from: a list that needs no scripts.

use crate::prelude::*;
use api::{
    Page, ask,
    namespace::{NamespaceQuery, NamespaceRow},
};

use crate::{
    components::{
        injection::Injection,
        live::{self, Kind},
        load::{Data, Follow},
        namespace_choice::with_own_settings,
    },
    routes,
    ui::{
        badge::{Badge, Tone},
        empty::{Empty, past_the_end},
        filter::{Filters, Search},
        pager::Pager,
        query::use_url_query,
        table::{Column, Table},
    },
};

/// What a namespace is chosen for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its own setting.
    Setting,
    /// Its workload settings.
    Workloads,
}

impl Purpose {
    /// The list of all namespaces, or a part of it.
    pub(super) fn list(self, query: &NamespaceQuery) -> String {
        match self {
            Self::Setting => routes::namespaces(query),
            Self::Workloads => routes::workloads(query),
        }
    }

    /// Where a namespace leads.
    pub(super) fn to(self, namespace: &str) -> String {
        match self {
            Self::Setting => routes::namespace(namespace),
            Self::Workloads => routes::workload_settings(namespace),
        }
    }
}

/// What the list shows.
pub(super) type Namespaces = Data<(NamespaceQuery, Page<NamespaceRow>)>;

/// Begins to read the namespaces that the page's address asks for.
pub(super) fn read() -> Namespaces {
    Data::about(use_url_query::<NamespaceQuery>().into(), ask::namespaces)
}

/// The list on the page.
pub(super) fn list(purpose: Purpose, namespaces: Namespaces) -> impl IntoView {
    live::on(&[Kind::Namespaces, Kind::Settings, Kind::Pods], move || {
        namespaces.refetch();
    });
    let asked = use_url_query::<NamespaceQuery>();
    let q = Signal::derive(move || asked.get().ok().and_then(|asked| asked.q).unwrap_or_default());
    view! {
        <section class="panel" aria-labelledby="choose-namespace">
            <h2 id="choose-namespace">"Choose a namespace"</h2>
            <Filters label="Namespaces" path=match purpose { Purpose::Setting => routes::NAMESPACES, Purpose::Workloads => routes::WORKLOADS }>
                <Search name="q" label="Name contains" value=q/>
            </Filters>
            <Follow what="the namespaces" data=namespaces view={move |data| page(purpose, data)}/>
        </section>
    }
}

fn page(purpose: Purpose, data: Signal<(NamespaceQuery, Page<NamespaceRow>)>) -> AnyView {
    view! { {move || data.with(|(asked, page)| rows(purpose, asked, page))} }
}

fn rows(purpose: Purpose, asked: &NamespaceQuery, page: &Page<NamespaceRow>) -> AnyView {
    let of = |cursor| {
        purpose.list(&NamespaceQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| of(None));
    let has_root = page.items.iter().any(|row| row.is_root);
    let page = with_own_settings(page.clone());
    if page.items.is_empty() {
        if let Some(first) = first {
            return past_the_end(first);
        }
        if has_root {
            return view! {
                <Empty title="The mesh's root namespace has no setting of its own">
                    <p>"What is set there is " <a href=routes::GLOBAL>"the global setting"</a> "."</p>
                </Empty>
            };
        }
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
        match purpose {
            Purpose::Setting => Column::text("Setting"),
            Purpose::Workloads => Column::number("Workload settings"),
        },
        Column::number("Pods with a sidecar"),
        Column::number("Stale"),
    ];
    let next = page.next.clone().map(|next| of(Some(next)));
    let rows = page
        .items
        .iter()
        .map(|row| self::row(purpose, row))
        .collect_view();
    view! {
        <div class="cards"><Table caption="Namespaces" columns=columns>{rows}</Table></div>
        <Pager shown=page.items.len() total=page.total first next/>
    }
    .into_any()
}

fn row(purpose: Purpose, row: &NamespaceRow) -> impl IntoView + use<> {
    let setting = match (purpose, row.has_setting) {
        (Purpose::Workloads, _) => {
            view! { <td class="number" data-label="Workload settings">{row.workload_settings}</td> }
                .into_any()
        }
        (_, true) => {
            view! { <td data-label="Setting"><Badge tone=Tone::Info>"Stored"</Badge></td> }.into_any()
        }
        (_, false) => {
            view! { <td data-label="Setting"><span class="more">"Inherits all"</span></td> }.into_any()
        }
    };
    let stale = row.pods.stale;
    let attention = stale > 0;
    view! {
        <tr>
            <th scope="row"><a href=purpose.to(&row.name)>{row.name.clone()}</a></th>
            <td data-label="Injection"><Injection state=row.injection/></td>
            {setting}
            <td class="number" data-label="Pods with a sidecar">{row.pods.injected}</td>
            <td class="number" data-label="Stale"><span class:attention=attention>{stale}</span></td>
        </tr>
    }
}
