//! Workloads › Restarts: plans, and what became of them.

use api::{ask, restart::RestartQuery};
use leptos_router::hooks::use_params_map;

use crate::{
    components::{
        live::{self, Kind},
        load::{Data, Follow, Load},
        page::PageHeader,
    },
    prelude::*,
    routes,
    ui::query::use_url_query,
};

mod how;
mod list;
mod run;
mod table;
mod words;

/// The list.
pub(super) fn restarts_page() -> AnyView {
    let asked = use_url_query::<RestartQuery>();
    let restarts = Data::about(asked.into(), ask::restarts);
    live::on(&[Kind::Restarts], move || restarts.refetch());
    view! {
        <PageHeader
            title="Restarts"
            trail=vec![("Workloads".to_owned(), None)]
            lead="A running pod keeps the settings it was made with. A plan says which workloads are restarted, in which order, and which cannot be.".to_owned()
        />
        <section class="panel" aria-labelledby="list">
            <h2 id="list" class="visually-hidden">"List"</h2>
            <list::Plan/>
            <Load what="the restarts" data=restarts view=list::list/>
        </section>
    }
}

/// One plan, and what became of it.
pub(super) fn restart_page() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let run = Data::about(Signal::derive(move || Ok(id.get())), |id: &String| {
        ask::restart(id)
    });
    let look = move || {
        // One that is not there never comes.
        if !run.is_gone() {
            run.refetch();
        }
    };
    // Of each workload that moves, not of each pod: a run may have thousands.
    live::on(&[Kind::Restarts], look);
    live::or_poll(look);
    let trail = vec![
        ("Workloads".to_owned(), None),
        ("Restarts".to_owned(), Some(routes::RESTARTS.to_owned())),
    ];
    view! {
        <PageHeader title="Restart" trail/>
        <Follow what="the restart" data=run view=run::run/>
    }
}
