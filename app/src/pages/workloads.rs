//! Workloads › Deployments, StatefulSets, DaemonSets.

use crate::prelude::*;
use api::{
    Client, ask,
    workload::{WorkloadKind, WorkloadQuery},
};
use leptos_router::hooks::use_params_map;

use crate::{
    components::{
        access,
        delete_pod::{DeletePod, Deletion},
        live::{self, Kind},
        load::{Data, Follow},
        page::{Crumb, PageHeader},
    },
    routes,
    ui::query::use_url_query,
};

mod detail;
mod events;
mod list;
mod pods;
mod redeploy;

use self::{
    detail::detail,
    list::{WorkloadFilters, list},
    redeploy::{BatchRedeploy, Selection},
};

/// A workload: its kind, its namespace, its name.
type Place = (WorkloadKind, String, String);

/// The list of a kind.
pub(super) fn list_page(kind: WorkloadKind) -> AnyView {
    let asked = use_url_query::<WorkloadQuery>();
    let question = Signal::derive(move || asked.get().map(|query| (kind, query)));
    let workloads = Data::about(question, |(kind, query)| ask::workloads(*kind, query));
    live::on(&[Kind::Workloads, Kind::Pods, Kind::Settings], move || {
        workloads.refetch();
    });
    let selection = Selection::new(kind);
    let lead = format!(
        "How many of a {}'s pods have a sidecar, how many of those still run an old setting, and which levels are in force \
         for the next one.",
        kind.name()
    );
    view! {
        <PageHeader title=kind.names() trail=vec![("Workloads".to_owned(), None)] lead/>
        <section class="panel" aria-labelledby="list">
            <h2 id="list" class="visually-hidden">"List"</h2>
            <WorkloadFilters kind asked=Signal::derive(move || asked.get().unwrap_or_default())/>
            <BatchRedeploy selection/>
            <Follow what=the(kind, true) data=workloads view=move |answer| list(kind, answer, selection)/>
        </section>
    }
}

/// One workload.
pub(super) fn page(kind: WorkloadKind) -> AnyView {
    let params = use_params_map();
    let place = Memo::new(move |_| {
        params.with(|params| {
            (
                params.get("namespace").unwrap_or_default(),
                params.get("name").unwrap_or_default(),
            )
        })
    });
    let whole = Signal::derive(move || {
        let (namespace, name) = place.get();
        Ok((kind, namespace, name))
    });
    let workload = Data::about(whole, |(kind, namespace, name): &Place| {
        ask::workload(*kind, namespace, name)
    });
    let pods = pods::read(whole);
    let rights = access::rights(place);
    let client = expect_context::<Client>();
    let look = Action::new(move |(namespace, name): &(String, String)| {
        let (client, namespace, name) = (client.clone(), namespace.clone(), name.clone());
        async move {
            let query = WorkloadQuery {
                namespace: Some(namespace),
                q: Some(name.clone()),
                ..WorkloadQuery::default()
            };
            let found = client.workloads(kind, &query).await;
            if found.is_ok_and(|page| page.items.iter().any(|workload| workload.name == name)) {
                workload.refetch();
            }
        }
    });
    live::on(&[Kind::Workloads, Kind::Pods, Kind::Settings], move || {
        if workload.is_gone() {
            // One of the same name may come. What is not there is not asked for: the browser would note an error each time.
            look.dispatch(place.get());
        } else {
            workload.refetch();
            pods.refetch();
        }
    });
    let deletion = Deletion::new();
    let title = Signal::derive(move || place.get().1);
    let trail: Vec<Crumb> = vec![
        ("Workloads".to_owned(), None),
        (kind.names().to_owned(), Some(routes::all_of(kind).to_owned())),
    ];
    let gone = move || {
        let (namespace, name) = place.get();
        detail::gone(kind, namespace, name)
    };
    let yaml = move || {
        place.with(|(namespace, name)| {
            view! { <a class="button" href=routes::manifest(kind.into(), namespace, name)>"View in YAML"</a> }
        })
    };
    view! {
        <PageHeader title trail>
            <Transition fallback=yaml>{move || (!workload.shows_none()).then(yaml)}</Transition>
        </PageHeader>
        <Follow what=the(kind, false) data=workload gone view=move |answer| detail(answer, pods, rights, deletion)/>
        <DeletePod deletion on_done=move || pods.refetch()/>
    }
}

/// The kind in the middle of a sentence.
const fn the(kind: WorkloadKind, many: bool) -> &'static str {
    match (kind, many) {
        (WorkloadKind::Deployment, true) => "the Deployments",
        (WorkloadKind::Deployment, false) => "the Deployment",
        (WorkloadKind::StatefulSet, true) => "the StatefulSets",
        (WorkloadKind::StatefulSet, false) => "the StatefulSet",
        (WorkloadKind::DaemonSet, true) => "the DaemonSets",
        (WorkloadKind::DaemonSet, false) => "the DaemonSet",
    }
}
