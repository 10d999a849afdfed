//! The same workloads, planned another way: a new plan takes the old one's place, since a plan does not change.

use api::{
    Client, FieldProblem, Problem,
    restart::{Command, PlanRestart, RestartOptions, RestartWindow},
};
use domain::restart::{Order, RunState};
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use crate::{
    components::refusal::refusal,
    prelude::*,
    routes,
    ui::{button::Button, prose::Prose, use_hydrated},
};

/// What is typed, as it is typed.
#[derive(Clone, Copy)]
struct Draft {
    texts: [RwSignal<String>; TEXTS.len()],
    by: RwSignal<String>,
    stop: RwSignal<bool>,
    interrupt: RwSignal<bool>,
}

/// A text of the form: where it stands in the request, its label, what is to know about it.
struct Text {
    path: &'static str,
    label: &'static str,
    help: &'static str,
}

const TEXTS: [Text; 9] = [
    text("options.maxInFlight", "Workloads at a time", "1 to 100."),
    text(
        "options.podsPerSecond",
        "Pods a second",
        "1 to 100: so many begin to be replaced.",
    ),
    text("options.waveSize", "Workloads in a wave", "Empty: no limit."),
    text(
        "options.pauseSeconds",
        "Seconds between waves",
        "At most 86400, a day.",
    ),
    text(
        "options.maxUnavailable",
        "Pods that may be missing",
        "Nothing more begins once more are. Empty: no limit.",
    ),
    text(
        "options.deadlineSeconds",
        "Seconds until a workload fails",
        "10 to 86400, without its new pods being ready.",
    ),
    text(
        "options.order.key",
        "Label that makes the waves",
        "For waves by label, such as `tier`.",
    ),
    text(
        "options.window.from",
        "Not before",
        "Such as `2026-01-31T22:00:00Z`. Empty: at once.",
    ),
    text("options.window.to", "Not from then on", "The run pauses then."),
];

const fn text(path: &'static str, label: &'static str, help: &'static str) -> Text {
    Text { path, label, help }
}

impl Draft {
    fn of(options: &RestartOptions) -> Self {
        let some = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
        let (by, key) = match &options.order {
            Order::Namespace => ("namespace", ""),
            Order::Label { key } => ("label", key.as_str()),
            Order::Together => ("together", ""),
        };
        let window = options.window.as_ref();
        let texts = [
            options.max_in_flight.to_string(),
            options.pods_per_second.to_string(),
            some(options.wave_size),
            options.pause_seconds.to_string(),
            some(options.max_unavailable.map(|most| most as usize)),
            options.deadline_seconds.to_string(),
            key.to_owned(),
            window.map(|window| window.from.clone()).unwrap_or_default(),
            window.map(|window| window.to.clone()).unwrap_or_default(),
        ];
        Self {
            texts: texts.map(RwSignal::new),
            by: RwSignal::new(by.to_owned()),
            stop: RwSignal::new(options.stop_on_failure),
            interrupt: RwSignal::new(options.allow_interruption),
        }
    }

    /// The options, or what is no number.
    fn options(self) -> Result<RestartOptions, Vec<FieldProblem>> {
        let [in_flight, pods, size, pause, missing, deadline, key, from, to] =
            self.texts.map(|text| text.get_untracked().trim().to_owned());
        let mut wrong = Vec::new();
        let mut number = |index: usize, text: &str| {
            text.parse::<u32>().unwrap_or_else(|_| {
                let message = format!("`{text}` is no whole number");
                wrong.push(FieldProblem::new(TEXTS[index].path, message));
                0
            })
        };
        let options = RestartOptions {
            max_in_flight: number(0, &in_flight) as usize,
            pods_per_second: number(1, &pods),
            wave_size: (!size.is_empty()).then(|| number(2, &size) as usize),
            pause_seconds: number(3, &pause),
            max_unavailable: (!missing.is_empty()).then(|| number(4, &missing)),
            deadline_seconds: number(5, &deadline),
            order: match self.by.get_untracked().as_str() {
                "label" => Order::Label { key },
                "together" => Order::Together,
                _ => Order::Namespace,
            },
            stop_on_failure: self.stop.get_untracked(),
            allow_interruption: self.interrupt.get_untracked(),
            window: (!from.is_empty() || !to.is_empty()).then_some(RestartWindow { from, to }),
        };
        if wrong.is_empty() { Ok(options) } else { Err(wrong) }
    }
}

/// The form. The plan whose page this is ends when there is another.
#[component]
pub(super) fn Otherwise(id: String, plan: PlanRestart) -> impl IntoView {
    let (hydrated, client, navigate) = (use_hydrated(), expect_context::<Client>(), use_navigate());
    let draft = Draft::of(&plan.options);
    let (wrong, refused) = (
        RwSignal::new(Vec::<FieldProblem>::new()),
        RwSignal::new(None::<Problem>),
    );
    let busy = RwSignal::new(false);
    let made = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(id) = made.get() {
            navigate(&routes::restart(&id), leptos_router::NavigateOptions::default());
        }
    });
    let again = move || {
        refused.set(None);
        let options = match draft.options() {
            Ok(options) => options,
            Err(mistakes) => return wrong.set(mistakes),
        };
        wrong.set(Vec::new());
        busy.set(true);
        let (client, old) = (client.clone(), id.clone());
        let plan = PlanRestart {
            options,
            ..plan.clone()
        };
        spawn_local(async move {
            let answer = client.make_restart(&plan).await;
            if answer.is_ok() {
                end_unstarted(&client, &old).await;
            }
            // The page may have been left meanwhile.
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(run) => made.set(Some(run.row.id)),
                Err(problem) if problem.errors.iter().any(is_of_the_form) => {
                    wrong.set(problem.errors);
                }
                Err(problem) => refused.set(Some(problem)),
            }
        });
    };
    view! {
        <fieldset class="restart-options" disabled=move || !hydrated.get()>
            <legend class="visually-hidden">"Options"</legend>
            <label class="reason">
                <span>"Waves"</span>
                <select prop:value=draft.by on:change=move |event| draft.by.set(event_target_value(&event))>
                    <option value="namespace">"By namespace"</option>
                    <option value="label">"By label"</option>
                    <option value="together">"All together"</option>
                </select>
            </label>
            {TEXTS.iter().zip(draft.texts).map(|(text, value)| field(text, value, wrong)).collect_view()}
        </fieldset>
        <div class="restart-ticks">
            {tick(draft.stop, "Nothing more begins once a workload has failed")}
            {tick(draft.interrupt, "Also restart workloads of which all pods would be gone for a moment")}
        </div>
        <div aria-live="polite">{move || refused.get().map(refusal)}</div>
        <div class="dialog-actions">
            <Button class="primary" busy on_press=again>
                {move || if busy.get() { "Planning…" } else { "Plan again" }}
            </Button>
        </div>
    }
}

/// Ends a plan that waits: somebody may have started it meanwhile. One that could not be ended stands in the list, and nothing
/// happens before it is started.
async fn end_unstarted(client: &Client, id: &str) {
    let waits = client
        .restart(id)
        .await
        .is_ok_and(|run| run.row.state == RunState::Planned);
    if waits {
        drop(client.command_restart(id, Command::Cancel).await);
    }
}

fn is_of_the_form(error: &FieldProblem) -> bool {
    TEXTS.iter().any(|text| text.path == error.path)
}

fn field(text: &'static Text, value: RwSignal<String>, wrong: RwSignal<Vec<FieldProblem>>) -> AnyView {
    let id = text.path.replace('.', "-");
    let (help, mistake) = ([&id, "-help"].concat(), [&id, "-mistake"].concat());
    let told = Memo::new(move |_| {
        wrong.with(|wrong| {
            let mut of = wrong.iter().filter(|it| it.path == text.path);
            of.next().map(|it| it.message.clone())
        })
    });
    view! {
        <div class="reason">
            <label for=id.clone()>{text.label}</label>
            <input
                id=id
                type="text"
                autocomplete="off"
                spellcheck="false"
                aria-invalid=move || told.with(Option::is_some).then_some("true")
                aria-describedby=[help.as_str(), " ", &mistake].concat()
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
            <span class="field-note" id=help><Prose text=text.help.to_owned()/></span>
            <div id=mistake aria-live="polite">
                {move || told.get().map(|text| view! { <p class="field-error"><Prose text/></p> })}
            </div>
        </div>
    }
}

fn tick(value: RwSignal<bool>, label: &'static str) -> AnyView {
    view! {
        <label class="tick">
            <input type="checkbox" prop:checked=value on:change=move |event| value.set(event_target_checked(&event))/>
            " " {label}
        </label>
    }
}
