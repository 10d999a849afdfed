//! One plan: what it would do, how far it is, and its buttons.

use api::{
    Client, Problem,
    restart::{BlockedWorkload, Command, RestartRow, RestartRun, RestartWorkload},
};
use domain::restart::RunState;
use leptos::task::spawn_local;

use super::{
    how::{Asked, how},
    words,
};
use crate::{
    components::{refusal::refusal, workload::workload_name},
    prelude::*,
    routes,
    ui::{
        announce::use_announcer,
        badge::{Badge, Tone},
        button::Button,
        notice::Notice,
        prose::Prose,
        table::{Column, Table},
        time::Ago,
    },
};

/// The plan as it stands.
pub(super) fn run(answer: Signal<(String, RestartRun)>) -> AnyView {
    let of = move |part: fn(&RestartRun) -> RestartRow| answer.with(|(_, run)| part(run));
    let row = Memo::new(move |_| of(|run| run.row.clone()));
    let workloads = Memo::new(move |_| answer.with(|(_, run)| run.workloads.clone()));
    let blocked = Memo::new(move |_| answer.with(|(_, run)| run.blocked.clone()));
    let may_not = Memo::new(move |_| answer.with(|(_, run)| run.refused.clone()));
    let asked = Memo::new(move |_| answer.with(|(_, run)| Asked::of(run)));
    let notices = Memo::new(move |_| answer.with(|(_, run)| run.notices.clone()));
    view! {
        <section class="panel" aria-labelledby="standing">
            <h2 id="standing" class="visually-hidden">"How it stands"</h2>
            {move || standing(row.get())}
            <Buttons row may_not/>
            {move || notices.get().into_iter().map(|notice| view! { <p class="field-note"><Prose text=notice/></p> }).collect_view()}
        </section>
        {move || how(asked.get())}
        <section class="panel" aria-labelledby="workloads">
            <h2 id="workloads">"Workloads"</h2>
            {move || table(workloads.get())}
        </section>
        {move || left_alone(blocked.get())}
    }
}

fn standing(row: RestartRow) -> AnyView {
    let (tone, state) = words::run(row.state);
    let counts = row.counts;
    let over = counts.done + counts.failed + counts.skipped;
    view! {
        <p><Badge tone>{state}</Badge> " " <Prose text=words::scope(&row.scope)/></p>
        <p class="restart-progress" aria-live="polite">
            <progress max=counts.total.max(1) value=over aria-label="Progress"></progress>
            " " {words::progress(counts)}
            {row.remaining_seconds.map(|seconds| view! { ", " {words::remaining(seconds)} })}
        </p>
        {row.stopping.map(|why| view! {
            <Notice tone=Tone::Bad title="Stopped on a failure"><p><Prose text=why/></p></Notice>
        })}
        {row.detail.map(|why| view! { <p><Prose text=why/></p> })}
        {row.reason.map(|reason| view! { <p>"Reason: " {reason}</p> })}
        <p class="more">
            "Made " <Ago at=row.created/> " by " {row.created_by}
            {row.approved_by.map(|by| view! { ", approved by " {by} })}
        </p>
    }
}

/// What can be done now.
#[component]
fn Buttons(row: Memo<RestartRow>, may_not: Memo<Option<String>>) -> impl IntoView {
    let (client, announcer) = (expect_context::<Client>(), use_announcer());
    let (busy, refused) = (RwSignal::new(false), RwSignal::new(None::<Problem>));
    let state = Memo::new(move |_| row.with(|row| row.state));
    let send = move |command: Command| {
        let client = client.clone();
        let id = row.with_untracked(|row| row.id.clone());
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let answer = client.command_restart(&id, command).await;
            // The page may have been left meanwhile.
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                // What came of it arrives by itself.
                Ok(_) => announcer.say(said(command).to_owned()),
                Err(problem) => {
                    announcer.say(problem.title.clone());
                    refused.set(Some(problem));
                }
            }
        });
    };
    let off = Signal::derive(move || busy.get() || may_not.with(Option::is_some));
    let button = move |command: Command, class: &'static str| {
        let send = send.clone();
        view! { <Button class busy=off on_press=move || send(command)>{name(command)}</Button> }
    };
    let buttons = move || match state.get() {
        RunState::Planned => vec![button(Command::Start, "primary"), button(Command::Cancel, "")],
        RunState::Running => vec![button(Command::Pause, ""), button(Command::Cancel, "danger")],
        RunState::Paused => vec![
            button(Command::Resume, "primary"),
            button(Command::Cancel, "danger"),
        ],
        RunState::Succeeded | RunState::Failed | RunState::Cancelled => Vec::new(),
    };
    view! {
        <div class="restart-buttons">{buttons}</div>
        {move || may_not.get().map(|text| view! { <p class="refused"><Prose text/></p> })}
        {move || refused.get().map(refusal)}
    }
}

fn name(command: Command) -> &'static str {
    match command {
        Command::Start => "Start",
        Command::Pause => "Pause",
        Command::Resume => "Resume",
        Command::Cancel => "Cancel",
    }
}

fn said(command: Command) -> &'static str {
    match command {
        Command::Start => "The restart begins",
        Command::Pause => "Paused: nothing more begins",
        Command::Resume => "The restart goes on",
        Command::Cancel => "Cancelled: nothing more begins",
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
fn left_alone(blocked: Vec<BlockedWorkload>) -> AnyView {
    if blocked.is_empty() {
        return ().into_any();
    }
    let columns = vec![
        Column::text("Workload"),
        Column::number("Stale"),
        Column::text("Why"),
        Column::text("What to do"),
    ];
    let rows = blocked
        .into_iter()
        .map(|it| {
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
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="left-alone">
            <h2 id="left-alone">"Left alone"</h2>
            <p class="more">"These need a restart and are not restarted by this plan."</p>
            <div class="cards"><Table caption="Workloads that are left alone" columns=columns>{rows}</Table></div>
        </section>
    }
}
