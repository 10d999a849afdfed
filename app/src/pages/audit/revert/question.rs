//! The question before a change is reverted: what will be put back, what speaks against it, why it was refused.

use api::{
    Client, Problem,
    audit::{Change, RevertChange},
    json,
    setting::RawTraffic,
};
use domain::{Caution, Traffic, caution};
use leptos::task::spawn_local;

use super::{super::difference::difference, Reverting};
use crate::{
    components::{reason::reason_field, refusal::refusal},
    prelude::*,
    routes,
    ui::{
        announce::use_announcer, badge::Tone, button::Button, dialog::Dialog, notice::Notice, prose::Prose,
    },
};

/// What is typed into the dialog, and what came of it. Forgotten whenever it opens.
#[derive(Clone, Copy)]
struct Draft {
    reason: RwSignal<String>,
    /// What the reader was told of, and wants all the same.
    told: RwSignal<RevertChange>,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
    /// Why nothing was changed, where what would be put back is there already.
    same: RwSignal<Vec<String>>,
}

impl Draft {
    fn new() -> Self {
        Self {
            reason: RwSignal::new(String::new()),
            told: RwSignal::new(RevertChange::default()),
            busy: RwSignal::new(false),
            problem: RwSignal::new(None),
            same: RwSignal::new(Vec::new()),
        }
    }

    fn forget(self) {
        self.reason.set(String::new());
        self.told.set(RevertChange::default());
        self.problem.set(None);
        self.same.set(Vec::new());
    }

    fn to_send(self) -> RevertChange {
        let reason = self.reason.get_untracked().trim().to_owned();
        RevertChange {
            reason: Some(reason).filter(|reason| !reason.is_empty()),
            ..self.told.get_untracked()
        }
    }
}

/// The dialog.
#[component]
pub(super) fn Question(reverting: Reverting) -> impl IntoView {
    let Reverting {
        asked,
        open,
        now,
        done,
    } = reverting;
    let (client, announcer) = (StoredValue::new(expect_context::<Client>()), use_announcer());
    let draft = Draft::new();
    let Draft {
        told,
        busy,
        problem,
        same,
        ..
    } = draft;
    Effect::new(move |_| {
        if open.get() {
            draft.forget();
        }
    });
    let send = move || {
        let Some(id) = asked.with_untracked(|asked| asked.as_ref().map(|change| change.id.clone())) else {
            return;
        };
        let how = draft.to_send();
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
    let is_required = move || now.with(|now| now.as_ref().is_some_and(|now| now.reason_required));
    let content = move || {
        let undone = turned(asked.get()?);
        Some(view! {
            <p>"The setting becomes again what it was before this change:"</p>
            {difference(&undone)}
            {careful(cautions(&undone))}
            {reason_field(None, draft.reason, is_required)}
            <div aria-live="polite">
                {move || problem.get().map(refused)}
                {move || same.get().into_iter().map(|text| view! { <p><Prose text/></p> }).collect_view()}
            </div>
            <div class="dialog-actions">
                <Button on_press=close>"Cancel"</Button>
                <Button class="danger" busy on_press=send>{move || press(draft)}</Button>
            </div>
        })
    };
    view! { <Dialog id="revert" title="Revert this change?" open on_close=close>{move || content()}</Dialog> }
}

fn press(draft: Draft) -> &'static str {
    let anyway = || {
        let problem = draft.problem.get();
        problem.is_some_and(|problem| learn(&mut RevertChange::default(), &problem))
    };
    if draft.busy.get() {
        "Putting it back…"
    } else if anyway() {
        "Put it back all the same"
    } else {
        "Put it back"
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

#[cfg(test)]
mod tests {
    use api::audit::Action;
    use serde_json::json;

    use super::{super::super::tests::change, *};

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
}
