//! The section *Outbound Traffic Policy* of the tab *global*: what the mesh does with a destination that nothing in it
//! declares.

use api::{
    Client, Precondition, Problem, ask,
    outbound_policy::{
        OutboundPolicy, PolicyChoice, Registry, RevisionPolicy, SaveOutboundPolicy, TakenState,
    },
};
use leptos::task::spawn_local;

use crate::{
    components::{
        guard::{Guard, Guarded},
        live::{self, Kind},
        load::{Data, Load},
        owner::Owned,
        reason::reason_field,
        refusal::refusal,
        snippet::{Diff, Snippets},
    },
    prelude::*,
    routes,
    ui::{
        announce::use_announcer,
        attention::focus_soon,
        badge::{Badge, Tone},
        button::Button,
        notice::Notice,
        prose::Prose,
        use_hydrated,
    },
};

mod declared;

use self::declared::{declared, overriding, unseen};

/// What is said where a choice cannot be written.
const UNCHANGEABLE: &str = "Sidestep does not change this text";

/// The section.
#[component]
pub(super) fn Outbound(guard: Guard) -> impl IntoView {
    let policy = Data::read(ask::outbound_policy);
    view! {
        <details class="panel setting-section" open>
            <summary><h2>"Outbound Traffic Policy"</h2></summary>
            <p class="more">
                "What a sidecar does with a destination that no Service and no ServiceEntry declares. It holds for all \
                 proxies of a revision, also in pods that run already: nothing needs a restart."
            </p>
            <Load what="the Outbound Traffic Policy" data=policy view=move |policy| section(guard, policy)/>
        </details>
    }
}

fn section(guard: Guard, policy: OutboundPolicy) -> AnyView {
    let state = RwSignal::new(policy);
    let client = expect_context::<Client>();
    // What is shown is replaced, not the elements: a choice that was made and a reason that was typed stay.
    // Of two reads, or a read and a write, the one that was begun last counts.
    let begun = StoredValue::new(0_u32);
    live::on(&[Kind::Mesh], move || {
        let client = client.clone();
        let number = begin(begun);
        spawn_local(async move {
            if let Ok(now) = client.outbound_policy().await
                && begun.try_get_value() == Some(number)
            {
                state.try_set(now);
            }
        });
    });
    let names = Memo::new(move |_| {
        state.with(|policy| {
            let revisions = policy.revisions.iter();
            revisions
                .map(|revision| revision.revision.clone())
                .collect::<Vec<_>>()
        })
    });
    let overrides = Memo::new(move |_| state.with(|policy| policy.overrides.clone()));
    let registry = Memo::new(move |_| state.with(|policy| policy.registry.clone()));
    view! {
        {move || {
            let names = names.get();
            if names.is_empty() {
                return view! { <p>"No Istio control plane was found in this cluster."</p> };
            }
            let revisions = names.into_iter().map(|name| view! { <Revision guard state begun name/> }).collect_view();
            view! { {revisions} }
        }}
        {move || declared(registry.get())}
        {move || overriding(overrides.get())}
    }
}

/// What a write came to.
#[derive(Clone)]
enum Outcome {
    Saved(Box<RevisionPolicy>),
    Refused(Box<Problem>),
}

/// The policy of one revision: what is in force, and what may be chosen.
#[component]
fn Revision(
    guard: Guard,
    state: RwSignal<OutboundPolicy>,
    begun: StoredValue<u32>,
    name: String,
) -> impl IntoView {
    let hydrated = use_hydrated();
    let announcer = use_announcer();
    let client = expect_context::<Client>();
    let key = name.clone();
    let now = Memo::new(move |_| {
        state.with(|policy| {
            policy
                .revisions
                .iter()
                .find(|revision| revision.revision == key)
                .cloned()
        })
    });
    // Nothing is chosen until somebody chooses: then it stays chosen whatever arrives.
    let chosen = RwSignal::new(None::<String>);
    let (reason, overrides) = (RwSignal::new(String::new()), RwSignal::new(false));
    let (busy, outcome) = (RwSignal::new(false), RwSignal::new(None::<Outcome>));
    let in_force = Memo::new(move |_| now.with(|now| now.as_ref().and_then(|now| now.mode.clone())));
    let option_of = move |mode: &str| {
        now.with(|now| {
            let choices = now.iter().flat_map(|now| &now.choices);
            choices.into_iter().find(|choice| choice.mode == mode).cloned()
        })
    };
    let choice = Memo::new(move |_| {
        let choice = option_of(&chosen.get()?)?;
        // A mode that only follows from a default can be written down.
        (Some(&choice.mode) != in_force.get().as_ref() || !choice.diff.is_empty()).then_some(choice)
    });
    let has_choice = Memo::new(move |_| choice.with(Option::is_some));
    let refused_choice = Memo::new(move |_| {
        choice.with(|choice| {
            let is_refused = choice.as_ref()?.refused.is_some();
            is_refused.then(|| UNCHANGEABLE.to_owned())
        })
    });
    let unsaved = Memo::new(move |_| has_choice.get() && refused_choice.with(Option::is_none));
    let forget = move || {
        chosen.set(None);
        reason.set(String::new());
        overrides.set(false);
    };
    guard.guard(Guarded {
        dirty: unsaved.into(),
        discard: Callback::new(move |()| forget()),
        name: ["the Outbound Traffic Policy of revision ", &name].concat(),
    });
    let by_default = Memo::new(move |_| {
        let mode = in_force.get().filter(|_| chosen.with(Option::is_none))?;
        option_of(&mode)
            .filter(|choice| !choice.diff.is_empty())
            .map(|_| mode)
    });
    let is_undone = Memo::new(move |_| {
        now.with(|now| {
            let owner = now.as_ref().and_then(|now| now.owner.as_ref());
            owner.is_some_and(|owner| owner.reverts_by.by_itself())
        })
    });
    let save = move || {
        let (Some(choice), Some(now)) = (choice.get_untracked(), now.get_untracked()) else {
            return announcer.say("Nothing to update".to_owned());
        };
        if state.with_untracked(|policy| policy.reason_required)
            && reason.with_untracked(|reason| reason.trim().is_empty())
        {
            return announcer.say("Say why: this console keeps a reason with every change".to_owned());
        }
        let body = SaveOutboundPolicy {
            mode: choice.mode,
            reason: Some(reason.get_untracked().trim().to_owned()).filter(|reason| !reason.is_empty()),
            override_owner: overrides.get_untracked(),
        };
        let (client, based_on) = (
            client.clone(),
            Precondition::Version(now.version.unwrap_or_default()),
        );
        busy.set(true);
        outcome.set(None);
        begin(begun);
        spawn_local(async move {
            let answer = client.save_outbound_policy(&now.revision, &based_on, &body).await;
            // The page may have been left meanwhile.
            if busy.try_set(false).is_some() {
                return;
            }
            begin(begun);
            match answer {
                Ok(saved) => {
                    take(state, &saved);
                    forget();
                    announcer.say("Outbound Traffic Policy updated".to_owned());
                    outcome.set(Some(Outcome::Saved(Box::new(saved))));
                }
                Err(problem) => {
                    let current = problem.current.clone();
                    if let Some(current) = current.and_then(|current| api::json::read_value(current).ok()) {
                        take(state, &current);
                    }
                    announcer.say(problem.title.clone());
                    outcome.set(Some(Outcome::Refused(Box::new(problem))));
                }
            }
        });
    };
    let group = ["policy-", &name].concat();
    let reason_id = ["policy-reason-", &name].concat();
    let write_down_to = reason_id.clone();
    let option = move |mode: String, words: &'static str| {
        let (value, shown, group) = (mode.clone(), mode.clone(), group.clone());
        let is_chosen = move || chosen.get().or_else(|| in_force.get()).as_deref() == Some(value.as_str());
        let is_in_force = {
            let mode = mode.clone();
            move || in_force.get().as_deref() == Some(mode.as_str())
        };
        let checked = is_chosen.clone();
        view! {
            <label data-chosen=move || is_chosen().then_some("true")>
                <input
                    type="radio"
                    name=group
                    prop:checked=checked
                    on:change=move |_| chosen.set(Some(mode.clone()))
                />
                <span>
                    <code>{shown}</code>
                    {move || is_in_force().then(|| view! { " " <Badge tone=Tone::Info>"In force"</Badge> })}
                    <span class="policy-words">{words}</span>
                </span>
            </label>
        }
    };
    let options = move || {
        // A mode that is not known is shown and kept until another is chosen.
        let other = in_force
            .get()
            .filter(|mode| mode != "ALLOW_ANY" && mode != "REGISTRY_ONLY");
        view! {
            {option("ALLOW_ANY".to_owned(), "Unknown destinations are passed through.")}
            {option("REGISTRY_ONLY".to_owned(), "Unknown destinations are refused: HTTP gets 502, other connections are closed.")}
            {other.map(|mode| option(mode, "Sidestep does not know this mode. It is kept until another is chosen."))}
        }
    };
    let refused = Memo::new(move |_| now.with(|now| now.as_ref().and_then(|now| now.refused.clone())));
    let unreadable = Memo::new(move |_| now.with(|now| now.as_ref().and_then(|now| now.unreadable.clone())));
    view! {
        <section class="policy-revision">
            <h3>"Revision " {name}</h3>
            {move || now.get().map(standing)}
            {move || unreadable.get().map(|why| view! {
                <Notice tone=Tone::Warning title="The policy in force cannot be told"><p><Prose text=why/></p></Notice>
            })}
            {move || refused.get().map(|why| view! {
                <Notice tone=Tone::Info title="You may look, not save"><p><Prose text=why/></p></Notice>
            })}
            <fieldset disabled=move || !hydrated.get() || refused.with(Option::is_some)>
                <legend class="visually-hidden">"Outbound Traffic Policy"</legend>
                <div class="policy-options">{options}</div>
                {move || by_default.get().map(|mode| {
                    let words = ["Write ", &mode, " down"].concat();
                    // The button goes with that.
                    let next = write_down_to.clone();
                    let write_down = move || {
                        chosen.set(Some(mode.clone()));
                        focus_soon(next.clone());
                    };
                    view! {
                        <p class="field-note">
                            "The mesh configuration does not say so: it follows from Istio's default. "
                            <Button class="link" on_press=write_down>{words}</Button>
                        </p>
                    }
                })}
                {move || choice.get().map(|choice| chosen_view(choice, state.with(|policy| policy.registry.clone())))}
                {move || (has_choice.get() && is_undone.get()).then(|| view! {
                    <label class="tick">
                        <input type="checkbox" prop:checked=overrides on:change=move |event| overrides.set(event_target_checked(&event))/>
                        " Update it all the same, although its owner will undo it"
                    </label>
                })}
                {move || has_choice.get().then(|| {
                    reason_field(Some(reason_id.clone()), reason, move || state.with(|policy| policy.reason_required))
                })}
                {move || unsaved.get().then(|| view! { <p><Badge tone=Tone::Info>"Unsaved changes"</Badge></p> })}
                <div class="policy-actions">
                    <Button class="primary" busy=busy refused=refused_choice on_press=save.clone()>
                        {move || if busy.get() { "Updating…" } else { "Update Settings" }}
                        // The form above has a button of this name too.
                        " " <span class="visually-hidden">"of the Outbound Traffic Policy"</span>
                    </Button>
                </div>
            </fieldset>
            <div aria-live="polite">{move || outcome.get().map(came_to)}</div>
        </section>
    }
}

/// Counts a read or a write that begins, or what came of one: what began before is old.
fn begin(begun: StoredValue<u32>) -> u32 {
    let number = begun.get_value() + 1;
    begun.set_value(number);
    number
}

/// Puts what was just read in its place.
fn take(state: RwSignal<OutboundPolicy>, now: &RevisionPolicy) {
    state.update(|policy| {
        let revisions = policy.revisions.iter_mut();
        if let Some(place) = revisions
            .into_iter()
            .find(|revision| revision.revision == now.revision)
        {
            place.clone_from(now);
        }
    });
}

/// Where it is written, whose that is, and whether istiod goes by it.
fn standing(now: RevisionPolicy) -> AnyView {
    let (tone, word) = match now.taken.state {
        TakenState::Confirmed => (Tone::Good, "Confirmed by istiod"),
        TakenState::Differs => (Tone::Warning, "Not taken by istiod"),
        TakenState::NotConfirmed => (Tone::Quiet, "Not confirmed"),
    };
    view! {
        <p class="more">
            "In the ConfigMap " <code>{now.config_map}</code> " in " <code>{now.namespace}</code> ", key " <code>"mesh"</code> ". "
            <Badge tone>{word}</Badge> " " <Prose text=now.taken.message/> "."
        </p>
        {now.owner.map(|owner| view! {
            <Notice tone=Tone::Info title="This ConfigMap has an owner"><Owned owner/></Notice>
        })}
    }
}

/// What a choice comes to.
fn chosen_view(choice: PolicyChoice, registry: Registry) -> AnyView {
    let is_strict = choice.mode == "REGISTRY_ONLY";
    view! {
        {is_strict.then(|| view! {
            <Notice tone=Tone::Warning title="Everything that is not declared is cut off">
                <p>
                    "For every proxy of this revision, at once. What stays reachable: " {registry.services} " Services and "
                    {registry.hosts_total} " hosts of ServiceEntries, as far as you may see them, and what bypasses the sidecar."
                </p>
                {unseen(&registry)}
            </Notice>
        })}
        {choice.refused.map(|why| view! {
            <Notice tone=Tone::Warning title=UNCHANGEABLE><p><Prose text=why/></p></Notice>
        })}
        <details class="disclosure">
            <summary>"The lines that change"</summary>
            <Diff text=choice.diff/>
        </details>
        <details class="disclosure">
            <summary>"The same by other means"</summary>
            <Snippets snippets=choice.snippets/>
        </details>
    }
}

fn came_to(outcome: Outcome) -> AnyView {
    match outcome {
        Outcome::Saved(saved) => view! {
            <Notice tone=Tone::Good title="Outbound Traffic Policy updated">
                <p><Prose text=saved.taken.message.clone()/> "."</p>
                {saved.notices.iter().map(|notice| view! { <p><Prose text=notice.clone()/></p> }).collect_view()}
                {saved.change.as_ref().map(|id| view! { <p><a href=routes::change(id)>"Show this change in the history"</a></p> })}
            </Notice>
        },
        Outcome::Refused(problem) => refusal(*problem),
    }
}
