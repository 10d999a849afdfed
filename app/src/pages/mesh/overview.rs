//! The mesh at a glance.

use crate::prelude::*;
use api::{
    mesh::Mesh,
    pod::{PodQuery, PodStateName},
};

use crate::{
    components::delivery::DeliveryState,
    routes,
    ui::{
        badge::{Badge, Tone},
        notice::Notice,
    },
};

/// The mesh's name, where it is, its counts, and whether settings reach pods.
#[component]
pub(crate) fn Overview(mesh: Mesh) -> impl IntoView {
    let Mesh {
        name,
        cluster,
        root_namespace,
        namespaces,
        pods,
        delivery,
        ..
    } = mesh;
    let unready = (!cluster.ready).then(|| {
        let message = cluster
            .message
            .unwrap_or_else(|| "the first lists are not complete yet".to_owned());
        view! {
            <Notice tone=Tone::Warning title="The cluster is not fully in view">
                <p>{message}</p>
                <p class="way-out">"What this page shows may be old or incomplete until then."</p>
            </Notice>
        }
    });
    let stale = pods.stale;
    let (tone, verdict) = if stale == 0 {
        (Tone::Good, "All run their settings")
    } else {
        (Tone::Warning, "Restart to apply")
    };
    let old = routes::pods(&PodQuery {
        state: Some(PodStateName::Stale),
        ..PodQuery::default()
    });
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
                    <dd><strong>{namespaces.total}</strong>{format!("{} injected", namespaces.injected)}</dd>
                </div>
                <div>
                    <dt>"Pods"</dt>
                    <dd><strong>{pods.total}</strong>{format!("{} injected", pods.injected)}</dd>
                </div>
                <div>
                    <dt>"Stale pods"</dt>
                    <dd>
                        <strong>{stale}</strong>
                        <Badge tone>{verdict}</Badge>
                        {(stale != 0).then(|| view! { <a href=old>"Show them"</a> })}
                    </dd>
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
                    <dd>{root_namespace.unwrap_or_else(|| "not found".to_owned())}</dd>
                </div>
            </dl>
        </section>
    }
}
