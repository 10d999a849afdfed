//! Lints: what is remarkable in the whole mesh.

use crate::prelude::*;
use api::{
    ask,
    lint::{LintQuery, Lints, Severity},
};

use crate::{
    components::{
        live::{self, Kind},
        load::{Data, Follow},
        namespace_filter::NamespaceFilter,
        page::PageHeader,
        remarks::Remarks,
    },
    routes,
    ui::{
        badge::Tone,
        empty::{Empty, past_the_end},
        filter::{Choice, Filters, Search},
        notice::Notice,
        pager::Pager,
        prose::Prose,
        query::use_url_query,
    },
};

const SEVERITIES: [(&str, &str, Severity); 3] = [
    ("error", "Error", Severity::Error),
    ("warning", "Warning", Severity::Warning),
    ("info", "Info", Severity::Info),
];

/// The page.
pub(super) fn lints_page() -> AnyView {
    let asked = use_url_query::<LintQuery>();
    let lints = Data::about(asked.into(), ask::lints);
    live::on(&[Kind::Pods, Kind::Workloads, Kind::Settings], move || {
        lints.refetch();
    });
    let text = move |of: fn(LintQuery) -> Option<String>| {
        Signal::derive(move || asked.get().ok().and_then(of).unwrap_or_default())
    };
    let mut severities = vec![(String::new(), "All".to_owned())];
    severities.extend(SEVERITIES.map(|(value, words, _)| (value.to_owned(), words.to_owned())));
    let word = |severity| {
        SEVERITIES
            .into_iter()
            .find(|(.., of)| *of == severity)
            .map(|(value, ..)| value.to_owned())
    };
    view! {
        <PageHeader
            title="Lints"
            trail=vec![("Data Plane Component Management".to_owned(), None)]
            lead="What does not do what it seems to do, and what breaks: settings, workloads and mTLS, judged together.".to_owned()
        />
        <section class="panel" aria-labelledby="lints">
            <h2 id="lints" class="visually-hidden">"Lints"</h2>
            <Filters label="Lints" path=routes::LINTS>
                <NamespaceFilter value=text(|asked| asked.namespace)/>
                <Choice name="severity" label="Severity" options=severities value=Signal::derive(move || {
                    asked.get().ok().and_then(|asked| asked.severity).and_then(word).unwrap_or_default()
                })/>
                <Search name="q" label="Name contains" value=text(|asked| asked.q)/>
            </Filters>
            <Follow what="the lints" data=lints view=list/>
        </section>
    }
    .into_any()
}

fn list(data: Signal<(LintQuery, Lints)>) -> AnyView {
    view! { {move || data.with(|(asked, lints)| page(asked, lints))} }
}

fn page(asked: &LintQuery, lints: &Lints) -> AnyView {
    let unseen = (!lints.unseen.is_empty()).then(|| {
        let unseen = lints.unseen.iter().cloned();
        let unseen = unseen
            .map(|line| view! { <li><Prose text=line/></li> })
            .collect_view();
        view! {
            <Notice tone=Tone::Warning title="Some remarks are missing">
                <ul>{unseen}</ul>
            </Notice>
        }
    });
    let at = |cursor| {
        routes::lints(&LintQuery {
            cursor,
            ..asked.clone()
        })
    };
    let first = asked.cursor.as_ref().map(|_| at(None));
    if lints.items.is_empty() {
        if let Some(first) = first {
            return past_the_end(first);
        }
        let is_filtered = *asked != LintQuery::default();
        let words = if is_filtered {
            "Nothing that this filter is about is remarkable."
        } else {
            "Every setting does what it says, as far as your account may see."
        };
        return view! {
            {unseen}
            <Empty title="Nothing remarkable">
                <p>{words}</p>
                {is_filtered.then(|| view! { <p><a href=routes::LINTS>"Show all"</a></p> })}
            </Empty>
        }
        .into_any();
    }
    let next = lints.next.clone().map(|next| at(Some(next)));
    view! {
        {unseen}
        <Remarks lints=lints.items.clone() about=true/>
        <Pager shown=lints.items.len() total=lints.total first next/>
    }
    .into_any()
}
