//! The level as it is in the cluster, while somebody works in the form.

use api::setting::SettingView;
use domain::Level;
use leptos::task::spawn_local;

use crate::prelude::*;

use super::{Base, Form, as_new};

/// What is said where the level has gone.
pub(in crate::pages::sidecar) const GONE: &str = "The namespace of this setting is not there any more";

impl Form {
    /// Takes the level as it is now. A draft with changes stays, on its own base, unless they come to the same.
    pub(super) fn take(&self, view: SettingView) {
        let now = Base::of(&view);
        // Most of what happens in the cluster changes nothing here.
        if self.view.with_untracked(|last| *last != view) {
            self.view.set(view);
        }
        let dirty = self.dirty.get_untracked();
        let same = self.base.with_untracked(|base| !base.draft.is_dirty(&now.draft));
        let agrees = self.draft.with_untracked(|draft| !draft.is_dirty(&now.draft));
        // What is begun in an input and changes nothing yet is not taken away either.
        if !dirty && !same {
            self.draft.set(now.draft.clone());
        }
        if (!dirty || same || agrees) && self.base.with_untracked(|last| *last != now) {
            self.base.set(now);
        }
    }

    /// Reads the level again, because something has changed somewhere. While a write is under way it is left to what comes of
    /// that.
    pub(in crate::pages::sidecar) fn read_again(self) {
        if self.busy.with_untracked(Option::is_some) || self.gone().get_untracked() {
            return;
        }
        let client = self.client();
        let is_new = self.name().is_some();
        let level = match self.place() {
            Level::Workload { namespace, .. } if is_new => Level::Namespace(namespace),
            level => level,
        };
        // A workload setting is a thing of its own, which can go alone; the other levels go with their namespace.
        let can_go = matches!(level, Level::Workload { .. });
        if can_go && self.view.with_untracked(|view| view.stored.is_none()) {
            return;
        }
        let began = self.writes.get_value();
        spawn_local(async move {
            let answer = client.setting(&level).await;
            if self.writes.try_get_value() != Some(began) || self.busy.try_get_untracked() != Some(None) {
                return;
            }
            match answer {
                Ok(view) if is_new => self.take(as_new(view)),
                Ok(view) => self.take(view),
                Err(problem) if problem.status == 404 && can_go => {
                    let view = self.view.get_untracked();
                    self.take(SettingView { stored: None, ..view });
                }
                // What is typed stays where it is: it may be wanted elsewhere.
                Err(problem) if problem.status == 404 => {
                    self.gone().set(true);
                    self.say(GONE);
                }
                // Told by the page's header; what is shown here stays.
                Err(_) => {}
            }
        });
    }
}
