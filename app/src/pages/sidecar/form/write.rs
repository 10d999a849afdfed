//! The writes, and what comes of them.

use api::{
    Problem,
    setting::{DeleteSetting, SaveSetting, SettingView},
};
use domain::Level;
use leptos::task::spawn_local;

use crate::prelude::*;

use super::{
    super::{
        actions::SAVE,
        draft::{Change, Draft},
        saved::OUTCOME,
    },
    Base, Form,
    mistake::has_place,
};
use crate::ui::{attention::reveal_soon, steady::land_on};

/// A write that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages::sidecar) struct Saved {
    /// What it changed.
    pub(in crate::pages::sidecar) changes: Vec<Change>,
    /// It removed the whole level.
    pub(in crate::pages::sidecar) reset: bool,
    /// The change in the history.
    pub(in crate::pages::sidecar) change: Option<String>,
    /// What the writer should know all the same.
    pub(in crate::pages::sidecar) notices: Vec<String>,
}

/// A write under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages::sidecar) enum Busy {
    /// *Update Settings*.
    Saving,
    /// *Reset to inherited*.
    Resetting,
}

impl Form {
    /// Saves the draft.
    pub(in crate::pages::sidecar) fn save(self) {
        let sent = self.draft.get_untracked();
        let base = self.base.get_untracked();
        let setting = SaveSetting {
            reason: self.reason_given(),
            override_owner: self.overrides_owner().get_untracked(),
            ..sent.to_save()
        };
        let (client, level) = (self.client(), self.level());
        self.begin(Busy::Saving);
        spawn_local(async move {
            let answer = client.save_setting(&level, &base.precondition(), &setting).await;
            self.done(answer, &base, Some(sent));
        });
    }

    /// Removes the level's setting.
    pub(in crate::pages::sidecar) fn reset(self) {
        let base = self.view.with_untracked(Base::of);
        let (client, level) = (self.client(), self.level());
        let how = DeleteSetting {
            reason: self.reason_given(),
            override_owner: self.overrides_owner().get_untracked(),
        };
        self.begin(Busy::Resetting);
        spawn_local(async move {
            let answer = client.delete_setting(&level, &base.precondition(), &how).await;
            self.done(answer, &base, None);
        });
    }

    /// Why, where somebody said.
    fn reason_given(self) -> Option<String> {
        let reason = self.reason.with_untracked(|reason| reason.trim().to_owned());
        Some(reason).filter(|reason| !reason.is_empty())
    }

    fn begin(self, busy: Busy) {
        self.busy.set(Some(busy));
        self.problem.set(None);
        self.refused.set(None);
        self.saved.set(None);
    }

    /// `sent` is what was saved; nothing: the level was reset.
    fn done(self, answer: Result<SettingView, Problem>, base: &Base, sent: Option<Draft>) {
        // The page may have been left meanwhile.
        let Some(writes) = self.writes.try_get_value() else {
            return;
        };
        self.writes.set_value(writes + 1);
        self.busy.set(None);
        match answer {
            Ok(view) => self.succeeded(view, base, sent),
            Err(problem) => self.failed(problem, sent),
        }
        // What was told while the answer was on its way was not listened to.
        self.read_again();
    }

    fn succeeded(self, view: SettingView, before: &Base, sent: Option<Draft>) {
        let now = Base::of(&view);
        let saved = Saved {
            // As it is stored, which need not be as it was typed.
            changes: now.draft.changes(&before.draft),
            reset: sent.is_none(),
            change: view.change.clone(),
            notices: view.notices.clone(),
        };
        // What was typed while the answer was on its way is the next change.
        if sent.is_none_or(|sent| self.draft.with_untracked(|draft| *draft == sent)) {
            self.draft.set(now.draft.clone());
        }
        self.base.set(now);
        self.view.set(view);
        self.reason.set(String::new());
        self.overrides_owner().set(false);
        self.brought_back.set(false);
        self.say(match (saved.reset, self.name().is_some(), self.level()) {
            (true, _, Level::Workload { .. }) => "Setting deleted",
            (true, ..) => "Reset to inherited",
            (false, true, _) => "Setting created",
            (false, false, _) => "Settings updated",
        });
        if saved.reset {
            // The dialog gave the focus back to a button that has gone since.
            land_on(SAVE);
        }
        self.saved.set(Some(saved));
        reveal_soon(OUTCOME);
    }

    fn failed(self, mut problem: Problem, sent: Option<Draft>) {
        let current = problem.current.take();
        let current = current.and_then(|current| api::json::read_value(current).ok());
        if self.name().is_some() && problem.status == 412 {
            "A setting with this name exists already".clone_into(&mut problem.title);
            "Nothing was written: the setting that has this name is as it was."
                .clone_into(&mut problem.detail);
            problem.way_out = Some("choose another name, or edit that setting".to_owned());
        } else if let Some(view) = current {
            self.take(view);
            if self.dirty.get_untracked() {
                self.choosing.set(true);
                self.say("This level was changed meanwhile: both versions are shown");
                return;
            }
        }
        if let Some(sent) = sent {
            let (here, elsewhere): (Vec<_>, Vec<_>) = std::mem::take(&mut problem.errors)
                .into_iter()
                .partition(has_place);
            self.refused.set((!here.is_empty()).then_some((sent, here)));
            problem.errors = elsewhere;
        }
        self.say(problem.title.clone());
        self.problem.set(Some(problem));
        reveal_soon(OUTCOME);
    }
}
