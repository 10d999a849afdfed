//! Workloads › Deployments.

use crate::prelude::*;
use api::{Client, ask, deployment::DeploymentQuery, manifest::ManifestKind};
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
mod list;
mod pods;

use self::{
    detail::detail,
    list::{DeploymentFilters, list},
};

/// The list.
pub(super) fn deployments_page() -> AnyView {
    let asked = use_url_query::<DeploymentQuery>();
    let deployments = Data::about(asked.into(), ask::deployments);
    live::on(&[Kind::Deployments, Kind::Pods, Kind::Settings], move || {
        deployments.refetch();
    });
    view! {
        <PageHeader
            title="Deployments"
            trail=vec![("Workloads".to_owned(), None)]
            lead="How many of a Deployment's pods have a sidecar, and how many of those still run an old setting.".to_owned()
        />
        <section class="panel" aria-labelledby="list">
            <h2 id="list" class="visually-hidden">"List"</h2>
            <DeploymentFilters asked=Signal::derive(move || asked.get().unwrap_or_default())/>
            <Follow what="the Deployments" data=deployments view=list/>
        </section>
    }
    .into_any()
}

/// One Deployment.
pub(super) fn deployment_page() -> AnyView {
    let params = use_params_map();
    let place = Memo::new(move |_| {
        params.with(|params| {
            (
                params.get("namespace").unwrap_or_default(),
                params.get("name").unwrap_or_default(),
            )
        })
    });
    let deployment = Data::about(Signal::derive(move || Ok(place.get())), |(namespace, name)| {
        ask::deployment(namespace, name)
    });
    let pods = pods::read(place);
    let rights = access::rights(place);
    let client = expect_context::<Client>();
    let look = Action::new(move |(namespace, name): &(String, String)| {
        let (client, namespace, name) = (client.clone(), namespace.clone(), name.clone());
        async move {
            let query = DeploymentQuery {
                namespace: Some(namespace),
                q: Some(name.clone()),
                ..DeploymentQuery::default()
            };
            let found = client.deployments(&query).await;
            if found.is_ok_and(|page| page.items.iter().any(|deployment| deployment.name == name)) {
                deployment.refetch();
            }
        }
    });
    live::on(&[Kind::Deployments, Kind::Pods, Kind::Settings], move || {
        if deployment.is_gone() {
            // One of the same name may come. What is not there is not asked for: the browser would note an error each time.
            look.dispatch(place.get());
        } else {
            deployment.refetch();
            pods.refetch();
        }
    });
    let deletion = Deletion::new();
    let title = Signal::derive(move || place.get().1);
    let trail: Vec<Crumb> = vec![
        ("Workloads".to_owned(), None),
        ("Deployments".to_owned(), Some(routes::DEPLOYMENTS.to_owned())),
    ];
    let gone = move || {
        let (namespace, name) = place.get();
        detail::gone(namespace, name)
    };
    view! {
        <PageHeader title trail>
            {move || place.with(|(namespace, name)| view! {
                <a class="button" href=routes::manifest(ManifestKind::Deployments, namespace, name)>"View in YAML"</a>
            })}
        </PageHeader>
        <Follow what="the Deployment" data=deployment gone view=move |answer| detail(answer, pods, rights, deletion)/>
        <DeletePod deletion on_done=move || pods.refetch()/>
    }
    .into_any()
}
