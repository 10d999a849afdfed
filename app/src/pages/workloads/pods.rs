//! A workload's own pods.

use crate::prelude::*;
use api::{
    Page, ask,
    pod::{PodQuery, PodRow},
    workload::WorkloadKind,
};

use super::Place;

use crate::{
    components::{
        delete_pod::Deletion,
        load::{Data, FollowToo},
        pod_table::{Of, PodTable},
    },
    routes,
    ui::{empty::Empty, table::Column},
};

/// What the page follows of them.
pub(super) type OwnPods = Data<(Place, Page<PodRow>)>;

/// Begins to read them.
pub(super) fn read(place: Signal<Result<Place, String>>) -> OwnPods {
    Data::about(place, |(_, namespace, name): &Place| {
        ask::pods(&query(namespace, name))
    })
}

/// The workload's own: one of another kind may have the same name.
fn own(kind: WorkloadKind, page: &Page<PodRow>) -> Vec<PodRow> {
    let is_own = |pod: &&PodRow| pod.owner.as_ref().is_some_and(|owner| owner.kind == kind.name());
    page.items.iter().filter(is_own).cloned().collect()
}

fn query(namespace: &str, name: &str) -> PodQuery {
    PodQuery {
        namespace: Some(namespace.to_owned()),
        owner: Some(name.to_owned()),
        ..PodQuery::default()
    }
}

/// The rows, with the way to more of them.
pub(super) fn pods(answer: Signal<(Place, Page<PodRow>)>, deletion: Deletion) -> AnyView {
    let empty = Memo::new(move |_| answer.with(|((kind, ..), page)| own(*kind, page).is_empty()));
    let pods = Signal::derive(move || answer.with(|((kind, ..), page)| own(*kind, page)));
    let columns = vec![
        Column::text("Name"),
        Column::text("Status"),
        Column::number("Restarts"),
        Column::text("Sidecar"),
        Column::text("State"),
        Column::number("Age"),
        Column::text("Node"),
        Column::actions("Actions"),
    ];
    let more = move || {
        answer.with(|((_, namespace, name), page)| {
            page.next.is_some().then(|| {
                let all = routes::pods(&query(namespace, name));
                view! { <p><a href=all>"Show all " {page.total} " pods"</a></p> }
            })
        })
    };
    (move || {
        if empty.get() {
            return view! {
                <Empty title="No pods">
                    <p>"It runs none now that your account may see. They appear here by themselves."</p>
                </Empty>
            }
            .into_any();
        }
        view! {
            <PodTable pods columns=columns.clone() of=Of::One deletion/>
            {move || more()}
        }
        .into_any()
    })
    .into_any()
}

/// The panel.
#[component]
pub(crate) fn Pods(data: OwnPods, deletion: Deletion) -> impl IntoView {
    view! { <FollowToo what="its pods" data view=move |answer| pods(answer, deletion)/> }
}
