//! The workloads of a plan: those that are restarted, and those that are left alone.

use api::restart::{BlockedWorkload, RestartRun, RestartWorkload};
use domain::restart::ItemState;

use super::words;
use crate::{
    components::workload::workload_name,
    prelude::*,
    routes,
    ui::{
        badge::{Badge, Tone},
        button::Button,
        prose::Prose,
        steady::land,
        table::{Column, Table},
    },
};

/// So many rows are shown at first, and more at a press: a mesh may have thousands of workloads.
const ROWS: usize = 100;

/// The plan as it stands.
type Answer = Signal<(String, RestartRun)>;

/// What is restarted.
#[component]
pub(super) fn Workloads(answer: Answer) -> impl IntoView {
    let most = RwSignal::new(ROWS);
    let total = Memo::new(move |_| answer.with(|(_, run)| run.workloads.len()));
    let shown = Memo::new(move |_| answer.with(|(_, run)| first(&run.workloads, most.get())));
    view! {
        <section class="panel" aria-labelledby="workloads">
            <h2 id="workloads">"Workloads"</h2>
            {move || table(shown.get())}
            <Rest most total/>
        </section>
    }
}

/// The first so many. Where these are not all, those that failed or are under way, then the others in the plan's order.
fn first(workloads: &[RestartWorkload], most: usize) -> Vec<RestartWorkload> {
    if workloads.len() <= most {
        return workloads.to_vec();
    }
    let is_urgent = |workload: &&RestartWorkload| {
        matches!(
            workload.state,
            ItemState::Failed | ItemState::Left | ItemState::Restarting
        )
    };
    let (urgent, others): (Vec<_>, Vec<_>) = workloads.iter().partition(is_urgent);
    urgent.into_iter().chain(others).take(most).cloned().collect()
}

/// How many of all are shown, and the way to more.
#[component]
fn Rest(most: RwSignal<usize>, total: Memo<usize>) -> impl IntoView {
    let is_part = Memo::new(move |_| total.get() > most.get());
    let show_more = move || {
        most.update(|most| *most += ROWS);
        // The button goes with the last of them.
        land();
    };
    move || {
        is_part.get().then(|| {
            view! {
                <div class="batch">
                    <Button class="small" on_press=show_more>"Show more"</Button>
                    <p class="more">{most} " of " {total} " workloads are shown."</p>
                </div>
            }
        })
    }
}

fn table(workloads: Vec<RestartWorkload>) -> AnyView {
    if workloads.is_empty() {
        return view! { <p>"No workload needs a restart, or none that can be restarted."</p> };
    }
    let columns = vec![
        Column::number("Wave"),
        Column::text("Workload"),
        Column::text("State"),
        Column::number("Pods"),
        Column::number("Stale"),
        Column::text("Why"),
        Column::text("To look at"),
    ];
    let rows = workloads.into_iter().map(row).collect_view();
    view! { <div class="cards"><Table caption="Workloads of the plan" columns=columns>{rows}</Table></div> }
}

fn row(workload: RestartWorkload) -> AnyView {
    let (tone, state) = words::item(workload.state);
    let planned = workload.planned;
    let why = if planned.stale_fields.is_empty() {
        view! { "asked for by name" }
    } else {
        let fields = planned.stale_fields.into_iter();
        fields
            .map(|field| view! { <code>{field}</code> })
            .collect_view()
            .into_any()
    };
    let remarks = planned
        .remarks
        .into_iter()
        .map(|remark| {
            let tone = if remark.warning { Tone::Warning } else { Tone::Info };
            let word = if remark.warning { "Look" } else { "Note" };
            view! { <p class="field-note"><Badge tone>{word}</Badge> " " <Prose text=remark.sentence/></p> }
        })
        .collect_view();
    let name = planned.workload;
    view! {
        <tr>
            <td class="number" data-label="Wave">{planned.wave + 1}</td>
            <th scope="row">
                {workload_name(&name.kind, &name.namespace, &name.name)} <span class="more">" in " {name.namespace.clone()}</span>
            </th>
            <td data-label="State">
                <Badge tone>{state}</Badge>
                {workload.detail.map(|why| view! { <p class="field-note"><Prose text=why/></p> })}
                {workload.change.map(|id| view! { " " <a href=routes::change(&id)>"history"</a> })}
            </td>
            <td class="number" data-label="Pods">{planned.pods}</td>
            <td class="number" data-label="Stale">{planned.stale_pods}</td>
            <td class="restart-why wide" data-label="Why">{why}</td>
            <td class="restart-reason wide">{remarks}</td>
        </tr>
    }
}

/// What needs a restart and is left alone.
#[component]
pub(super) fn LeftAlone(answer: Answer) -> impl IntoView {
    let most = RwSignal::new(ROWS);
    let total = Memo::new(move |_| answer.with(|(_, run)| run.blocked.len()));
    let shown = Memo::new(move |_| {
        answer.with(|(_, run)| run.blocked.iter().take(most.get()).cloned().collect::<Vec<_>>())
    });
    let is_empty = Memo::new(move |_| total.get() == 0);
    move || {
        (!is_empty.get()).then(|| {
            view! {
                <section class="panel" aria-labelledby="left-alone">
                    <h2 id="left-alone">"Left alone"</h2>
                    <p class="more">"These need a restart and are not restarted by this plan."</p>
                    {move || left_alone(shown.get())}
                    <Rest most total/>
                </section>
            }
        })
    }
}

fn left_alone(blocked: Vec<BlockedWorkload>) -> AnyView {
    let columns = vec![
        Column::text("Workload"),
        Column::number("Stale"),
        Column::text("Why"),
        Column::text("What to do"),
    ];
    let rows = blocked.into_iter().map(left).collect_view();
    view! { <div class="cards"><Table caption="Workloads that are left alone" columns=columns>{rows}</Table></div> }
}

fn left(it: BlockedWorkload) -> AnyView {
    let name = it.workload;
    view! {
        <tr>
            <th scope="row">
                {workload_name(&name.kind, &name.namespace, &name.name)} <span class="more">" in " {name.namespace.clone()}</span>
            </th>
            <td class="number" data-label="Stale">{it.stale_pods}</td>
            <td class="restart-reason wide" data-label="Why"><Prose text=it.why/></td>
            <td class="restart-reason wide" data-label="What to do"><Prose text=it.way_out/></td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use api::restart::{PlannedWorkload, WorkloadName};

    use super::*;

    fn workload(name: &str, state: ItemState) -> RestartWorkload {
        RestartWorkload {
            planned: PlannedWorkload {
                workload: WorkloadName {
                    kind: "Deployment".to_owned(),
                    namespace: "shop".to_owned(),
                    name: name.to_owned(),
                },
                wave: 0,
                pods: 1,
                stale_pods: 1,
                stale_fields: Vec::new(),
                remarks: Vec::new(),
            },
            state,
            detail: None,
            began: None,
            ended: None,
            change: None,
        }
    }

    #[test]
    fn of_many_workloads_those_that_failed_or_are_under_way_come_first() {
        let all = [
            workload("a", ItemState::Done),
            workload("b", ItemState::Failed),
            workload("c", ItemState::Waiting),
            workload("d", ItemState::Restarting),
        ];
        let names = |most| -> Vec<String> {
            let shown = first(&all, most).into_iter();
            shown.map(|shown| shown.planned.workload.name).collect()
        };
        assert_eq!(names(3), ["b", "d", "a"]);
        assert_eq!(names(1), ["b"]);
        // All of them stand in the plan's order, whatever becomes of them.
        assert_eq!(names(4), ["a", "b", "c", "d"]);
    }
}
