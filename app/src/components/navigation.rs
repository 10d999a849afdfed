//! The side navigation: the places of the console, in the hierarchy of the reference page.

use leptos::html::Nav;

use crate::prelude::*;
use leptos_router::hooks::use_location;

use crate::routes;

/// All places. On a narrow screen it is a popover that the top bar's button opens.
#[component]
pub(crate) fn Navigation() -> impl IntoView {
    let place = NodeRef::<Nav>::new();
    // A link inside changes the page without loading one: nothing else would close it.
    let close = move |_| {
        if let Some(place) = place.get_untracked() {
            let _ = place.hide_popover();
        }
    };
    view! {
        <nav id="navigation" class="side-navigation" popover="auto" aria-label="Pages" node_ref=place on:click=close>
            <Group title="Service Mesh">
                <Place to=routes::MESH exact=true>"Mesh Management"</Place>
            </Group>
            <Group title="Data Plane Component Management">
                <Place to=routes::GLOBAL under=routes::SIDECAR>"Sidecar Proxy Setting"</Place>
                <Place to=routes::LINTS>"Lints"</Place>
            </Group>
            <Group title="Workloads">
                <Place to=routes::DEPLOYMENTS>"Deployments"</Place>
                <Place to=routes::STATEFUL_SETS>"StatefulSets"</Place>
                <Place to=routes::DAEMON_SETS>"DaemonSets"</Place>
                <Place to=routes::PODS>"Pods"</Place>
                <Place to=routes::RESTARTS>"Restarts"</Place>
                <Place to=routes::VERIFY also=routes::VERIFICATIONS>"Verify"</Place>
            </Group>
            <Group title="Records">
                <Place to=routes::AUDIT>"Audit History"</Place>
                <Place to=routes::ANNOTATIONS>"Annotation Reference"</Place>
            </Group>
        </nav>
    }
}

#[component]
fn Group(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="navigation-group">
            <h2>{title}</h2>
            <ul>{children()}</ul>
        </section>
    }
}

/// A link that is marked as current on its page and on those below it.
#[component]
fn Place(
    to: &'static str,
    #[prop(optional)] under: Option<&'static str>,
    /// What belongs to it and lies beside it.
    #[prop(optional)]
    also: Option<&'static str>,
    #[prop(optional)] exact: bool,
    children: Children,
) -> impl IntoView {
    let path = use_location().pathname;
    let current = move || {
        let path = path.get();
        let below = [Some(under.unwrap_or(to)), also]
            .into_iter()
            .flatten()
            .any(|place| {
                path.strip_prefix(place)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
        if path == to {
            Some("page")
        } else {
            (below && !exact).then_some("true")
        }
    };
    // Not `A`, which would mark a link as current by its own rule too.
    view! {
        <li>
            <a href=to aria-current=current>{children()}</a>
        </li>
    }
}
