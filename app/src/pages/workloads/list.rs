//! The workloads that the address asks for.

use crate::prelude::*;
use api::{
    Page,
    page::Order,
    pod::{PodQuery, PodStateName},
    workload::{WorkloadColumn, WorkloadKind, WorkloadQuery, WorkloadRow},
};

use super::redeploy::{Selection, tick};

use crate::{
    components::{namespace_filter::NamespaceFilter, origin::origin_words, sort::Sorting},
    routes,
    ui::{
        empty::{Empty, past_the_end},
        filter::{Choice, Filters, Kept, Search},
        pager::Pager,
        steady::steadily,
        table::{Column, Table},
        time::Ago,
    },
};

/// The filters: the query of the page's address.
#[component]
pub(crate) fn WorkloadFilters(kind: WorkloadKind, asked: Signal<WorkloadQuery>) -> impl IntoView {
    let text = move |of: fn(&WorkloadQuery) -> String| Signal::derive(move || asked.with(of));
    let stale = [("", "All"), ("true", "With stale pods"), ("false", "Without")]
        .map(|(value, word)| (value.to_owned(), word.to_owned()));
    view! {
        <Filters label=kind.names() path=routes::all_of(kind)>
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
pub(super) fn list(
    kind: WorkloadKind,
    answer: Signal<((WorkloadKind, WorkloadQuery), Page<WorkloadRow>)>,
    selection: Selection,
) -> AnyView {
    let empty = Memo::new(move |_| answer.with(|(_, page)| page.items.is_empty()));
    let rows = steadily(Signal::derive(move || {
        answer.with(|(_, page)| page.items.clone())
    }));
    let columns = Signal::derive(move || answer.with(|((_, asked), _)| columns(kind, asked)));
    let content = move || {
        if empty.get() {
            return view! { {move || answer.with(|((_, asked), _)| nothing(kind, asked))} };
        }
        view! {
            <div class="cards">
            <Table caption=kind.names() columns=columns>
                <For
                    each=move || rows.get()
                    key=|row: &WorkloadRow| [row.namespace.as_str(), &row.name].join("/")
                    children=move |first: WorkloadRow| row(first, rows, selection)
                />
            </Table>
            </div>
            {move || answer.with(|((_, asked), page)| pager(kind, asked, page))}
        }
        .into_any()
    };
    content.into_any()
}

fn columns(kind: WorkloadKind, asked: &WorkloadQuery) -> Vec<Column> {
    let link = |sort| {
        routes::workloads_of(
            kind,
            &WorkloadQuery {
                sort,
                cursor: None,
                ..asked.clone()
            },
        )
    };
    let sorting = Sorting {
        asked: asked.sort,
        default: Order {
            by: WorkloadColumn::Namespace,
            descending: false,
        },
        link: &link,
    };
    vec![
        Column::actions("Select"),
        sorting.by(Column::text("Name"), WorkloadColumn::Name),
        sorting.by(Column::text("Namespace"), WorkloadColumn::Namespace),
        sorting.by(Column::number("Ready"), WorkloadColumn::Ready),
        Column::number("Pods"),
        Column::number("Injected"),
        sorting.down_by(Column::number("Stale"), WorkloadColumn::Stale),
        Column::text("Policy in force"),
        sorting.age_by(Column::number("Age"), WorkloadColumn::Created),
        Column::actions("Actions"),
    ]
}

fn row(first: WorkloadRow, rows: Signal<Vec<WorkloadRow>>, selection: Selection) -> AnyView {
    let (namespace, name) = (first.namespace.clone(), first.name.clone());
    let workload = Memo::new(move |last: Option<&WorkloadRow>| {
        let is_this = |row: &&WorkloadRow| row.name == first.name && row.namespace == first.namespace;
        let now = rows.with(|rows| rows.iter().find(is_this).cloned());
        now.or_else(|| last.cloned()).unwrap_or_else(|| first.clone())
    });
    view! {
        <tr>
            <td class="select">{tick(selection, namespace, name)}</td>
            {move || workload.with(cells)}
        </tr>
    }
}

fn cells(row: &WorkloadRow) -> AnyView {
    let here = routes::workload(row.kind, &row.namespace, &row.name);
    let ready = row.ready < row.replicas;
    let yaml = routes::manifest(row.kind.into(), &row.namespace, &row.name);
    let label = ["View in YAML: ", &row.name].concat();
    view! {
        <th scope="row" class="name"><a href=here>{row.name.clone()}</a></th>
        <td class="name" data-label="Namespace">{row.namespace.clone()}</td>
        <td class="number" class:attention=ready data-label="Ready">{row.ready}"/"{row.replicas}</td>
        <td class="number" data-label="Pods">{row.pods.total}</td>
        <td class="number" data-label="Injected">{row.pods.injected}</td>
        <td class="number" data-label="Stale">{stale(row)}</td>
        <td data-label="Policy in force">{policy(row)}</td>
        <td class="number" data-label="Age">{row.created.clone().map(|at| view! { <Ago at/> })}</td>
        <td class="actions"><a href=yaml aria-label=label>"View in YAML"</a></td>
    }
    .into_any()
}

/// Which levels say something for its next pod.
fn policy(row: &WorkloadRow) -> AnyView {
    if !row.applies {
        return view! { <span class="more">"No effect"</span> };
    }
    if row.levels.is_empty() {
        return view! { <span class="more">"Defaults"</span> };
    }
    let levels: Vec<String> = row.levels.iter().map(|level| origin_words(level)).collect();
    levels.join(", ").into_any()
}

/// How many pods run an old setting, with the way to them.
pub(super) fn stale(row: &WorkloadRow) -> AnyView {
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

fn pager(kind: WorkloadKind, asked: &WorkloadQuery, page: &Page<WorkloadRow>) -> impl IntoView + use<> {
    let next = page.next.clone().map(|next| at(kind, asked, Some(next)));
    view! { <Pager shown=page.items.len() total=page.total first=first(kind, asked) next/> }
}

/// The first page of the list, unless this is it.
fn first(kind: WorkloadKind, asked: &WorkloadQuery) -> Option<String> {
    asked.cursor.as_ref().map(|_| at(kind, asked, None))
}

fn at(kind: WorkloadKind, asked: &WorkloadQuery, cursor: Option<String>) -> String {
    let query = WorkloadQuery {
        cursor,
        ..asked.clone()
    };
    routes::workloads_of(kind, &query)
}

/// Why the list is empty, and the way to what is there.
fn nothing(kind: WorkloadKind, asked: &WorkloadQuery) -> AnyView {
    if let Some(first) = first(kind, asked) {
        return past_the_end(first);
    }
    let unfiltered = WorkloadQuery {
        sort: asked.sort,
        limit: asked.limit,
        ..WorkloadQuery::default()
    };
    if *asked == unfiltered {
        return view! {
            <Empty title=format!("No {}", kind.names())>
                <p>"The cluster has none that your account may see. They appear here by themselves."</p>
            </Empty>
        }
        .into_any();
    }
    let all = routes::workloads_of(kind, &unfiltered);
    let (title, words) = if asked.stale == Some(true) {
        (
            "None with stale pods".to_owned(),
            format!(
                "Of the {} that this filter is about, none has a pod that is known to run an old setting.",
                kind.names()
            ),
        )
    } else {
        (
            format!("No {} matches", kind.name()),
            "None that your account may see has all that the filter asks for.".to_owned(),
        )
    };
    view! {
        <Empty title>
            <p>{words}</p>
            <p><a href=all>"Show all " {kind.names()}</a></p>
        </Empty>
    }
    .into_any()
}
