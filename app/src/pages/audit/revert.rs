//! *Revert this change*: puts back what a setting was before, once the reader has seen what that is.

use api::{
    Client,
    audit::{Change, OutcomeState},
    mesh::PodCounts,
    setting::SettingView,
};
use domain::Level;
use leptos::task::spawn_local;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Found, root, words};
use crate::{
    components::load::Data,
    prelude::*,
    routes,
    ui::{badge::Tone, button::Button, notice::Notice, prose::Prose},
};

mod question;

use self::question::Question;

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
    let Reverting { open, now, done, .. } = reverting;
    let client = StoredValue::new(expect_context::<Client>());
    let navigate = use_navigate();
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
        <Question reverting/>
    }
}

/// How many pods still run the old setting.
fn pods(counts: PodCounts) -> String {
    let PodCounts {
        injected,
        stale,
        unknown,
        ..
    } = counts;
    let told = match (stale, injected) {
        (_, 0) => "No pod with a sidecar runs here yet: the next one gets this.".to_owned(),
        (0, _) if unknown == 0 => "Every pod with a sidecar runs what is in force.".to_owned(),
        (1, all) => format!("1 of {all} pods still runs the old setting."),
        (stale, all) => format!("{stale} of {all} pods still run the old setting."),
    };
    match unknown {
        0 => told,
        unknown => format!("{told} What {unknown} run cannot be judged."),
    }
}

#[cfg(test)]
mod tests {
    use api::audit::Action;

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
    fn the_pods_are_counted_in_words() {
        let told = |stale, injected, unknown| {
            pods(PodCounts {
                total: injected,
                injected,
                stale,
                unknown,
            })
        };
        assert_eq!(
            told(0, 0, 0),
            "No pod with a sidecar runs here yet: the next one gets this."
        );
        assert_eq!(told(0, 2, 0), "Every pod with a sidecar runs what is in force.");
        assert_eq!(told(1, 2, 0), "1 of 2 pods still runs the old setting.");
        assert_eq!(
            told(0, 2, 1),
            "0 of 2 pods still run the old setting. What 1 run cannot be judged."
        );
    }
}
