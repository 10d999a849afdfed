//! *Check* and *Update*.

use api::{
    Precondition, Problem,
    manifest::{ManifestView, SaveManifest, SaveManifestQuery},
};
use leptos::task::spawn_local;

use super::{Base, Busy, Manifest, Outcome};
use crate::{
    pages::manifest::{kept, outcome::OUTCOME},
    prelude::*,
    ui::attention::{focus_soon, reveal_soon},
};

impl Manifest {
    /// *Check*: asks the cluster what it would store.
    pub(in crate::pages::manifest) fn check(self) {
        self.send(Busy::Checking);
    }

    /// *Update*.
    pub(in crate::pages::manifest) fn update(self) {
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
        let (client, place) = (self.client(), self.place());
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
        self.sends(&sent);
        self.begin();
        spawn_local(async move {
            let (kind, namespace, name) = &place;
            let answer = client
                .save_manifest((*kind, namespace, name), &based_on, &query, &body)
                .await;
            // The page may have been left meanwhile.
            if self.busy.try_set(None).is_some() {
                if busy == Busy::Updating && answer.is_ok() {
                    kept::forget(&place);
                }
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

    pub(super) fn refused(self, mut problem: Problem) {
        if problem.status == 404 {
            return self.went();
        }
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
}
