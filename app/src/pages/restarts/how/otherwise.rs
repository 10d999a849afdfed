//! The same workloads, planned another way: a new plan takes the old one's place, since a plan does not change.

use api::{
    FieldProblem,
    restart::{PlanRestart, RestartOptions, RestartWindow},
};
use domain::restart::Order;

use crate::{
    components::restart::{Restart, restart},
    prelude::*,
    ui::{button::Button, prose::Prose, use_hydrated},
};

/// What is typed, as it is typed.
#[derive(Clone, Copy)]
struct Draft {
    in_flight: Text,
    pods: Text,
    wave: Text,
    pause: Text,
    missing: Text,
    deadline: Text,
    key: Text,
    from: Text,
    to: Text,
    by: RwSignal<String>,
    stop: RwSignal<bool>,
    interrupt: RwSignal<bool>,
}

/// A text of the form, and where it stands in the request.
#[derive(Clone, Copy)]
struct Text {
    path: &'static str,
    typed: RwSignal<String>,
}

impl Text {
    fn of(path: &'static str, text: impl ToString) -> Self {
        Self {
            path,
            typed: RwSignal::new(text.to_string()),
        }
    }

    fn read(self) -> String {
        self.typed.get_untracked().trim().to_owned()
    }
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
        let (from, to) = window.map_or(("", ""), |window| (&window.from, &window.to));
        Self {
            in_flight: Text::of("options.maxInFlight", options.max_in_flight),
            pods: Text::of("options.podsPerSecond", options.pods_per_second),
            wave: Text::of("options.waveSize", some(options.wave_size)),
            pause: Text::of("options.pauseSeconds", options.pause_seconds),
            missing: Text::of(
                "options.maxUnavailable",
                some(options.max_unavailable.map(|most| most as usize)),
            ),
            deadline: Text::of("options.deadlineSeconds", options.deadline_seconds),
            key: Text::of("options.order.key", key),
            from: Text::of("options.window.from", from),
            to: Text::of("options.window.to", to),
            by: RwSignal::new(by.to_owned()),
            stop: RwSignal::new(options.stop_on_failure),
            interrupt: RwSignal::new(options.allow_interruption),
        }
    }

    /// The options, or what is no number.
    fn options(self) -> Result<RestartOptions, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        let mut number = |field: Text| {
            let text = field.read();
            text.parse::<u32>().unwrap_or_else(|_| {
                let message = format!("`{text}` is no whole number");
                wrong.push(FieldProblem::new(field.path, message));
                0
            })
        };
        let mut unless_empty = |field: Text| (!field.read().is_empty()).then(|| number(field));
        let wave_size = unless_empty(self.wave).map(|size| size as usize);
        let max_unavailable = unless_empty(self.missing);
        let (from, to) = (self.from.read(), self.to.read());
        let options = RestartOptions {
            max_in_flight: number(self.in_flight) as usize,
            pods_per_second: number(self.pods),
            wave_size,
            pause_seconds: number(self.pause),
            max_unavailable,
            deadline_seconds: number(self.deadline),
            order: match self.by.get_untracked().as_str() {
                "label" => Order::Label { key: self.key.read() },
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
    let (hydrated, planning) = (use_hydrated(), restart());
    let draft = Draft::of(&plan.options);
    let no_numbers = RwSignal::new(Vec::<FieldProblem>::new());
    let wrong = Memo::new(move |_| [no_numbers.get(), planning.mistakes()].concat());
    let again = move || {
        let options = match draft.options() {
            Ok(options) => options,
            Err(mistakes) => return no_numbers.set(mistakes),
        };
        no_numbers.set(Vec::new());
        let wanted = PlanRestart {
            options,
            ..plan.clone()
        };
        planning.make(wanted, Some(id.clone()));
    };
    let busy = planning.busy();
    let field = move |text, label, help| field(text, label, help, wrong);
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
            {field(draft.in_flight, "Workloads at a time", "1 to 100.")}
            {field(draft.pods, "Pods a second", "1 to 100: so many begin to be replaced.")}
            {field(draft.wave, "Workloads in a wave", "Empty: no limit.")}
            {field(draft.pause, "Seconds between waves", "At most 86400, a day.")}
            {field(draft.missing, "Pods that may be missing", "Nothing more begins once more are. Empty: no limit.")}
            {field(draft.deadline, "Seconds until a workload fails", "10 to 86400, without its new pods being ready.")}
            {field(draft.key, "Label that makes the waves", "For waves by label, such as `tier`.")}
            {field(draft.from, "Not before", "Such as `2026-01-31T22:00:00Z`. Empty: at once.")}
            {field(draft.to, "Not from then on", "The run pauses then.")}
        </fieldset>
        <div class="restart-ticks">
            {tick(draft.stop, "Nothing more begins once a workload has failed")}
            {tick(draft.interrupt, "Also restart workloads of which all pods would be gone for a moment")}
        </div>
        <Restart plan=planning/>
        <div class="dialog-actions">
            <Button class="primary" busy on_press=again>
                {move || if busy.get() { "Planning…" } else { "Plan again" }}
            </Button>
        </div>
    }
}

fn field(text: Text, label: &'static str, help: &'static str, wrong: Memo<Vec<FieldProblem>>) -> AnyView {
    let Text { path, typed } = text;
    let id = path.replace('.', "-");
    let (note, mistake) = ([&id, "-help"].concat(), [&id, "-mistake"].concat());
    let told = Memo::new(move |_| {
        wrong.with(|wrong| {
            let mut of = wrong.iter().filter(|it| it.path == path);
            of.next().map(|it| it.message.clone())
        })
    });
    view! {
        <div class="reason">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                type="text"
                autocomplete="off"
                spellcheck="false"
                aria-invalid=move || told.with(Option::is_some).then_some("true")
                aria-describedby=[note.as_str(), " ", &mistake].concat()
                prop:value=typed
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <span class="field-note" id=note><Prose text=help.to_owned()/></span>
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
