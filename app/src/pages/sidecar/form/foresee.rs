//! What would come of the draft: asked of the server, which knows the workloads, a moment after each change.

use std::time::Duration;

use api::{preview::PreviewSetting, setting::LevelRef};
use leptos::{leptos_dom::helpers::debounce, prelude::*, task::spawn_local};

use super::Form;

/// How long to wait after a change for the next one.
const TYPING: Duration = Duration::from_millis(300);

impl Form {
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
                setting: self.draft.with_untracked(|draft| draft.to_save("")),
            };
            spawn_local(async move {
                // Where it cannot be told, nothing is: the form works without.
                if let Ok(preview) = client.preview_setting(&preview).await
                    && asked.try_get_value() == Some(question)
                {
                    self.preview.set(Some(preview));
                }
            });
        });
        Effect::new(move |_| {
            self.draft.track();
            self.view.track();
            ask(());
        });
    }
}
