//! What surrounds every page: top bar, side navigation, and the pages' place.

use std::sync::Arc;

use crate::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    PossibleRouteMatch, SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    components::{live, navigation::Navigation, theme::ThemeChoice},
    pages::{Page, not_found::NotFound},
    routes,
    ui::{announce, time},
};

/// The whole console. It reads nothing itself: the server also runs it without a request, to list the routes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    announce::provide();
    time::provide();
    live::provide();
    // Pages are rendered whole: they then say the same without scripts, and their data is a moment away.
    let ssr = SsrMode::Async;
    view! {
        <Title formatter=|title: String| format!("{title} · Sidestep")/>
        <Router>
            // `external`: the browser's own, which moves the focus; the router would only change the address.
            <a class="skip-link" href="#content" rel="external">"Skip to content"</a>
            <header class="top-bar">
                <button type="button" class="menu-button" popovertarget="navigation">"Menu"</button>
                <a href=routes::MESH class="brand">
                    <Mark/>
                    "Sidestep"
                </a>
                <live::LiveState/>
                <ThemeChoice/>
            </header>
            <div class="frame">
                <Navigation/>
                <main id="content" tabindex="-1">
                    <FlatRoutes fallback=NotFound>
                        <Route path=at(path!("/")) view=Page::Mesh ssr=ssr.clone()/>
                        <Route path=at(path!("/sidecar-proxy-setting/global")) view=Page::Global ssr=ssr.clone()/>
                        <Route path=at(path!("/sidecar-proxy-setting/namespaces")) view=Page::Namespaces ssr=ssr.clone()/>
                        <Route path=at(path!("/sidecar-proxy-setting/namespaces/:namespace")) view=Page::Namespace ssr=ssr.clone()/>
                        <Route path=at(path!("/sidecar-proxy-setting/workloads")) view=Page::Workloads ssr=ssr.clone()/>
                        <Route path=at(path!("/sidecar-proxy-setting/workloads/:namespace")) view=Page::WorkloadSettings ssr=ssr.clone()/>
                        <Route path=at(path!("/sidecar-proxy-setting/workloads/:namespace/create")) view=Page::NewWorkloadSetting ssr=ssr.clone()/>
                        <Route path=at(path!("/sidecar-proxy-setting/workloads/:namespace/settings/:name")) view=Page::WorkloadSetting ssr=ssr.clone()/>
                        <Route path=at(path!("/lints")) view=Page::Lints ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/deployments")) view=Page::Deployments ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/deployments/:namespace/:name")) view=Page::Deployment ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/statefulsets")) view=Page::StatefulSets ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/statefulsets/:namespace/:name")) view=Page::StatefulSet ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/daemonsets")) view=Page::DaemonSets ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/daemonsets/:namespace/:name")) view=Page::DaemonSet ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/pods")) view=Page::Pods ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/pods/:namespace/:name")) view=Page::Pod ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/:kind/:namespace/:name/yaml")) view=Page::Manifest ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/verifications")) view=Page::Verifications ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/verify/:id")) view=Page::Verification ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/restarts")) view=Page::Restarts ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/restarts/:id")) view=Page::Restart ssr=ssr.clone()/>
                        <Route path=at(path!("/workloads/verify")) view=Page::Verify ssr=ssr.clone()/>
                        <Route path=at(path!("/audit")) view=Page::History ssr=ssr.clone()/>
                        <Route path=at(path!("/audit/:id")) view=Page::Change ssr=ssr.clone()/>
                        <Route path=at(path!("/annotations")) view=Page::Annotations ssr=ssr/>
                    </FlatRoutes>
                </main>
            </div>
            <announce::Announcements/>
        </Router>
    }
}

/// A path as one type for all of them: a route is compiled for each type of path that there is.
fn at(path: impl PossibleRouteMatch + Send + Sync + 'static) -> Arc<dyn PossibleRouteMatch + Send + Sync> {
    Arc::new(path)
}

/// Our mark: a packet that goes round.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <rect x="9" y="11" width="6" height="10" rx="1.5" class="mark-proxy"/>
            <path d="M2 16h2.5c2 0 2.5-1 3-3 .8-3.4 2-6 4.5-6s3.7 2.6 4.5 6c.5 2 1 3 3 3H22" class="mark-path"/>
        </svg>
    }
}
