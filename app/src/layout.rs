//! What surrounds every page: top bar, side navigation, and the pages' place.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    components::{live, navigation::Navigation, theme::ThemeChoice},
    pages::{
        AnnotationsPage, ChangePage, DeploymentPage, DeploymentsPage, GlobalPage, HistoryPage, LintsPage,
        MeshPage, NamespacePage, NamespacesPage, NewWorkloadSettingPage, PodPage, PodsPage, VerifyPage,
        WorkloadSettingPage, WorkloadSettingsPage, WorkloadsPage, not_found::NotFound,
    },
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
                        <Route path=path!("/") view={Lazy::<MeshPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/sidecar-proxy-setting/global") view={Lazy::<GlobalPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/sidecar-proxy-setting/namespaces") view={Lazy::<NamespacesPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/sidecar-proxy-setting/namespaces/:namespace") view={Lazy::<NamespacePage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/sidecar-proxy-setting/workloads") view={Lazy::<WorkloadsPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/sidecar-proxy-setting/workloads/:namespace") view={Lazy::<WorkloadSettingsPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/sidecar-proxy-setting/workloads/:namespace/create") view={Lazy::<NewWorkloadSettingPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/sidecar-proxy-setting/workloads/:namespace/settings/:name") view={Lazy::<WorkloadSettingPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/lints") view={Lazy::<LintsPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/workloads/deployments") view={Lazy::<DeploymentsPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/workloads/deployments/:namespace/:name") view={Lazy::<DeploymentPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/workloads/pods") view={Lazy::<PodsPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/workloads/pods/:namespace/:name") view={Lazy::<PodPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/workloads/verify") view={Lazy::<VerifyPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/audit") view={Lazy::<HistoryPage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/audit/:id") view={Lazy::<ChangePage>::new()} ssr=ssr.clone()/>
                        <Route path=path!("/annotations") view={Lazy::<AnnotationsPage>::new()} ssr=ssr/>
                    </FlatRoutes>
                </main>
            </div>
            <announce::Announcements/>
        </Router>
    }
}

/// Our mark: a packet that goes round.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <rect x="9" y="11" width="6" height="10" rx="1.5" class="mark-proxy"/>
            <path d="M2 16h2.5c2 0 2.5-1 3-3 .8-3.4 2-6 4.5-6s3.7 2.6 4.5 6c.5 2 1 3 3 3H22" class="mark-path"/>
        </svg>
    }
}
