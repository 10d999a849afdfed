//! One change.

use crate::prelude::*;
use api::{
    audit::{Action, AuditQuery, Change, OutcomeState, Target},
    pod::{PodQuery, PodStateName},
    verification::VerificationQuery,
};
use domain::Level;
use leptos_meta::Title;

use super::{
    Found,
    diff::{Diff, Restart},
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
    let links = links(change, root)
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

/// Addresses, and what is there.
fn links(change: &Change, root: Option<&str>) -> Vec<(String, &'static str)> {
    let mut links = match words::level(change, root) {
        Some(level) => of_setting(change, &level),
        None => of_other(change),
    };
    let target = change.target.clone();
    let same = routes::audit(&AuditQuery {
        kind: Some(target.kind),
        namespace: Some(target.namespace),
        name: Some(target.name),
        ..AuditQuery::default()
    });
    links.push((same, "All changes of the same thing"));
    links
}

fn of_setting(change: &Change, level: &Level) -> Vec<(String, &'static str)> {
    let namespace = (*level != Level::Global).then_some(change.target.namespace.as_str());
    let about = VerificationQuery {
        change: Some(change.id.clone()),
        ..VerificationQuery::default()
    };
    let is_gone = change.after.is_none() && change.outcome.state == OutcomeState::Succeeded;
    let now = match level {
        Level::Global => (routes::GLOBAL.to_owned(), "The Global setting as it is now"),
        Level::Namespace(namespace) => (
            routes::namespace(namespace),
            "The namespace's setting as it is now",
        ),
        // One that is not stored has no page.
        Level::Workload { namespace, .. } if is_gone => (
            routes::workload_settings(namespace),
            "The workload settings of its namespace",
        ),
        Level::Workload { namespace, name } => (
            routes::workload_setting(namespace, name),
            "The workload setting as it is now",
        ),
    };
    vec![
        (
            routes::verify_change(namespace, &change.id),
            "Ask a pod whether it does what it should",
        ),
        (routes::verifications(&about), "Verifications about this change"),
        now,
        (
            pods(namespace, Some(PodStateName::Stale)),
            "Pods that still run an old setting",
        ),
    ]
}

fn of_other(change: &Change) -> Vec<(String, &'static str)> {
    let Target {
        kind,
        namespace,
        name,
    } = &change.target;
    if kind == words::CONFIG_MAP {
        return vec![(routes::GLOBAL.to_owned(), "What is in force in the mesh now")];
    }
    let mut links = Vec::new();
    if let Diff::Restart(Restart { plan: Some(plan), .. }) = Diff::of(change) {
        links.push((routes::restart(&plan), "The plan that it is part of"));
    }
    let is_there = match change.action {
        // Its namesake, if any, is another one.
        Action::DeletePod | Action::EvictPod => change.outcome.state == OutcomeState::Failed,
        _ => true,
    };
    match routes::owner(kind, namespace, name).filter(|_| is_there) {
        Some(pod) if kind == "Pod" => links.push((pod, "The pod as it is now")),
        Some(workload) => links.push((workload, "The workload as it is now")),
        None => links.push((pods(Some(namespace), None), "The pods of its namespace")),
    }
    links
}

fn pods(namespace: Option<&str>, state: Option<PodStateName>) -> String {
    routes::pods(&PodQuery {
        namespace: namespace.map(str::to_owned),
        state,
        ..PodQuery::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::tests::change, *};

    fn leads_to(change: &Change) -> Vec<String> {
        let links = links(change, Some("istio-system")).into_iter();
        links.map(|(to, _)| to).collect()
    }

    #[test]
    fn a_workload_setting_leads_to_itself_and_once_removed_to_the_others() {
        let mut saved = change(Action::SaveSetting, ("shop", "cart"));
        saved.after = Some(json!({ "traffic": {} }));
        let page = "/sidecar-proxy-setting/workloads/shop/settings/cart".to_owned();
        assert!(leads_to(&saved).contains(&page));
        let removed = change(Action::DeleteSetting, ("shop", "cart"));
        assert!(!leads_to(&removed).contains(&page));
        assert!(leads_to(&removed).contains(&"/sidecar-proxy-setting/workloads/shop".to_owned()));
    }

    #[test]
    fn a_restart_leads_to_its_plan_and_its_workload() {
        let mut restart = change(Action::RestartWorkload, ("shop", "cart"));
        restart.target.kind = "StatefulSet".to_owned();
        restart.after = Some(json!({ "restartedAt": "2026-11-24T02:45:19Z", "plan": "7" }));
        assert_eq!(
            leads_to(&restart)[..2],
            ["/workloads/restarts/7", "/workloads/statefulsets/shop/cart"]
        );
        // Such as one of an older version, which is none of a plan.
        restart.after = Some(json!({ "restartedAt": "2026-11-24T02:45:19Z" }));
        assert_eq!(leads_to(&restart)[0], "/workloads/statefulsets/shop/cart");
    }

    #[test]
    fn a_pod_that_was_deleted_leads_to_those_of_its_namespace() {
        let mut deleted = change(Action::DeletePod, ("shop", "cart-1"));
        assert_eq!(leads_to(&deleted)[0], "/workloads/pods?namespace=shop");
        deleted.outcome.state = OutcomeState::Failed;
        assert_eq!(leads_to(&deleted)[0], "/workloads/pods/shop/cart-1");
    }
}
