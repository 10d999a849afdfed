//! What is known of a manifest, what is typed, and what is under way.

use api::{
    Client, Problem,
    manifest::{Keep, ManifestKind, ManifestView, MoveAnnotations},
};
use leptos::task::spawn_local;

use super::{Place, outcome::outcome};
use crate::{
    prelude::*,
    ui::{
        announce::{Announcer, use_announcer},
        attention::focus_soon,
        steady::land,
    },
};

mod read;
mod write;

/// The id of *Edit YAML*.
pub(super) const EDIT: &str = "edit-yaml";
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
    /// A text that another one has replaced.
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
    place: Place,
    /// Reads and writes that were begun: of two the later counts.
    begun: u32,
    gone: RwSignal<bool>,
    brought_back: RwSignal<bool>,
    /// The text that was sent last.
    sent: RwSignal<String>,
    is_old: Memo<bool>,
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
        let (draft, sent) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
        let outcome = RwSignal::new(None::<Outcome>);
        let (now, editing) = (RwSignal::new(view), RwSignal::new(false));
        let dirty = Memo::new(move |_| {
            editing.get() && draft.with(|draft| base.with(|base| draft.trim_end() != base.yaml.trim_end()))
        });
        let overtaken = Memo::new(move |_| {
            editing.get() && now.with(|now| base.with(|base| now.version != base.version))
        });
        let is_old = Memo::new(move |_| {
            outcome.with(|outcome| matches!(outcome, Some(Outcome::Checked(_) | Outcome::Refused(_))))
                && draft.with(|draft| sent.with(|sent| draft != sent))
        });
        let manifest = Self {
            fixed: StoredValue::new(Fixed {
                client: expect_context(),
                announcer: use_announcer(),
                place,
                begun: 0,
                gone: RwSignal::new(false),
                brought_back: RwSignal::new(false),
                sent,
                is_old,
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
            outcome,
            reason: RwSignal::new(String::new()),
            overrides: RwSignal::new(false),
            goto: RwSignal::new((0, 0)),
        };
        manifest.keep();
        manifest
    }

    /// Which it is.
    pub(super) fn place(self) -> Place {
        self.fixed.with_value(|fixed| fixed.place.clone())
    }

    /// Whether the cluster has it no more: what is known stays, and nothing is read or written.
    pub(super) fn gone(self) -> RwSignal<bool> {
        self.fixed.with_value(|fixed| fixed.gone)
    }

    /// Whether the text is one that was kept from an earlier visit.
    pub(super) fn brought_back(self) -> RwSignal<bool> {
        self.fixed.with_value(|fixed| fixed.brought_back)
    }

    /// Whether the outcome is a verdict on another text than the one that is there now.
    pub(super) fn is_old(self) -> Memo<bool> {
        self.fixed.with_value(|fixed| fixed.is_old)
    }

    /// Remembers a text that is sent.
    fn sends(self, text: &str) {
        self.fixed.with_value(|fixed| fixed.sent).set(text.to_owned());
    }

    /// Which it is, in words.
    pub(super) fn words(self) -> String {
        let (kind, namespace, name) = self.place();
        [kind.kind(), " ", &namespace, "/", &name].concat()
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
        self.brought_back().set(false);
        self.aside.set(None);
        self.left.set(Vec::new());
        self.reason.set(String::new());
        self.overrides.set(false);
        self.outcome.set(None);
    }

    /// The same, at the reader's wish, who is taken to where they began.
    pub(super) fn leave(self) {
        self.discard();
        focus_soon(EDIT.to_owned());
        // What is gone is not edited again.
        land();
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

    fn client(self) -> Client {
        self.fixed.with_value(|fixed| fixed.client.clone())
    }

    /// *Move to the pod template*, in the text.
    pub(super) fn move_annotations(self, keep: Keep) {
        if !self.editing.get_untracked() {
            self.edit();
        }
        let client = self.client();
        let sent = self.draft.get_untracked();
        let asked = MoveAnnotations {
            yaml: sent.clone(),
            keys: Vec::new(),
            keep,
        };
        self.busy.set(Some(Busy::Moving));
        self.outcome.set(None);
        self.sends(&sent);
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

    /// Puts the text that was replaced back, and this one in its place.
    pub(super) fn swap(self) {
        let Some((text, base)) = self.aside.get_untracked() else {
            return;
        };
        self.aside
            .set(Some((self.draft.get_untracked(), self.base.get_untracked())));
        self.draft.set(text);
        // It is an edit of what was there then: it is not for what somebody has made of that since.
        self.base.set(base);
        self.say("It is back; the text that was here is kept");
    }

    /// What came of the update, where the manifest is looked at again.
    pub(super) fn outcome_when_looking(self) -> Option<AnyView> {
        (!self.editing.get())
            .then(|| self.outcome.get())
            .flatten()
            .map(|came| outcome(self, came))
    }
}
