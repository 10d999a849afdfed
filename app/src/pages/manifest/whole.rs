//! The whole manifest, with what the cluster counts by itself.

use leptos::task::spawn_local;

use super::state::Manifest;
use crate::{prelude::*, ui::use_hydrated};

/// It, while it is wished for.
#[derive(Clone, Copy)]
pub(super) struct Whole {
    wanted: RwSignal<bool>,
    text: RwSignal<Option<String>>,
    /// Reads that were begun: the last counts.
    begun: StoredValue<u32>,
}

impl Whole {
    /// Not wished for yet; read anew whenever the manifest is another one.
    pub(super) fn of(manifest: Manifest) -> Self {
        let whole = Self {
            wanted: RwSignal::new(false),
            text: RwSignal::new(None),
            begun: StoredValue::new(0),
        };
        Effect::new(move |_| {
            if whole.wanted.get() {
                manifest.now.track();
                whole.read(manifest);
            } else {
                whole.begin();
                whole.text.set(None);
            }
        });
        whole
    }

    /// The text, once it is read.
    pub(super) fn text(self) -> Option<String> {
        self.text.get()
    }

    fn begin(self) -> u32 {
        self.begun.update_value(|begun| *begun += 1);
        self.begun.get_value()
    }

    fn read(self, manifest: Manifest) {
        let number = self.begin();
        let read = manifest.read(true);
        spawn_local(async move {
            let read = read.await;
            if self.begun.try_get_value() != Some(number) {
                return;
            }
            match read {
                Ok(view) => self.text.set(Some(view.yaml)),
                Err(problem) => {
                    self.wanted.set(false);
                    if problem.status == 404 {
                        manifest.went();
                    } else {
                        manifest
                            .say(&["The managed fields could not be read: ", &problem.to_string()].concat());
                    }
                }
            }
        });
    }
}

/// The box that wishes for it.
pub(super) fn tick(manifest: Manifest, whole: Whole) -> AnyView {
    let hydrated = use_hydrated();
    view! {
        <label class="tick">
            <input
                type="checkbox"
                disabled=move || !hydrated.get() || manifest.gone().get()
                prop:checked=whole.wanted
                on:change=move |event| whole.wanted.set(event_target_checked(&event))
            />
            " Show managed fields"
        </label>
    }
}
