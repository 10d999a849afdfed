//! Verifications from before, and one of them on a page of its own.

use api::{
    Page, ask, path,
    verification::{Verification, VerificationQuery, VerificationRow, VerificationState},
};
use domain::verify::Verdict;
use leptos_router::hooks::use_params_map;

use super::evidence::{evidence, verdict};
use crate::{
    components::{
        live,
        load::{Data, Load},
        page::PageHeader,
    },
    prelude::*,
    routes,
    ui::{
        badge::{Badge, Tone},
        empty::{Empty, past_the_end},
        pager::Pager,
        query::use_url_query,
        table::{Column, Table},
        time::Ago,
    },
};

/// How many are shown.
const SHOWN: usize = 20;

/// The ones of a pod, or of all that may be seen.
pub(super) fn earlier(of: Memo<(String, String)>, again: Trigger) -> AnyView {
    let query = Signal::derive(move || {
        let (namespace, pod) = of.get();
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        Ok(VerificationQuery {
            namespace: given(namespace),
            pod: given(pod),
            limit: Some(SHOWN),
            ..VerificationQuery::default()
        })
    });
    let data = Data::about(query, ask::verifications);
    while_running(data, some_run);
    Effect::new(move |seen: Option<()>| {
        again.track();
        if seen.is_some() {
            data.refetch();
        }
    });
    view! {
        <section class="panel" aria-labelledby="earlier">
            <h2 id="earlier">"Earlier verifications"</h2>
            <Load what="the verifications" data view=list/>
            <p><a href=routes::verifications(&VerificationQuery::default())>"All verifications"</a></p>
        </section>
    }
}

/// All of them, as the page's address filters them.
pub(crate) fn verifications_page() -> AnyView {
    let asked = use_url_query::<VerificationQuery>();
    let data = Data::about(asked.into(), ask::verifications);
    while_running(data, some_run);
    view! {
        <PageHeader
            title="Verifications"
            trail=trail()
            lead="What pods were asked, and what it proved: evidence, which never changes.".to_owned()
        />
        <section class="panel" aria-labelledby="list">
            <h2 id="list" class="visually-hidden">"List"</h2>
            <Load what="the verifications" data view=paged/>
        </section>
    }
}

/// Reads again every few seconds while something is under way: no event tells how far it is.
fn while_running<D: 'static>(data: Data<D>, is_running: fn(&D) -> bool) {
    let running = StoredValue::new(false);
    live::poll(move || {
        // Where it could not be read, it is as it was when it was read last.
        if let Some(Ok(seen)) = data.get_untracked() {
            running.set_value(is_running(&seen));
        }
        if running.get_value() {
            data.refetch();
        }
    });
}

fn some_run((_, page): &(VerificationQuery, Page<VerificationRow>)) -> bool {
    let mut rows = page.items.iter();
    rows.any(|row| row.state == VerificationState::Running)
}

fn paged((asked, page): (VerificationQuery, Page<VerificationRow>)) -> AnyView {
    let (shown, total) = (page.items.len(), page.total);
    let at = |cursor| {
        routes::verifications(&VerificationQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| at(None));
    if shown == 0
        && let Some(first) = first
    {
        return past_the_end(first);
    }
    let next = page.next.clone().map(|next| at(Some(next)));
    view! {
        {list((asked, page))}
        <Pager shown total first next/>
    }
}

fn trail() -> Vec<(String, Option<String>)> {
    vec![
        ("Workloads".to_owned(), None),
        ("Verify".to_owned(), Some(routes::VERIFY.to_owned())),
    ]
}

fn list((_, page): (VerificationQuery, Page<VerificationRow>)) -> AnyView {
    if page.items.is_empty() {
        return view! {
            <Empty title="Nothing was asked yet">
                <p>"What a pod was asked, and what it proved, is kept here."</p>
            </Empty>
        };
    }
    let columns = vec![
        Column::text("Asked"),
        Column::text("Verdict"),
        Column::text("What"),
        Column::text("From"),
        Column::text("By"),
    ];
    let rows = page.items.into_iter().map(row).collect_view();
    view! { <div class="cards"><Table caption="Verifications, newest first" columns=columns>{rows}</Table></div> }
}

fn row(row: VerificationRow) -> AnyView {
    let (tone, word) = match row.state {
        VerificationState::Running => (Tone::Quiet, "Under way"),
        VerificationState::Interrupted => (Tone::Warning, "Interrupted"),
        VerificationState::Done => verdict(row.verdict.unwrap_or(Verdict::NotProven)),
    };
    view! {
        <tr>
            <th scope="row"><a href=routes::verification(&row.id)><Ago at=row.created/></a></th>
            <td data-label="Verdict"><Badge tone>{word}</Badge></td>
            <td class="wide" data-label="What"><code>{row.url}</code></td>
            <td class="wide" data-label="From">{row.namespace} "/" {row.pod}</td>
            <td data-label="By">{row.actor}</td>
        </tr>
    }
}

/// One, as it is kept.
pub(crate) fn verification_page() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let data = Data::about(Signal::derive(move || Ok(id.get())), |id: &String| {
        ask::verification(id)
    });
    while_running(data, |(_, seen)| seen.row.state == VerificationState::Running);
    view! {
        <PageHeader title="Verification" trail=trail()/>
        <section class="panel" aria-labelledby="evidence">
            <h2 id="evidence" class="visually-hidden">"Evidence"</h2>
            <Load what="the verification" data view=one/>
        </section>
    }
}

fn one((id, seen): (String, Verification)) -> AnyView {
    let file = ["verification-", &id, ".json"].concat();
    view! {
        {evidence(seen)}
        // The browser keeps what the API says, as it says it.
        <p><a href=path::verification(&id) download=file rel="external">"Download as JSON"</a></p>
    }
}
