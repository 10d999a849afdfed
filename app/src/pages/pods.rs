//! Workloads › Pods.

use crate::prelude::*;
use api::{Client, ask, manifest::ManifestKind, pod::PodQuery};
use leptos_router::hooks::use_params_map;

use crate::{
    components::{
        access,
        delete_pod::{DeletePod, Deleted, Deletion},
        live::{self, Kind},
        load::{Data, Follow},
        page::{Crumb, PageHeader},
    },
    routes,
    ui::query::use_url_query,
};

mod detail;
mod filters;
mod list;

use self::{detail::detail, filters::PodFilters, list::list};

/// The list.
pub(super) fn pods_page() -> AnyView {
    let asked = use_url_query::<PodQuery>();
    let pods = Data::about(asked.into(), ask::pods);
    live::on(&[Kind::Pods, Kind::Settings], move || pods.refetch());
    let deletion = Deletion::new();
    view! {
        <PageHeader
            title="Pods"
            trail=vec![("Workloads".to_owned(), None)]
            lead="What each pod runs, against the setting in force for the next one in its place. A pod keeps what it was \
                  made with: delete a stale one, and its owner makes a new one.".to_owned()
        />
        <section class="panel" aria-labelledby="list">
            <h2 id="list" class="visually-hidden">"List"</h2>
            <PodFilters asked=Signal::derive(move || asked.get().unwrap_or_default())/>
            <Deleted deletion/>
            <Follow what="the pods" data=pods view=move |answer| list(answer, deletion)/>
        </section>
        <DeletePod deletion on_done=move || pods.refetch()/>
    }
    .into_any()
}

/// One pod.
pub(super) fn pod_page() -> AnyView {
    let params = use_params_map();
    let place = Memo::new(move |_| {
        params.with(|params| {
            (
                params.get("namespace").unwrap_or_default(),
                params.get("name").unwrap_or_default(),
            )
        })
    });
    let pod = Data::about(Signal::derive(move || Ok(place.get())), |(namespace, name)| {
        ask::pod(namespace, name)
    });
    let delivery = detail::undelivered(place);
    let rights = access::rights(place);
    let client = expect_context::<Client>();
    let look = Action::new(move |(namespace, name): &(String, String)| {
        let (client, namespace, name) = (client.clone(), namespace.clone(), name.clone());
        async move {
            let query = PodQuery {
                namespace: Some(namespace),
                q: Some(name.clone()),
                ..PodQuery::default()
            };
            let found = client.pods(&query).await;
            if found.is_ok_and(|page| page.items.iter().any(|pod| pod.name == name)) {
                pod.refetch();
            }
        }
    });
    live::on(&[Kind::Pods, Kind::Settings, Kind::Workloads], move || {
        if pod.is_gone() {
            // One of the same name may come, as a StatefulSet's do. What is not there is not asked for: the browser
            // would note an error each time.
            look.dispatch(place.get());
        } else {
            pod.refetch();
        }
    });
    live::on(&[Kind::Mesh], move || delivery.refetch());
    let deletion = Deletion::new();
    let title = Signal::derive(move || place.get().1);
    let trail: Vec<Crumb> = vec![
        ("Workloads".to_owned(), None),
        ("Pods".to_owned(), Some(routes::PODS.to_owned())),
    ];
    let gone = move || {
        let (namespace, name) = place.get();
        detail::gone(namespace, name)
    };
    let yaml = move || {
        place.with(|(namespace, name)| {
            view! { <a class="button" href=routes::manifest(ManifestKind::Pods, namespace, name)>"View in YAML"</a> }
        })
    };
    view! {
        <PageHeader title trail>
            <Transition fallback=yaml>{move || (!pod.shows_none()).then(yaml)}</Transition>
        </PageHeader>
        <Deleted deletion/>
        <Follow what="the pod" data=pod gone view=move |answer| detail(answer, delivery, rights, deletion)/>
        <DeletePod deletion on_done=move || pod.refetch()/>
    }
    .into_any()
}
