//! What would come of the draft: asked of the server, which knows the workloads, a moment after each change.

use std::time::Duration;

use api::{
    lint::LintView,
    preview::PreviewSetting,
    setting::{LevelRef, OverriddenValue},
    trace::TraceAnswer,
};
use domain::Field;
use leptos::{leptos_dom::helpers::debounce, task::spawn_local};

use crate::prelude::*;

use super::{
    super::{
        draft::Draft,
        inherited::{below, overruled},
    },
    Foreseen, Form,
};
use crate::components::live::{self, Kind};

/// How long to wait after a change for the next one.
const TYPING: Duration = Duration::from_millis(300);
/// How long remarks may be old while nothing is about to be saved: each preview looks at all workloads of the level, and in a
/// large cluster there is always a pod that comes or goes.
const UNHURRIED: Duration = Duration::from_secs(30);

impl Form {
    /// What is remarkable about a field as it stands in the form; nothing stands for what is about no field.
    pub(in crate::pages::sidecar) fn remarks(&self, field: Option<Field>) -> Vec<LintView> {
        let name = field.map(Field::name);
        self.preview.with(|preview| {
            let lints = preview.iter().flat_map(|preview| &preview.lints);
            lints
                .filter(|lint| lint.field.as_deref() == name)
                .cloned()
                .collect()
        })
    }

    /// What the field overrides as it stands in the form.
    pub(in crate::pages::sidecar) fn below(&self, field: Field) -> OverriddenValue {
        let level = LevelRef::from(&self.level());
        // As it is stored, until the server has looked at the draft.
        let foreseen = self.preview.with(|preview| {
            let preview = preview.as_ref()?;
            Some(below(&preview.in_force, &level, field))
        });
        foreseen.unwrap_or_else(|| self.view.with(|view| below(&view.in_force, &level, field)))
    }

    /// The other workload setting that wins the field for the same pods.
    pub(in crate::pages::sidecar) fn overruled(&self, field: Field) -> Option<OverriddenValue> {
        let level = LevelRef::from(&self.level());
        self.preview
            .with(|preview| overruled(&preview.as_ref()?.in_force, &level, field))
    }

    /// Where the packet as it stands would go, or why that cannot be said, once it is known.
    pub(in crate::pages::sidecar) fn tried(&self) -> Option<Result<TraceAnswer, String>> {
        let tried = self.fixed.with_value(|fixed| fixed.tried);
        let is_this = tried.with(|tried| self.packet().with(|packet| tried.as_ref() == Some(packet)));
        self.preview.with(|preview| {
            let preview = preview.as_ref().filter(|_| is_this)?;
            let answer = preview.trace.clone().map(Ok);
            answer.or_else(|| preview.trace_note.clone().map(Err))
        })
    }

    /// Asks what would come of the draft; `asked` counts the questions.
    fn ask(self, asked: StoredValue<u32>) {
        let Some(wrong) = self.draft.try_with_untracked(|draft| !draft.wrong().is_empty()) else {
            return;
        };
        let question = asked.get_value() + 1;
        asked.set_value(question);
        if self.gone().get_untracked() {
            let why = "its namespace is not there any more".to_owned();
            return self.foreseen().set(Foreseen::Failed(why));
        }
        let tried = self.fixed.with_value(|fixed| fixed.tried);
        if wrong {
            // Once the fields are corrected, what was told is of others.
            return tried.set(None);
        }
        let client = self.client();
        let preview = PreviewSetting {
            level: LevelRef::from(&self.level()),
            setting: Some(self.draft.with_untracked(Draft::to_save)),
            dry_run: self.reviewing().get_untracked(),
            packet: self
                .packet()
                .with_untracked(|packet| packet.read().is_ok().then(|| packet.clone())),
        };
        spawn_local(async move {
            let answer = client.preview_setting(&preview).await;
            if asked.try_get_value() != Some(question) {
                return;
            }
            // Where it cannot be told, nothing is: the form works without.
            let (told, foreseen) = match answer {
                Ok(told) => (Some(told), Foreseen::Told),
                Err(problem) => (None, Foreseen::Failed(problem.detail)),
            };
            tried.set(preview.packet);
            self.preview.set(told);
            self.foreseen().set(foreseen);
        });
    }

    /// Keeps [`Form::preview`] up to date while the draft has no mistakes.
    pub(in crate::pages::sidecar) fn foresee(self) {
        let asked = StoredValue::new(0_u32);
        let mut ask = debounce(TYPING, move |()| self.ask(asked));
        // What was told is of another draft then; what others change meanwhile is told when it is known.
        Effect::new(move |_| {
            self.draft.track();
            if let Some(name) = self.name() {
                name.track();
            }
            self.foreseen().set(Foreseen::Working);
        });
        let again = self.changes();
        let level = Memo::new(move |_| {
            self.view
                .with(|view| (view.stored.clone(), view.in_force.clone()))
        });
        Effect::new(move |_| {
            again.track();
            level.track();
            self.draft.track();
            self.packet().track();
            self.reviewing().track();
            self.gone().track();
            if let Some(name) = self.name() {
                name.track();
            }
            ask(());
        });
    }

    /// Tells when it is time to ask again because of what has changed in the cluster beside the level.
    fn changes(self) -> Trigger {
        let again = Trigger::new();
        live::on(&[Kind::Mesh], move || again.notify());
        let is_due = StoredValue::new(false);
        // Pods, and everything else that remarks are made from.
        live::on(&[Kind::Pods], move || {
            if self.dirty.get_untracked() && self.reviewing().get_untracked() {
                again.notify();
            } else if !is_due.get_value() {
                is_due.set_value(true);
                set_timeout(
                    move || {
                        // The page may have been left meanwhile.
                        if is_due.try_get_value().is_some() {
                            is_due.set_value(false);
                            again.notify();
                        }
                    },
                    UNHURRIED,
                );
            }
        });
        again
    }
}
