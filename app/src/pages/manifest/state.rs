//! What is known of a manifest, what is typed, and what is under way.

use api::{
    Client, Precondition, Problem,
    manifest::{
        Keep, ManifestKind, ManifestQuery, ManifestView, MoveAnnotations, SaveManifest, SaveManifestQuery,
    },
};
use leptos::task::spawn_local;

use super::outcome::{OUTCOME, outcome};
use crate::{
    prelude::*,
    ui::{
        announce::{Announcer, use_announcer},
        attention::{focus_soon, reveal_soon},
    },
};

/// The id of the text that is edited.
pub(super) const TEXT: &str = "yaml";
/// The id of *Update*.
pub(super) const UPDATE: &str = "update-yaml";

/// The manifest of a page.
#[derive(Clone, Copy)]
pub(super) struct Manifest {
    fixed: StoredValue<Fixed>,
    /// As the cluster has it, as far as is known.
    pub(super) now: RwSignal<ManifestView>,
    /// Whether it is edited.
    pub(super) editing: RwSignal<bool>,
    /// What the text is an edit of.
    pub(super) base: RwSignal<Base>,
    /// The text as it is typed.
    pub(super) draft: RwSignal<String>,
    /// Whether something would be lost.
    pub(super) dirty: Memo<bool>,
    /// Whether the cluster has another one than the text is an edit of.
    pub(super) overtaken: Memo<bool>,
    /// Whether both versions are shown.
    pub(super) choosing: RwSignal<bool>,
    /// A text that a choice has replaced.
    pub(super) aside: RwSignal<Option<(String, Base)>>,
    /// Annotations that were not moved because the pod template has another value.
    pub(super) left: RwSignal<Vec<api::manifest::LeftAnnotation>>,
    pub(super) busy: RwSignal<Option<Busy>>,
    pub(super) outcome: RwSignal<Option<Outcome>>,
    pub(super) reason: RwSignal<String>,
    pub(super) overrides: RwSignal<bool>,
    /// A line to go to, and how often it was wished.
    pub(super) goto: RwSignal<(usize, u32)>,
}

/// What does not change while the page is shown, and what nobody looks at.
struct Fixed {
    client: Client,
    announcer: Announcer,
    place: (ManifestKind, String, String),
    /// Reads and writes that were begun: of two the later counts.
    begun: u32,
}

/// What a text is an edit of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) yaml: String,
    pub(super) version: String,
}

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    /// *Check*.
    Checking,
    /// *Update*.
    Updating,
    /// Annotations are moved in the text.
    Moving,
}

/// What came of a request.
#[derive(Clone)]
pub(super) enum Outcome {
    /// What would be stored.
    Checked(Box<ManifestView>),
    /// It is stored.
    Updated(Box<ManifestView>),
    /// It was not taken.
    Refused(Box<Problem>),
    /// Something that was done to the text.
    Said(String),
}

impl Base {
    fn of(view: &ManifestView) -> Self {
        Self {
            yaml: view.yaml.clone(),
            version: view.version.clone(),
        }
    }
}

impl Manifest {
    /// Of a manifest that was just read.
    pub(super) fn of(view: ManifestView) -> Self {
        let kind = ManifestKind::of_kind(&view.kind).unwrap_or(ManifestKind::Deployments);
        let place = (kind, view.namespace.clone(), view.name.clone());
        let base = RwSignal::new(Base::of(&view));
        let draft = RwSignal::new(String::new());
        let (now, editing) = (RwSignal::new(view), RwSignal::new(false));
        let dirty = Memo::new(move |_| {
            editing.get() && draft.with(|draft| base.with(|base| draft.trim_end() != base.yaml.trim_end()))
        });
        let overtaken = Memo::new(move |_| {
            editing.get() && now.with(|now| base.with(|base| now.version != base.version))
        });
        Self {
            fixed: StoredValue::new(Fixed {
                client: expect_context(),
                announcer: use_announcer(),
                place,
                begun: 0,
            }),
            now,
            editing,
            base,
            draft,
            dirty,
            overtaken,
            choosing: RwSignal::new(false),
            aside: RwSignal::new(None),
            left: RwSignal::new(Vec::new()),
            busy: RwSignal::new(None),
            outcome: RwSignal::new(None),
            reason: RwSignal::new(String::new()),
            overrides: RwSignal::new(false),
            goto: RwSignal::new((0, 0)),
        }
    }

    /// Which it is, in words.
    pub(super) fn words(self) -> String {
        self.fixed.with_value(|fixed| {
            let (kind, namespace, name) = &fixed.place;
            [kind.kind(), " ", namespace, "/", name].concat()
        })
    }

    pub(super) fn say(self, words: &str) {
        if let Some(announcer) = self.fixed.try_with_value(|fixed| fixed.announcer) {
            announcer.say(words.to_owned());
        }
    }

    /// Begins to edit what the cluster has.
    pub(super) fn edit(self) {
        self.base.set(self.now.with_untracked(Base::of));
        self.draft.set(self.now.with_untracked(|now| now.yaml.clone()));
        self.outcome.set(None);
        self.left.set(Vec::new());
        self.goto.set((0, 0));
        self.editing.set(true);
        focus_soon(TEXT.to_owned());
    }

    /// Lets go of what was typed.
    pub(super) fn discard(self) {
        self.editing.set(false);
        self.choosing.set(false);
        self.aside.set(None);
        self.left.set(Vec::new());
        self.reason.set(String::new());
        self.overrides.set(false);
        self.outcome.set(None);
    }

    /// Takes the reader to a line of the text.
    pub(super) fn go_to(self, line: usize) {
        self.goto.update(|(at, times)| (*at, *times) = (line, *times + 1));
    }

    fn begin(self) -> u32 {
        self.fixed
            .try_update_value(|fixed| {
                fixed.begun += 1;
                fixed.begun
            })
            .unwrap_or_default()
    }

    fn client(self) -> (Client, (ManifestKind, String, String)) {
        self.fixed
            .with_value(|fixed| (fixed.client.clone(), fixed.place.clone()))
    }

    /// Reads again what the cluster has; what is typed stays.
    pub(super) fn read_again(self) {
        if self.busy.get_untracked().is_some() {
            return;
        }
        let (client, (kind, namespace, name)) = self.client();
        let number = self.begin();
        spawn_local(async move {
            let read = client
                .manifest(kind, &namespace, &name, &ManifestQuery::default())
                .await;
            if let Ok(view) = read
                && self.fixed.try_with_value(|fixed| fixed.begun) == Some(number)
            {
                self.now.maybe_update(|now| {
                    let differs = *now != view;
                    if differs {
                        *now = view;
                    }
                    differs
                });
            }
        });
    }

    /// The whole manifest, with nothing left out.
    pub(super) fn read_whole(self, whole: RwSignal<Option<String>>) {
        let (client, (kind, namespace, name)) = self.client();
        let query = ManifestQuery { managed_fields: true };
        spawn_local(async move {
            match client.manifest(kind, &namespace, &name, &query).await {
                Ok(view) => drop(whole.try_set(Some(view.yaml))),
                Err(problem) => self.say(&problem.title),
            }
        });
    }

    /// *Check*: asks the cluster what it would store.
    pub(super) fn check(self) {
        self.send(Busy::Checking);
    }

    /// *Update*.
    pub(super) fn update(self) {
        if !self.dirty.get_untracked() {
            return self.say("Nothing to update: the text is as it was");
        }
        let needs_reason = self.now.with_untracked(|now| now.reason_required);
        if needs_reason && self.reason.with_untracked(|reason| reason.trim().is_empty()) {
            return self.say("Say why: this console keeps a reason with every change");
        }
        self.send(Busy::Updating);
    }

    fn send(self, busy: Busy) {
        let (client, place) = self.client();
        let sent = self.draft.get_untracked();
        let reason = self.reason.with_untracked(|reason| reason.trim().to_owned());
        let body = SaveManifest {
            yaml: sent.clone(),
            reason: Some(reason).filter(|reason| !reason.is_empty()),
            override_owner: self.overrides.get_untracked(),
        };
        let query = SaveManifestQuery {
            dry_run: busy == Busy::Checking,
        };
        let based_on = Precondition::Version(self.base.with_untracked(|base| base.version.clone()));
        self.busy.set(Some(busy));
        self.outcome.set(None);
        self.begin();
        spawn_local(async move {
            let (kind, namespace, name) = &place;
            let answer = client
                .save_manifest((*kind, namespace, name), &based_on, &query, &body)
                .await;
            // The page may have been left meanwhile.
            if self.busy.try_set(None).is_some() {
                return;
            }
            self.begin();
            match answer {
                Ok(view) if busy == Busy::Checking => self.checked(view),
                Ok(view) => self.updated(view, &sent),
                Err(problem) => self.refused(problem),
            }
            // What was told while the answer was on its way was not listened to.
            self.read_again();
        });
    }

    fn checked(self, view: ManifestView) {
        self.say("The cluster would take it");
        self.outcome.set(Some(Outcome::Checked(Box::new(view))));
        reveal_soon(OUTCOME);
    }

    fn updated(self, view: ManifestView, sent: &str) {
        let stored = Base::of(&view);
        self.now.set(view.clone());
        // What was typed while the answer was on its way is the next edit.
        let is_done = self.draft.with_untracked(|draft| draft == sent);
        if is_done {
            self.discard();
        } else {
            self.base.set(stored);
        }
        self.say(&[&self.words(), " updated"].concat());
        self.outcome.set(Some(Outcome::Updated(Box::new(view))));
        if is_done {
            focus_soon(OUTCOME.to_owned());
        }
    }

    fn refused(self, mut problem: Problem) {
        let current = problem.current.take();
        let current = current.and_then(|current| api::json::read_value::<ManifestView>(current).ok());
        if let Some(view) = current {
            self.now.set(view);
            if self.overtaken.get_untracked() {
                self.choosing.set(true);
                return self.say("It was changed meanwhile: both versions are shown");
            }
        }
        self.say(&problem.title);
        self.outcome.set(Some(Outcome::Refused(Box::new(problem))));
        reveal_soon(OUTCOME);
    }

    /// *Move to the pod template*, in the text.
    pub(super) fn move_annotations(self, keep: Keep) {
        if !self.editing.get_untracked() {
            self.edit();
        }
        let (client, _) = self.client();
        let sent = self.draft.get_untracked();
        let asked = MoveAnnotations {
            yaml: sent.clone(),
            keys: Vec::new(),
            keep,
        };
        self.busy.set(Some(Busy::Moving));
        self.outcome.set(None);
        spawn_local(async move {
            let answer = client.move_annotations(&asked).await;
            if self.busy.try_set(None).is_some() {
                return;
            }
            match answer {
                Ok(_) if self.draft.with_untracked(|draft| *draft != sent) => {
                    self.say("The text was changed meanwhile: try again");
                }
                Ok(moved) => {
                    let words = match (moved.moved.len(), moved.left.len()) {
                        (0, 0) => "There is nothing to move",
                        (0, _) => "The pod template has other values: choose which to keep",
                        (_, 0) => "Moved to the pod template, in the text: update to store it",
                        _ => "Moved, but for those that the pod template has with another value",
                    };
                    self.say(words);
                    let words = if moved.reprinted {
                        [words, ". The text was written anew: its comments are lost"].concat()
                    } else {
                        words.to_owned()
                    };
                    self.draft.set(moved.yaml);
                    self.left.set(moved.left);
                    self.outcome.set(Some(Outcome::Said(words)));
                }
                Err(problem) => self.refused(problem),
            }
        });
    }

    /// Goes on with this text as an edit of what the cluster has now.
    pub(super) fn resolve(self, text: String) {
        let before = (self.draft.get_untracked(), self.base.get_untracked());
        self.aside.set(Some(before));
        self.base.set(self.now.with_untracked(Base::of));
        self.draft.set(text);
        self.choosing.set(false);
        self.outcome.set(None);
        self.say("Your choice is in the text: update to store it");
        focus_soon(UPDATE.to_owned());
    }

    /// What came of the update, where the manifest is looked at again.
    pub(super) fn outcome_when_looking(self) -> Option<AnyView> {
        (!self.editing.get())
            .then(|| self.outcome.get())
            .flatten()
            .map(|came| outcome(self, came))
    }
}
