//! *Revert this change*: puts back what a setting was before, once the reader has seen what that is.

use api::{
    Client, Problem,
    audit::{Change, OutcomeState, RevertChange},
    json,
    mesh::PodCounts,
    setting::{RawTraffic, SettingView},
};
use domain::{Caution, Level, Traffic, caution};
use leptos::task::spawn_local;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Found, difference::difference, root, words};
use crate::{
    components::{load::Data, refusal::refusal},
    prelude::*,
    routes,
    ui::{
        announce::use_announcer, badge::Tone, button::Button, dialog::Dialog, notice::Notice, prose::Prose,
    },
};

/// The question about a change. It stands outside of what is made anew with every answer.
#[derive(Clone, Copy)]
pub(super) struct Reverting {
    /// The change that is asked about.
    asked: RwSignal<Option<Change>>,
    open: RwSignal<bool>,
    /// The setting as it is now, once it is read.
    now: RwSignal<Option<SettingView>>,
    /// The answer to what was put back last.
    done: RwSignal<Option<SettingView>>,
}

impl Reverting {
    /// Nothing is asked yet.
    pub(super) fn new() -> Self {
        Self {
            asked: RwSignal::new(None),
            open: RwSignal::new(false),
            now: RwSignal::new(None),
            done: RwSignal::new(None),
        }
    }

    fn ask(self, change: Change) {
        self.asked.set(Some(change));
        self.open.set(true);
    }
}

/// The button, on a change that can be reverted.
pub(super) fn offer(change: &Change, root: Option<&str>, reverting: Reverting) -> Option<AnyView> {
    changed(change, root)?;
    let change = change.clone();
    let refused = Signal::derive(move || reverting.now.with(|now| now.as_ref()?.refused.clone()));
    Some(view! {
        <Button refused on_press=move || reverting.ask(change.clone())>"Revert this change"</Button>
        <noscript><p class="more">"Reverting here needs JavaScript. "<code>"sidestep audit revert"</code>" works without."</p></noscript>
    })
}

/// The change that this one has undone.
pub(super) fn reverts(change: &Change) -> Option<AnyView> {
    let id = change.reverts.as_ref()?;
    Some(view! {
        <div><dt>"Reverts"</dt><dd><a href=routes::change(id)>"The change "<code>{id.clone()}</code></a></dd></div>
    })
}

/// The level whose setting was changed; nothing where it was something else, or was not.
fn changed(change: &Change, root: Option<&str>) -> Option<Level> {
    let is_made = change.outcome.state == OutcomeState::Succeeded;
    words::level(change, root).filter(|_| is_made)
}

/// The id of the change that the page shows, and the level that can be put back.
type Shown = (String, Option<Level>);

/// The dialog, and what came of it: the reader is taken to the new change.
#[component]
pub(super) fn Revert(change: Data<Found>, reverting: Reverting) -> impl IntoView {
    let Reverting {
        asked,
        open,
        now,
        done,
    } = reverting;
    let client = StoredValue::new(expect_context::<Client>());
    let (announcer, navigate) = (use_announcer(), use_navigate());
    let shown = Memo::new(move |last: Option<&Option<Shown>>| match change.get() {
        Some(Ok((id, change, mesh))) => Some((id, changed(&change, root(mesh).as_deref()))),
        // One that cannot be read again for a moment is still asked about.
        _ => last.cloned().flatten(),
    });
    // In the browser only: until then the button is off anyway.
    Effect::new(move |_| {
        let page = shown.get();
        open.set(false);
        now.set(None);
        let Some(level) = page.as_ref().and_then(|(_, level)| level.clone()) else {
            return;
        };
        spawn_local(async move {
            // Where it cannot be read, the cluster decides when it is asked to.
            if let Ok(read) = client.get_value().setting(&level).await
                && shown.try_get_untracked() == Some(page)
            {
                now.set(Some(read));
            }
        });
    });
    Effect::new(move |_| {
        if let Some(id) = done.with(|done| done.as_ref()?.change.clone()) {
            navigate(&routes::change(&id), NavigateOptions::default());
        }
    });

    let (busy, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let (problem, same) = (RwSignal::new(None::<Problem>), RwSignal::new(Vec::new()));
    // What the reader was told of, and wants all the same.
    let told = RwSignal::new(RevertChange::default());
    Effect::new(move |_| {
        if open.get() {
            reason.set(String::new());
            problem.set(None);
            same.set(Vec::new());
            told.set(RevertChange::default());
        }
    });
    let send = move || {
        let Some(id) = asked.with_untracked(|asked| asked.as_ref().map(|change| change.id.clone())) else {
            return;
        };
        let how = RevertChange {
            reason: Some(reason.get_untracked().trim().to_owned()).filter(|reason| !reason.is_empty()),
            ..told.get_untracked()
        };
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = client.get_value().revert_change(&id, &how).await;
            // The page may have been left meanwhile.
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(answer) if answer.change.is_some() => {
                    announcer.say("Put back".to_owned());
                    open.set(false);
                    done.set(Some(answer));
                }
                Ok(answer) => same.set(answer.notices),
                Err(refused) => {
                    told.update(|told| {
                        learn(told, &refused);
                    });
                    problem.set(Some(refused));
                }
            }
        });
    };
    // Not while it is under way: what came of it is said here.
    let close = move || {
        if !busy.get_untracked() {
            open.set(false);
        }
    };
    let required = move || now.with(|now| now.as_ref().is_some_and(|now| now.reason_required));
    let anyway = move || {
        problem.with(|problem| {
            problem
                .as_ref()
                .is_some_and(|problem| learn(&mut RevertChange::default(), problem))
        })
    };
    let content = move || {
        let undone = turned(asked.get()?);
        Some(view! {
            <p>"The setting becomes again what it was before this change:"</p>
            {difference(&undone)}
            {careful(cautions(&undone))}
            <label class="reason">
                <span>{move || if required() { "Reason (for the history)" } else { "Reason (optional, for the history)" }}</span>
                <input
                    type="text"
                    maxlength="500"
                    autocomplete="off"
                    prop:value=reason
                    on:input=move |event| reason.set(event_target_value(&event))
                />
            </label>
            <div aria-live="polite">
                {move || problem.get().map(refused)}
                {move || same.get().into_iter().map(|text| view! { <p><Prose text/></p> }).collect_view()}
            </div>
            <div class="dialog-actions">
                <Button on_press=close>"Cancel"</Button>
                <Button class="danger" busy on_press=send>
                    {move || match (busy.get(), anyway()) {
                        (true, _) => "Putting it back…",
                        (_, true) => "Put it back all the same",
                        _ => "Put it back",
                    }}
                </Button>
            </div>
        })
    };
    let came_to = move || {
        let done = done.get()?;
        let is_here = shown.with(|shown| shown.as_ref().map(|(id, _)| id) == done.change.as_ref());
        is_here.then(|| {
            view! {
                <Notice tone=Tone::Good title="Put back">
                    <p>{pods(done.pods)}</p>
                    {done.notices.into_iter().map(|text| view! { <p><Prose text/></p> }).collect_view()}
                </Notice>
            }
        })
    };
    view! {
        <div aria-live="polite">{came_to}</div>
        <Dialog id="revert" title="Revert this change?" open on_close=close>{move || content()}</Dialog>
    }
}

/// The change that undoes this one.
fn turned(change: Change) -> Change {
    Change {
        before: change.after,
        after: change.before,
        ..change
    }
}

/// Takes note of what a refusal asks the reader to want; whether it asks at all.
fn learn(told: &mut RevertChange, problem: &Problem) -> bool {
    if problem.is("owned") {
        told.override_owner = true;
        return true;
    }
    let later = later(problem);
    let is_asked = later.is_some();
    if is_asked {
        told.over_later = later;
    }
    is_asked
}

/// The later change that would be lost.
fn later(problem: &Problem) -> Option<String> {
    let current = problem.current.as_ref().filter(|_| problem.is("changed-since"))?;
    current.get("id")?.as_str().map(str::to_owned)
}

fn refused(problem: Problem) -> AnyView {
    let later =
        later(&problem).map(|id| view! { <p><a href=routes::change(&id)>"Show the later change"</a></p> });
    view! { {refusal(problem)} {later} }
}

/// What should be asked about before this is stored.
fn cautions(undone: &Change) -> Vec<Caution> {
    let traffic = || {
        let fields = undone.after.as_ref()?.get("traffic")?.clone();
        Traffic::parse(&json::read_value::<RawTraffic>(fields).ok()?).ok()
    };
    traffic().map(|traffic| caution(&traffic)).unwrap_or_default()
}

fn careful(cautions: Vec<Caution>) -> Option<AnyView> {
    if cautions.is_empty() {
        return None;
    }
    let lines = cautions
        .into_iter()
        .map(|caution| view! { <li><code>{caution.field.name()}</code> ": " {caution.sentence}</li> })
        .collect_view();
    Some(view! {
        <Notice tone=Tone::Warning title="This takes traffic from the sidecar">
            <ul class="cautions">{lines}</ul>
        </Notice>
    })
}

/// How many pods still run the old setting.
fn pods(PodCounts { injected, stale, .. }: PodCounts) -> String {
    match (stale, injected) {
        (_, 0) => "No pod with a sidecar runs here yet: the next one gets this.".to_owned(),
        (0, _) => "Every pod with a sidecar runs what is in force.".to_owned(),
        (1, 1) => "The one pod with a sidecar still runs the old setting.".to_owned(),
        (1, all) => ["1 of ", &all.to_string(), " pods still runs the old setting."].concat(),
        (stale, all) => [
            &stale.to_string(),
            " of ",
            &all.to_string(),
            " pods still run the old setting.",
        ]
        .concat(),
    }
}

#[cfg(test)]
mod tests {
    use api::audit::Action;
    use serde_json::json;

    use super::{super::tests::change, *};

    #[test]
    fn only_a_change_of_a_setting_that_was_made_can_be_reverted() {
        let mut saved = change(Action::SaveSetting, ("shop", "default"));
        assert_eq!(changed(&saved, None), Some(Level::Namespace("shop".to_owned())));
        saved.outcome.state = OutcomeState::Unknown;
        assert_eq!(changed(&saved, None), None);
        assert_eq!(
            changed(&change(Action::DeletePod, ("shop", "cart-1")), None),
            None
        );
        assert_eq!(
            changed(
                &change(Action::SaveOutboundPolicy, ("istio-system", "istio")),
                None
            ),
            None
        );
    }

    #[test]
    fn what_a_refusal_names_is_what_is_wanted_all_the_same() {
        let mut told = RevertChange::default();
        assert!(!learn(&mut told, &Problem::new(403, "forbidden", "", "")));
        let unrecorded = Problem::new(409, "changed-since", "", "");
        assert!(!learn(&mut told, &unrecorded), "there is nothing to name");
        let recorded = Problem {
            current: Some(json!({ "id": "7" })),
            ..unrecorded
        };
        assert!(learn(&mut told, &recorded));
        assert!(learn(&mut told, &Problem::new(409, "owned", "", "")));
        assert_eq!(
            told,
            RevertChange {
                override_owner: true,
                over_later: Some("7".to_owned()),
                reason: None,
            }
        );
    }

    #[test]
    fn what_takes_all_traffic_from_the_sidecar_is_said_before_it_is_put_back() {
        let mut saved = change(Action::SaveSetting, ("shop", "default"));
        saved.before = Some(json!({ "traffic": { "includeInboundPorts": [] } }));
        saved.after = Some(json!({ "traffic": { "excludeInboundPorts": ["80"] } }));
        assert!(cautions(&saved).is_empty());
        let fields: Vec<_> = cautions(&turned(saved))
            .iter()
            .map(|caution| caution.field.name())
            .collect();
        assert_eq!(fields, ["includeInboundPorts"]);
    }

    #[test]
    fn the_pods_are_counted_in_words() {
        let told = |stale, injected| {
            pods(PodCounts {
                total: injected,
                injected,
                stale,
            })
        };
        assert_eq!(
            told(0, 0),
            "No pod with a sidecar runs here yet: the next one gets this."
        );
        assert_eq!(told(0, 2), "Every pod with a sidecar runs what is in force.");
        assert_eq!(told(1, 2), "1 of 2 pods still runs the old setting.");
        assert_eq!(told(2, 2), "2 of 2 pods still run the old setting.");
    }
}
