//! The mesh at a glance.

use crate::prelude::*;
use api::{
    mesh::{Mesh, PodCounts},
    pod::{PodQuery, PodStateName},
};

use crate::{
    components::{
        delivery::DeliveryState,
        page::{trouble, unseen},
    },
    routes,
    ui::badge::{Badge, Tone},
};

/// Said in place of what the first lists will tell.
const UNREAD: &str = "Not known yet";

/// The mesh's name, where it is, its counts, and whether settings reach pods.
#[component]
pub(crate) fn Overview(mesh: Mesh) -> impl IntoView {
    let Mesh {
        name,
        cluster,
        root_namespace,
        revisions,
        namespaces,
        pods,
        delivery,
    } = mesh;
    // Without a revision nothing can be judged, and whether there is none is not known either.
    let unread = !cluster.ready && revisions.is_empty();
    let unready = unseen(&cluster).map(trouble);
    let stale = if unread {
        UNREAD.into_any()
    } else {
        stale(pods, cluster.ready)
    };
    let absent = if unread { "not known yet" } else { "not found" };
    view! {
        <section class="panel" aria-labelledby="mesh">
            <div class="panel-title">
                <h2 id="mesh"><a href=routes::GLOBAL>{name}</a></h2>
                <a class="button primary" href=routes::GLOBAL>"Manage"</a>
            </div>
            {unready}
            <DeliveryState delivery/>
            <dl class="counts">
                <div>
                    <dt>"Namespaces"</dt>
                    <dd>{counted(namespaces.total, namespaces.injected, unread)}</dd>
                </div>
                <div>
                    <dt>"Pods"</dt>
                    <dd>{counted(pods.total, pods.injected, unread)}</dd>
                </div>
                <div>
                    <dt>"Stale pods"</dt>
                    <dd>{stale}</dd>
                </div>
            </dl>
            <dl class="facts">
                <div><dt>"API server"</dt><dd><code>{cluster.server}</code></dd></div>
                <div>
                    <dt>"Kubernetes"</dt>
                    <dd>{cluster.version.unwrap_or_else(|| "not known yet".to_owned())}</dd>
                </div>
                <div>
                    <dt>"Root namespace"</dt>
                    <dd>{root_namespace.unwrap_or_else(|| absent.to_owned())}</dd>
                </div>
            </dl>
        </section>
    }
}

fn counted(total: usize, injected: usize, unread: bool) -> AnyView {
    if unread && total == 0 {
        return UNREAD.into_any();
    }
    view! { <strong>{total}</strong>{format!("{injected} injected")} }.into_any()
}

/// How many pods run an old setting, of how many that cannot be told, and the ways to them.
fn stale(pods: PodCounts, ready: bool) -> AnyView {
    let PodCounts { stale, unknown, .. } = pods;
    let those = |state| {
        routes::pods(&PodQuery {
            state: Some(state),
            ..PodQuery::default()
        })
    };
    let verdict = verdict(pods, ready).map(|(tone, words)| view! { <Badge tone>{words}</Badge> });
    let old = (stale > 0).then(|| view! { <a href=those(PodStateName::Stale)>"Show them"</a> });
    let unjudged = (unknown > 0).then(|| {
        let words = format!("{unknown} cannot be judged");
        view! { <a href=those(PodStateName::Unknown)>{words}</a> }
    });
    view! {
        <strong>{stale}</strong>
        {verdict}
        {old}
        {unjudged}
    }
    .into_any()
}

/// What the counts come to; nothing where that cannot be said of every pod with a sidecar.
fn verdict(pods: PodCounts, ready: bool) -> Option<(Tone, &'static str)> {
    if pods.stale > 0 {
        Some((Tone::Warning, "Restart to apply"))
    } else {
        let all_judged = ready && pods.injected > 0 && pods.unknown == 0;
        all_judged.then_some((Tone::Good, "All run their settings"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_praised_only_where_all_of_them_were_judged() {
        let praised = Some((Tone::Good, "All run their settings"));
        let warned = Some((Tone::Warning, "Restart to apply"));
        for (injected, stale, unknown, ready, expected) in [
            (3, 0, 0, true, praised),
            (3, 0, 0, false, None),
            (0, 0, 0, true, None),
            (3, 0, 1, true, None),
            (3, 1, 0, true, warned),
            (3, 1, 1, false, warned),
        ] {
            let pods = PodCounts {
                total: 4,
                injected,
                stale,
                unknown,
            };
            assert_eq!(verdict(pods, ready), expected, "{pods:?}, ready: {ready}");
        }
    }
}
