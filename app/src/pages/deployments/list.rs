//! The Deployments that the address asks for.

use crate::prelude::*;
use api::{
    Page,
    deployment::{DeploymentColumn, DeploymentQuery, DeploymentRow},
    manifest::ManifestKind,
    page::Order,
    pod::{PodQuery, PodStateName},
};

use crate::{
    components::{namespace_filter::NamespaceFilter, sort::Sorting},
    routes,
    ui::{
        empty::Empty,
        filter::{Choice, Filters, Kept, Search},
        pager::Pager,
        steady::steadily,
        table::{Column, Table},
        time::Ago,
    },
};

/// The filters: the query of the page's address.
#[component]
pub(crate) fn DeploymentFilters(asked: Signal<DeploymentQuery>) -> impl IntoView {
    let text = move |of: fn(&DeploymentQuery) -> String| Signal::derive(move || asked.with(of));
    let stale = [("", "All"), ("true", "With stale pods"), ("false", "Without")]
        .map(|(value, word)| (value.to_owned(), word.to_owned()));
    view! {
        <Filters label="Deployments" path=routes::DEPLOYMENTS>
            <Search name="q" label="Name contains" value=text(|asked| asked.q.clone().unwrap_or_default())/>
            <NamespaceFilter value=text(|asked| asked.namespace.clone().unwrap_or_default())/>
            <Choice
                name="stale"
                label="Stale pods"
                options=stale.to_vec()
                value=text(|asked| asked.stale.map(|stale| stale.to_string()).unwrap_or_default())
            />
            <Kept name="sort" value=text(|asked| asked.sort.map(|sort| sort.to_string()).unwrap_or_default())/>
            <Kept name="limit" value=text(|asked| asked.limit.map(|limit| limit.to_string()).unwrap_or_default())/>
        </Filters>
    }
}

/// The table with its pager, or why there is none.
pub(super) fn list(answer: Signal<(DeploymentQuery, Page<DeploymentRow>)>) -> AnyView {
    let empty = Memo::new(move |_| answer.with(|(_, page)| page.items.is_empty()));
    let rows = steadily(Signal::derive(move || {
        answer.with(|(_, page)| page.items.clone())
    }));
    let columns = Signal::derive(move || answer.with(|(asked, _)| columns(asked)));
    let content = move || {
        if empty.get() {
            return view! { {move || answer.with(|(asked, _)| nothing(asked))} };
        }
        view! {
            <Table caption="Deployments" columns=columns>
                <For
                    each=move || rows.get()
                    key=|row: &DeploymentRow| [row.namespace.as_str(), &row.name].join("/")
                    children=move |first: DeploymentRow| row(first, rows)
                />
            </Table>
            {move || answer.with(|(asked, page)| pager(asked, page))}
        }
        .into_any()
    };
    content.into_any()
}

fn columns(asked: &DeploymentQuery) -> Vec<Column> {
    let link = |sort| {
        routes::deployments(&DeploymentQuery {
            sort,
            cursor: None,
            ..asked.clone()
        })
    };
    let sorting = Sorting {
        asked: asked.sort,
        default: Order {
            by: DeploymentColumn::Namespace,
            descending: false,
        },
        link: &link,
    };
    vec![
        sorting.by(Column::text("Name"), DeploymentColumn::Name),
        sorting.by(Column::text("Namespace"), DeploymentColumn::Namespace),
        sorting.by(Column::number("Ready"), DeploymentColumn::Ready),
        Column::number("Pods"),
        Column::number("Injected"),
        sorting.down_by(Column::number("Stale"), DeploymentColumn::Stale),
        sorting.age_by(Column::number("Age"), DeploymentColumn::Created),
        Column::actions("Actions"),
    ]
}

fn row(first: DeploymentRow, rows: Signal<Vec<DeploymentRow>>) -> AnyView {
    let deployment = Memo::new(move |last: Option<&DeploymentRow>| {
        let is_this = |row: &&DeploymentRow| row.name == first.name && row.namespace == first.namespace;
        let now = rows.with(|rows| rows.iter().find(is_this).cloned());
        now.or_else(|| last.cloned()).unwrap_or_else(|| first.clone())
    });
    view! { <tr>{move || deployment.with(cells)}</tr> }.into_any()
}

fn cells(row: &DeploymentRow) -> AnyView {
    let here = routes::deployment(&row.namespace, &row.name);
    let ready = row.ready < row.replicas;
    let yaml = routes::manifest(ManifestKind::Deployments, &row.namespace, &row.name);
    let label = ["View in YAML: ", &row.name].concat();
    view! {
        <th scope="row" class="name"><a href=here>{row.name.clone()}</a></th>
        <td class="name">{row.namespace.clone()}</td>
        <td class="number" class:attention=ready>{row.ready}"/"{row.replicas}</td>
        <td class="number">{row.pods.total}</td>
        <td class="number">{row.pods.injected}</td>
        <td class="number">{stale(row)}</td>
        <td class="number">{row.created.clone().map(|at| view! { <Ago at/> })}</td>
        <td class="actions"><a href=yaml aria-label=label>"View in YAML"</a></td>
    }
    .into_any()
}

/// How many pods run an old setting, with the way to them.
pub(super) fn stale(row: &DeploymentRow) -> AnyView {
    let number = row.pods.stale;
    if number == 0 {
        return view! { <span class="more">"0"</span> }.into_any();
    }
    let pods = routes::pods(&PodQuery {
        namespace: Some(row.namespace.clone()),
        owner: Some(row.name.clone()),
        state: Some(PodStateName::Stale),
        ..PodQuery::default()
    });
    let words = format!("Stale pods of {}: {number}", row.name);
    view! { <a class="attention" href=pods aria-label=words>{number}</a> }.into_any()
}

fn pager(asked: &DeploymentQuery, page: &Page<DeploymentRow>) -> impl IntoView + use<> {
    let at = |cursor| {
        routes::deployments(&DeploymentQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| at(None));
    let next = page.next.clone().map(|next| at(Some(next)));
    view! { <Pager shown=page.items.len() total=page.total first next/> }
}

/// Why the list is empty, and the way to what is there.
fn nothing(asked: &DeploymentQuery) -> AnyView {
    let unfiltered = DeploymentQuery {
        sort: asked.sort,
        limit: asked.limit,
        ..DeploymentQuery::default()
    };
    if *asked == unfiltered {
        return view! {
            <Empty title="No Deployments">
                <p>"The cluster has none that your account may see. They appear here by themselves."</p>
            </Empty>
        }
        .into_any();
    }
    let all = routes::deployments(&unfiltered);
    let (title, words) = if asked.stale == Some(true) {
        (
            "None with stale pods",
            "Of the Deployments that this filter is about, every pod runs what is in force.",
        )
    } else {
        (
            "No Deployment matches",
            "None that your account may see has all that the filter asks for.",
        )
    };
    view! {
        <Empty title>
            <p>{words}</p>
            <p><a href=all>"Show all Deployments"</a></p>
        </Empty>
    }
    .into_any()
}
