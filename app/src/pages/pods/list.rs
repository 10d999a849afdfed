//! The pods that the address asks for.

use crate::prelude::*;
use api::{
    Page,
    page::Order,
    pod::{PodColumn, PodQuery, PodRow, PodStateName},
};

use crate::{
    components::{
        delete_pod::Deletion,
        pod_table::{Of, PodTable},
        sort::Sorting,
    },
    routes,
    ui::{
        empty::{Empty, past_the_end},
        pager::Pager,
        table::Column,
    },
};

/// The table with its pager, or why there is none.
pub(super) fn list(answer: Signal<(PodQuery, Page<PodRow>)>, deletion: Deletion) -> AnyView {
    let empty = Memo::new(move |_| answer.with(|(_, page)| page.items.is_empty()));
    let pods = Signal::derive(move || answer.with(|(_, page)| page.items.clone()));
    let columns = Signal::derive(move || answer.with(|(asked, _)| columns(asked)));
    let content = move || {
        if empty.get() {
            return view! { {move || answer.with(|(asked, _)| nothing(asked))} };
        }
        view! {
            <PodTable pods columns of=Of::Any deletion/>
            {move || answer.with(|(asked, page)| pager(asked, page))}
        }
        .into_any()
    };
    content.into_any()
}

fn columns(asked: &PodQuery) -> Vec<Column> {
    let link = |sort| {
        routes::pods(&PodQuery {
            sort,
            cursor: None,
            ..asked.clone()
        })
    };
    let sorting = Sorting {
        asked: asked.sort,
        default: Order {
            by: PodColumn::Namespace,
            descending: false,
        },
        link: &link,
    };
    vec![
        sorting.by(Column::text("Name"), PodColumn::Name),
        sorting.by(Column::text("Namespace"), PodColumn::Namespace),
        sorting.by(Column::text("Status"), PodColumn::Status),
        sorting.by(Column::number("Restarts"), PodColumn::Restarts),
        Column::text("Sidecar"),
        sorting.by(Column::text("State"), PodColumn::State),
        sorting.by(Column::text("Owner"), PodColumn::Owner),
        sorting.age_by(Column::number("Age"), PodColumn::Created),
        sorting.by(Column::text("Node"), PodColumn::Node),
        Column::actions("Actions"),
    ]
}

fn pager(asked: &PodQuery, page: &Page<PodRow>) -> impl IntoView + use<> {
    let at = |cursor| {
        routes::pods(&PodQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| at(None));
    let next = page.next.clone().map(|next| at(Some(next)));
    view! { <Pager shown=page.items.len() total=page.total first next/> }
}

/// Why the list is empty, and the way to what is there.
fn nothing(asked: &PodQuery) -> AnyView {
    let unfiltered = PodQuery {
        sort: asked.sort,
        limit: asked.limit,
        ..PodQuery::default()
    };
    let here = PodQuery {
        cursor: None,
        ..asked.clone()
    };
    let all = routes::pods(&unfiltered);
    if asked.cursor.is_some() {
        return past_the_end(routes::pods(&here));
    }
    if here == unfiltered {
        return view! {
            <Empty title="No pods">
                <p>"The cluster runs none that your account may see. They appear here by themselves."</p>
            </Empty>
        }
        .into_any();
    }
    if here.state == Some(PodStateName::Stale) {
        return view! {
            <Empty title="No stale pods">
                <p>"Of the pods that this filter is about, none is known to run an old setting."</p>
                <p><a href=all>"Show all pods"</a></p>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="No pod matches">
            <p>"None that your account may see has all that the filter asks for."</p>
            <p><a href=all>"Show all pods"</a></p>
        </Empty>
    }
    .into_any()
}
