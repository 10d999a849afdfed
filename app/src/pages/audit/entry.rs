//! One change.

use crate::prelude::*;
use api::{
    audit::{AuditQuery, Change, OutcomeState},
    pod::{PodQuery, PodStateName},
    verification::VerificationQuery,
};
use domain::Level;
use leptos_meta::Title;

use super::{
    Found,
    difference::difference,
    revert::{self, Reverting},
    root, words,
};
use crate::{
    components::load::Data,
    routes,
    ui::{
        badge::Badge,
        empty::Empty,
        prose::Prose,
        time::{Ago, Exactly},
    },
};

/// The page's heading: the change in words, once it is there.
pub(super) fn heading(change: Data<Found>) -> AnyView {
    view! {
        <Transition fallback=|| "Change">
            {move || match change.get() {
                Some(Ok((_, change, mesh))) => {
                    let root = root(mesh);
                    view! {
                        <Title text=words::plain(&change, root.as_deref())/>
                        <Prose text=words::what(&change, root.as_deref())/>
                    }
                    .into_any()
                }
                _ => "Change".into_any(),
            }}
        </Transition>
    }
    .into_any()
}

/// That there is no such change.
pub(super) fn none() -> AnyView {
    view! {
        <section class="panel" aria-labelledby="none">
            <h2 id="none" class="visually-hidden">"Not found"</h2>
            <Empty title="There is no such change, or you may not see it">
                <p>"You see the changes of things that you may list, in the namespaces where you may."</p>
                <p><a href=routes::AUDIT>"Go to Audit History"</a></p>
            </Empty>
        </section>
    }
    .into_any()
}

/// The change.
pub(super) fn view((_, change, mesh): Found, reverting: Reverting) -> AnyView {
    let root = root(mesh);
    let done = change.outcome.state == OutcomeState::Succeeded;
    view! {
        {facts(&change)}
        <section class="panel" aria-labelledby="difference">
            <h2 id="difference">{if done { "What changed" } else { "What was to change" }}</h2>
            {difference(&change)}
            {revert::offer(&change, root.as_deref(), reverting)}
        </section>
        {related(&change, root.as_deref())}
        {record(&change)}
    }
    .into_any()
}

fn facts(change: &Change) -> AnyView {
    let (tone, word) = words::outcome(change.outcome.state);
    let recorded = change
        .outcome
        .at
        .clone()
        .map(|at| view! { " " <span class="quiet">"recorded "<Exactly at/></span> });
    let detail = change
        .outcome
        .detail
        .clone()
        .map(|text| view! { <p><Prose text/></p> });
    let open = (change.outcome.state == OutcomeState::Pending).then(|| {
        view! { <p>"The cluster has not been heard of yet. It is read again until what came of it can be told."</p> }
    });
    let theirs = AuditQuery {
        actor: Some(change.actor.clone()),
        ..AuditQuery::default()
    };
    let outside = words::outside(change).map(|text| {
        let at = change.outside.as_ref().and_then(|outside| outside.at.clone());
        let at = at.map(|at| view! { " " <span class="quiet">"noted by the cluster "<Exactly at/></span> });
        view! { <div><dt>"Made outside"</dt><dd><Prose text/>{at}</dd></div> }
    });
    let reason = match change.reason.clone() {
        Some(reason) => view! { <span class="history-reason">{reason}</span> }.into_any(),
        None if change.outside.is_some() => view! { <span class="quiet">"Not known"</span> }.into_any(),
        None => view! { <span class="quiet">"None given"</span> }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="facts">
            <h2 id="facts" class="visually-hidden">"Who and when"</h2>
            <dl class="history-facts">
                <div><dt>"When"</dt><dd><Exactly at=change.at.clone()/>" " <span class="quiet"><Ago at=change.at.clone()/></span></dd></div>
                <div><dt>"Who"</dt><dd><a href=routes::audit(&theirs)>{change.actor.clone()}</a>{words::no_user(change)}</dd></div>
                {outside}
                {revert::reverts(change)}
                <div><dt>"Outcome"</dt><dd><Badge tone>{word}</Badge>{recorded}{detail}{open}</dd></div>
                <div><dt>"Reason"</dt><dd>{reason}</dd></div>
            </dl>
        </section>
    }
    .into_any()
}

/// How the history holds it: what proves it, and the states as they are recorded.
fn record(change: &Change) -> AnyView {
    let json = |state: &Option<serde_json::Value>| match state {
        Some(state) => {
            let text = serde_json::to_string_pretty(state).unwrap_or_default();
            view! { <pre tabindex="0" role="group" aria-label="JSON"><code>{text}</code></pre> }.into_any()
        }
        None => view! { <p class="quiet">"Nothing"</p> }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="record">
            <h2 id="record">"Record"</h2>
            <dl class="history-facts">
                <div><dt>"Change"</dt><dd><code>{change.id.clone()}</code></dd></div>
                <div>
                    <dt>"Hash"</dt>
                    <dd>
                        <code>{change.hash.clone()}</code>
                        <p class="quiet">
                            "Each record holds the hash of the one before it. As long as "<code>"sidestep audit"</code>
                            " finds the chain whole and this hash is what you noted, nobody has altered this record."
                        </p>
                    </dd>
                </div>
            </dl>
            <details class="disclosure">
                <summary>"Before and after as recorded (JSON)"</summary>
                <div class="history-raw">
                    <div><h3>"Before"</h3>{json(&change.before)}</div>
                    <div><h3>"After"</h3>{json(&change.after)}</div>
                </div>
            </details>
        </section>
    }
    .into_any()
}

/// Where to go from here.
fn related(change: &Change, root: Option<&str>) -> AnyView {
    let target = change.target.clone();
    let (namespace, name) = (target.namespace.clone(), target.name.clone());
    let same = routes::audit(&AuditQuery {
        kind: Some(target.kind),
        namespace: Some(target.namespace),
        name: Some(target.name),
        ..AuditQuery::default()
    });
    let level = words::level(change, root);
    let everywhere = level == Some(Level::Global);
    let mut links: Vec<(String, &'static str)> = Vec::new();
    if level.is_some() {
        let about = VerificationQuery {
            change: Some(change.id.clone()),
            ..VerificationQuery::default()
        };
        links.push((
            routes::verify_change((!everywhere).then_some(namespace.as_str()), &change.id),
            "Ask a pod whether it does what it should",
        ));
        links.push((routes::verifications(&about), "Verifications about this change"));
    }
    match &level {
        Some(Level::Global) => links.push((routes::GLOBAL.to_owned(), "The Global setting as it is now")),
        Some(Level::Namespace(namespace)) => {
            links.push((
                routes::namespace(namespace),
                "The namespace's setting as it is now",
            ));
        }
        Some(Level::Workload { namespace, .. }) => {
            links.push((
                routes::namespace(namespace),
                "The setting of its namespace as it is now",
            ));
        }
        // A pod that was deleted is gone; its namesake, if any, is another one.
        None if change.target.kind == "Pod" && change.outcome.state == OutcomeState::Failed => {
            links.push((routes::pod(&namespace, &name), "The pod as it is now"));
        }
        None => {}
    }
    let pods = |state| {
        routes::pods(&PodQuery {
            namespace: (!everywhere).then(|| namespace.clone()),
            state,
            ..PodQuery::default()
        })
    };
    links.push(if level.is_some() {
        (
            pods(Some(PodStateName::Stale)),
            "Pods that still run an old setting",
        )
    } else if change.target.kind == words::CONFIG_MAP {
        (routes::GLOBAL.to_owned(), "What is in force in the mesh now")
    } else {
        (pods(None), "The pods of its namespace")
    });
    links.push((same, "All changes of the same thing"));
    let links = links
        .into_iter()
        .map(|(to, words)| view! { <li><a href=to>{words}</a></li> })
        .collect_view();
    view! {
        <nav class="panel history-related" aria-labelledby="related">
            <h2 id="related">"From here"</h2>
            <ul>{links}</ul>
        </nav>
    }
    .into_any()
}
