//! The plans that there are, and a new one.

use api::{
    Page,
    restart::{RestartQuery, RestartRow, Scope},
};

use super::words;
use crate::{
    components::restart::{Restart, restart},
    prelude::*,
    routes,
    ui::{
        badge::Badge,
        button::Button,
        empty::{Empty, past_the_end},
        pager::Pager,
        prose::Prose,
        table::{Column, Table},
        time::Ago,
    },
};

/// Makes a plan for everything that is stale.
#[component]
pub(super) fn Plan() -> impl IntoView {
    let plan = restart();
    view! {
        <div class="dialog-actions">
            <Button busy=plan.busy() on_press=move || plan.plan(Scope::Stale)>"Plan a restart of everything stale"</Button>
        </div>
        <Restart plan/>
    }
}

/// The table.
pub(super) fn list((asked, page): (RestartQuery, Page<RestartRow>)) -> AnyView {
    let of = |cursor| {
        routes::restarts(&RestartQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| of(None));
    if page.items.is_empty() {
        if let Some(first) = first {
            return past_the_end(first);
        }
        return view! {
            <Empty title="No restarts">
                <p>"Nothing was planned yet. After an update of settings, its page offers to restart the workloads that it reaches."</p>
            </Empty>
        };
    }
    let columns = vec![
        Column::text("Made"),
        Column::text("State"),
        Column::text("What"),
        Column::text("Progress"),
        Column::text("By"),
    ];
    let rows = page.items.iter().map(row).collect_view();
    let next = page.next.map(|next| of(Some(next)));
    view! {
        <div class="cards"><Table caption="Restarts, newest first" columns=columns>{rows}</Table></div>
        <Pager shown=page.items.len() total=page.total first next/>
    }
}

fn row(row: &RestartRow) -> AnyView {
    let (tone, state) = words::run(row.state);
    let by = row.approved_by.as_ref().unwrap_or(&row.created_by).clone();
    view! {
        <tr>
            <th scope="row"><a href=routes::restart(&row.id)><Ago at=row.created.clone()/></a></th>
            <td data-label="State"><Badge tone>{state}</Badge></td>
            <td class="wide" data-label="What"><Prose text=words::scope(&row.scope)/></td>
            <td data-label="Progress">{words::progress(row.counts)}</td>
            <td data-label="By">{by}</td>
        </tr>
    }
}
