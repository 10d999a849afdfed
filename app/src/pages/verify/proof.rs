//! *Ask the pod itself*: a request that is really sent, and what it proves.

use std::time::Duration;

use api::{
    Client, Problem, json,
    trace::TraceQuery,
    verification::{AskVerification, RegistryOnly, ToConfirm, Verification, VerificationState},
};
use leptos::task::spawn_local;

use super::{earlier::earlier, evidence::evidence};
use crate::{
    components::refusal::refusal,
    prelude::*,
    routes,
    ui::{
        announce::{Announcer, use_announcer},
        badge::Tone,
        button::Button,
        dialog::Dialog,
        notice::Notice,
        prose::{Prose, capitalised},
        use_hydrated,
    },
};

/// How often it is looked how far one is.
const EVERY: Duration = Duration::from_millis(400);
/// When it is looked again after it could not be read.
const AGAIN: Duration = Duration::from_secs(2);

/// What is shown of it.
#[derive(Clone, Copy)]
struct Shown {
    now: RwSignal<Option<Verification>>,
    /// Why it is not known how far it is; it is asked again.
    unknown: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
    refused: RwSignal<Option<Problem>>,
    confirm: RwSignal<Option<ToConfirm>>,
    open: RwSignal<bool>,
    again: Trigger,
    announcer: Announcer,
}

/// The second part of the page.
#[component]
pub(super) fn Proof(
    asked: Memo<Result<TraceQuery, String>>,
    /// The change that is to be proven.
    change: Memo<Option<String>>,
) -> impl IntoView {
    let of = Memo::new(move |_| {
        asked.with(|asked| {
            let asked = asked.as_ref().ok();
            asked.map_or_else(Default::default, |asked| {
                (asked.namespace.clone(), asked.pod.clone())
            })
        })
    });
    let again = Trigger::new();
    let ask = move || {
        let (namespace, pod) = of.get();
        if namespace.is_empty() || pod.is_empty() {
            return view! { <p class="field-note">"Say above which pod is meant, by namespace and name."</p> };
        }
        let url = asked.with_untracked(|asked| asked.as_ref().map(address).unwrap_or_default());
        view! { <Ask namespace pod url change again/> }
    };
    view! {
        <section class="panel proof" aria-labelledby="live">
            <h2 id="live">"Ask the pod itself"</h2>
            <p>
                "One request is really sent from inside the pod, with your right to run commands there. What Envoy counted meanwhile and "
                "the answer say whether it went through Envoy, round it, or was blocked by it."
            </p>
            {move || change.get().map(|id| view! {
                <p>"What comes of it stands with " <a href=routes::change(&id)>"the change that it is to prove"</a> "."</p>
            })}
            {ask}
        </section>
        {earlier(of, again)}
    }
}

/// The question above, as a URL.
fn address(asked: &TraceQuery) -> String {
    let host = asked.address.as_deref().unwrap_or_default().trim();
    if host.is_empty() {
        return String::new();
    }
    let host = if host.contains(':') {
        ["[", host, "]"].concat()
    } else {
        host.to_owned()
    };
    match asked.port.trim() {
        "" | "80" => ["http://", &host, "/"].concat(),
        "443" => ["https://", &host, "/"].concat(),
        port => ["http://", &host, ":", port, "/"].concat(),
    }
}

#[component]
fn Ask(
    namespace: String,
    pod: String,
    url: String,
    change: Memo<Option<String>>,
    again: Trigger,
) -> impl IntoView {
    let (hydrated, client) = (use_hydrated(), expect_context::<Client>());
    let (url, meanwhile, debug) = (
        RwSignal::new(url),
        RwSignal::new(None::<RegistryOnly>),
        RwSignal::new(false),
    );
    let shown = Shown {
        now: RwSignal::new(None),
        unknown: RwSignal::new(None),
        busy: RwSignal::new(false),
        refused: RwSignal::new(None),
        confirm: RwSignal::new(None),
        open: RwSignal::new(false),
        again,
        announcer: use_announcer(),
    };
    let send = Callback::new(move |confirm: Option<String>| {
        let question = AskVerification {
            namespace: namespace.clone(),
            pod: pod.clone(),
            url: url.get_untracked().trim().to_owned(),
            debug_container: debug.get_untracked(),
            registry_only: meanwhile.get_untracked(),
            change: change.get_untracked(),
            confirm,
            ..AskVerification::default()
        };
        begin(client.clone(), question, shown);
    });
    // Said once, however often it is asked in vain.
    let away = Memo::new(move |_| shown.unknown.get());
    let close = move || shown.open.set(false);
    let dialog = move || {
        let confirm = shown.confirm.get()?;
        let words = confirm.confirm;
        Some(view! {
            <ul>{confirm.effects.into_iter().map(|text| view! { <li><Prose text/></li> }).collect_view()}</ul>
            <div class="dialog-actions">
                <Button on_press=close>"Cancel"</Button>
                <Button
                    class="danger"
                    on_press=move || {
                        shown.open.set(false);
                        send.run(Some(words.clone()));
                    }
                >
                    "Block it meanwhile, and ask"
                </Button>
            </div>
        })
    };
    view! {
        <fieldset disabled=move || !hydrated.get()>
            <legend class="visually-hidden">"Request"</legend>
            <label class="reason">
                <span>"URL"</span>
                <input
                    type="text"
                    inputmode="url"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="http://47.100.20.144/productpage"
                    prop:value=url
                    on:input=move |event| url.set(event_target_value(&event))
                />
            </label>
            <div class="policy-options" role="radiogroup" aria-label="Outbound Traffic Policy meanwhile">
                {option(meanwhile, None, "As it is", "Nothing is changed.")}
                {option(
                    meanwhile,
                    Some(RegistryOnly::Workload),
                    "REGISTRY_ONLY for this workload",
                    "By a Sidecar for it alone, removed at the end. What the workload needs and nothing declares is blocked meanwhile.",
                )}
                {option(
                    meanwhile,
                    Some(RegistryOnly::Mesh),
                    "REGISTRY_ONLY for the mesh",
                    "The policy of all workloads, put back at the end. What any of them needs and nothing declares is blocked meanwhile.",
                )}
            </div>
            <label class="tick">
                <input type="checkbox" prop:checked=debug on:change=move |event| debug.set(event_target_checked(&event))/>
                " Add a container for debugging if none has curl or wget: it stays until the pod ends"
            </label>
            <div class="dialog-actions">
                <Button class="primary" busy=shown.busy on_press=move || send.run(None)>
                    {move || if shown.busy.get() { "Asking…" } else { "Ask" }}
                </Button>
            </div>
        </fieldset>
        <div aria-live="polite">
            {move || shown.refused.get().map(refused)}
            {move || away.get().map(unknown)}
            {move || shown.now.get().map(evidence)}
        </div>
        <Dialog id="confirm-verification" title="Block traffic meanwhile?" open=shown.open on_close=close>{move || dialog()}</Dialog>
    }
}

/// A refusal, with each field's mistake.
fn refused(problem: Problem) -> AnyView {
    let one = problem.errors.len() == 1;
    let lines = problem.errors.iter().filter(|_| !one);
    let lines = lines
        .map(|error| view! { <li><Prose text=error.message.clone()/></li> })
        .collect_view();
    if one {
        let text = problem
            .errors
            .first()
            .map(|error| error.message.clone())
            .unwrap_or_default();
        return view! { <Notice tone=Tone::Bad title=problem.title><p><Prose text/></p></Notice> };
    }
    view! {
        <ul>{lines}</ul>
        {refusal(problem)}
    }
}

/// That it cannot be read now how far it is.
fn unknown(problem: Problem) -> AnyView {
    let title = if problem.is("console-unreachable") {
        "The console does not answer".to_owned()
    } else {
        problem.title
    };
    view! {
        <Notice tone=Tone::Warning title>
            <p>"How far it is cannot be told now. It is asked again until it can."</p>
        </Notice>
    }
}

fn option(
    meanwhile: RwSignal<Option<RegistryOnly>>,
    value: Option<RegistryOnly>,
    title: &'static str,
    words: &'static str,
) -> AnyView {
    let chosen = move || meanwhile.get() == value;
    view! {
        <label data-chosen=move || chosen().then_some("true")>
            <input type="radio" name="meanwhile" prop:checked=chosen on:change=move |_| meanwhile.set(value)/>
            <span>{title} <span class="policy-words">{words}</span></span>
        </label>
    }
}

fn begin(client: Client, question: AskVerification, shown: Shown) {
    shown.busy.set(true);
    shown.refused.set(None);
    shown.unknown.set(None);
    shown.now.set(None);
    spawn_local(async move {
        match client.verify(&question).await {
            Ok(begun) => follow(client, begun, shown),
            Err(problem) => {
                // The page may have been left meanwhile.
                if shown.busy.try_set(false).is_some() {
                    return;
                }
                let confirm = problem.current.clone().filter(|_| problem.is("unconfirmed"));
                if let Some(confirm) = confirm.and_then(|confirm| json::read_value(confirm).ok()) {
                    shown.confirm.set(Some(confirm));
                    shown.open.set(true);
                } else {
                    shown.announcer.say(problem.title.clone());
                    shown.refused.set(Some(problem));
                }
            }
        }
    });
}

/// Looks again until it is over.
fn follow(client: Client, seen: Verification, shown: Shown) {
    let (id, is_over) = (seen.row.id.clone(), seen.row.state != VerificationState::Running);
    let said = seen.row.sentence.clone();
    if shown.now.try_set(Some(seen)).is_some() {
        return;
    }
    if shown.unknown.with_untracked(Option::is_some) {
        shown.unknown.set(None);
    }
    if is_over {
        shown.busy.set(false);
        shown.again.notify();
        return shown.announcer.say(capitalised(said.unwrap_or_default()));
    }
    look(client, id, shown, EVERY);
}

/// Looks at it after a pause.
fn look(client: Client, id: String, shown: Shown, pause: Duration) {
    set_timeout(
        move || {
            spawn_local(async move {
                match client.verification(&id).await {
                    Ok(seen) => follow(client, seen, shown),
                    // A refusal is an answer; all else leaves open how far it is.
                    Err(problem) if problem.status >= 500 => {
                        if shown.unknown.try_set(Some(problem)).is_none() {
                            look(client, id, shown, AGAIN);
                        }
                    }
                    Err(problem) => {
                        if shown.busy.try_set(false).is_none() {
                            // Nothing more is heard of it here.
                            shown.now.set(None);
                            shown.unknown.set(None);
                            shown.refused.set(Some(problem));
                            shown.again.notify();
                        }
                    }
                }
            });
        },
        pause,
    );
}
