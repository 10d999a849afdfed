//! The list of changes, newest first.

use api::{
    audit::{AuditQuery, Change},
    path,
};
use leptos::tachys::view::keyed::keyed;

use crate::prelude::*;

use super::{Listed, filters, root, summary::summary, words};
use crate::{
    routes,
    ui::{
        badge::Badge,
        empty::{Empty, past_the_end},
        pager::Pager,
        prose::Prose,
        table::{Column, Table},
        time::Ago,
    },
};

fn columns() -> Vec<Column> {
    vec![
        Column::text("When"),
        Column::text("Who"),
        Column::text("What"),
        Column::text("Namespace"),
        Column::text("Changed"),
        Column::text("Outcome"),
    ]
}

/// The page of the list, or why it is empty.
pub(super) fn view((asked, page, mesh): Listed) -> AnyView {
    let root = root(mesh);
    let of = |cursor| {
        routes::audit(&AuditQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| of(None));
    if page.items.is_empty() {
        return first.map_or_else(|| empty(&asked), past_the_end);
    }
    let (shown, total) = (page.items.len(), page.total);
    let next = page.next.map(|next| of(Some(next)));
    let export = path::with_query(
        path::AUDIT_EXPORT,
        &AuditQuery {
            limit: None,
            cursor: None,
            ..asked.clone()
        },
    );
    // By id, so that a new entry moves the others and takes no focus; an outcome makes the row anew.
    let rows = keyed(
        page.items,
        |change| (change.id.clone(), change.outcome.state as u8),
        move |_, change| (|_: usize| (), row(&change, root.as_deref(), &asked)),
    );
    view! {
        <Table caption="Changes, newest first" columns=columns()>{rows}</Table>
        <Pager shown total first next/>
        // The browser keeps what the API says, as it says it.
        <p class="more"><a href=export download rel="external">"Export"</a>" all "{total}", a line each as JSON"</p>
    }
    .into_any()
}

fn empty(asked: &AuditQuery) -> AnyView {
    if filters::any(asked) {
        return view! {
            <Empty title="No change matches">
                <p>"Who and name are compared as a whole, letter by letter."</p>
                <p><a href=routes::AUDIT>"Show all changes"</a></p>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty title="Nothing is recorded yet">
            <p>
                "Each setting that is saved or removed here, and each pod that is deleted, will appear with who did it, from \
                 what to what, and what came of it; so will what others change with "<code>"kubectl"</code>", in settings \
                 and in Istio's configuration."
            </p>
            <p><a href=routes::GLOBAL>"Go to Sidecar Proxy Setting"</a></p>
        </Empty>
    }
    .into_any()
}

fn row(change: &Change, root: Option<&str>, asked: &AuditQuery) -> AnyView {
    let by_actor = AuditQuery {
        actor: Some(change.actor.clone()),
        cursor: None,
        ..asked.clone()
    };
    let namespace = change.target.namespace.clone();
    let in_namespace = AuditQuery {
        namespace: Some(namespace.clone()),
        cursor: None,
        ..asked.clone()
    };
    let (tone, outcome) = words::outcome(change.outcome.state);
    let lines = summary(change)
        .into_iter()
        .map(|text| view! { <li><Prose text/></li> })
        .collect_view();
    let detail = change
        .outcome
        .detail
        .clone()
        .map(|text| view! { <p class="quiet"><Prose text/></p> });
    let outside = words::outside(change).map(|text| view! { <p class="quiet"><Prose text/></p> });
    let reason = change
        .reason
        .clone()
        .map(|reason| view! { <p class="quiet">"Reason: "{reason}</p> });
    view! {
        <tr>
            <td class="when"><Ago at=change.at.clone()/></td>
            <td class="who"><a href=routes::audit(&by_actor)>{change.actor.clone()}</a>{words::no_user(change)}</td>
            <th scope="row" class="what">
                <a href=routes::change(&change.id)><Prose text=words::what(change, root)/></a>
            </th>
            <td class="where"><a href=routes::audit(&in_namespace)>{namespace}</a></td>
            <td class="changed"><ul>{lines}</ul>{outside}{detail}{reason}</td>
            <td class="outcome"><Badge tone>{outcome}</Badge></td>
        </tr>
    }
    .into_any()
}
