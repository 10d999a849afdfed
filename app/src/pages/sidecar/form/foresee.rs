//! What would come of the draft: asked of the server, which knows the workloads, a moment after each change.

use std::time::Duration;

use api::{
    lint::LintView,
    preview::PreviewSetting,
    setting::{LevelRef, OverriddenValue},
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

/// How long to wait after a change for the next one.
const TYPING: Duration = Duration::from_millis(300);

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

    /// Keeps [`Form::preview`] up to date while the draft has no mistakes.
    pub(in crate::pages::sidecar) fn foresee(self) {
        let asked = StoredValue::new(0_u32);
        let mut ask = debounce(TYPING, move |()| {
            let Some(wrong) = self.draft.try_with_untracked(|draft| !draft.wrong().is_empty()) else {
                return;
            };
            let question = asked.get_value() + 1;
            asked.set_value(question);
            if wrong {
                return;
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
                let (preview, foreseen) = match answer {
                    Ok(preview) => (Some(preview), Foreseen::Told),
                    Err(problem) => (None, Foreseen::Failed(problem.detail)),
                };
                self.preview.set(preview);
                self.foreseen().set(foreseen);
            });
        });
        // What was told is of another draft then; what others change meanwhile is told when it is known.
        Effect::new(move |_| {
            self.draft.track();
            if let Some(name) = self.name() {
                name.track();
            }
            self.foreseen().set(Foreseen::Working);
        });
        Effect::new(move |_| {
            self.draft.track();
            self.view.track();
            self.packet().track();
            self.reviewing().track();
            if let Some(name) = self.name() {
                name.track();
            }
            ask(());
        });
    }
}
