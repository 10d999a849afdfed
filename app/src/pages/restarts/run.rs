//! One plan: what it would do, how far it is, and its buttons.

use api::{
    Client, Problem,
    restart::{Command, RestartRow, RestartRun},
};
use domain::restart::RunState;
use leptos::task::spawn_local;

use super::{
    how::{Asked, how},
    table::{LeftAlone, Workloads},
    words,
};
use crate::{
    components::refusal::refusal,
    prelude::*,
    ui::{
        announce::use_announcer,
        attention::focus_soon,
        badge::{Badge, Tone},
        button::Button,
        notice::Notice,
        prose::Prose,
        time::Ago,
    },
};

/// The id of the heading above how it stands.
const STANDING: &str = "standing";

/// The plan as it stands.
pub(super) fn run(answer: Signal<(String, RestartRun)>) -> AnyView {
    let of = move |part: fn(&RestartRun) -> RestartRow| answer.with(|(_, run)| part(run));
    let row = Memo::new(move |_| of(|run| run.row.clone()));
    let may_not = Memo::new(move |_| answer.with(|(_, run)| run.refused.clone()));
    let asked = Memo::new(move |_| answer.with(|(_, run)| Asked::of(run)));
    let notices = Memo::new(move |_| answer.with(|(_, run)| run.notices.clone()));
    view! {
        <section class="panel" aria-labelledby=STANDING>
            <h2 id=STANDING class="visually-hidden" tabindex="-1">"How it stands"</h2>
            {move || standing(row.get())}
            <Buttons row may_not/>
            {move || notices.get().into_iter().map(|notice| view! { <p class="field-note"><Prose text=notice/></p> }).collect_view()}
        </section>
        {move || how(asked.get())}
        <Workloads answer/>
        <LeftAlone answer/>
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
    // Other buttons take the place of the one that was pressed.
    let pressed = StoredValue::new(false);
    Effect::new(move |before: Option<RunState>| {
        let now = state.get();
        if before.is_some_and(|before| before != now) && pressed.get_value() {
            pressed.set_value(false);
            focus_soon(STANDING.to_owned());
        }
        now
    });
    let send = move |command: Command| {
        let client = client.clone();
        let id = row.with_untracked(|row| row.id.clone());
        busy.set(true);
        pressed.set_value(true);
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
                    pressed.set_value(false);
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
