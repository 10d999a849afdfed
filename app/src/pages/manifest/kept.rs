//! An edit as it is kept in the tab while it is not stored.

use super::{
    Place,
    state::{Base, Manifest},
};
use crate::{
    components::kept::{self, keep},
    prelude::*,
};

/// The version and the text that were edited, and what was made of them.
type Kept = (String, String, String);

impl Manifest {
    /// Brings back what was typed on an earlier visit and not stored, and keeps what is typed on this one.
    pub(super) fn keep(self) {
        let now = move || {
            self.base.with(|base| {
                let kept = |draft: &String| serde_json::to_string(&(&base.version, &base.yaml, draft));
                self.draft.with(kept).ok()
            })
        };
        keep(key(&self.place()), self.dirty, now, move |kept| {
            if let Ok(kept) = api::json::read(kept) {
                self.bring_back(kept);
            }
        });
    }

    fn bring_back(self, (version, yaml, draft): Kept) {
        let differs = |other: &str| draft.trim_end() != other.trim_end();
        // What the cluster has by now needs no edit.
        if differs(&yaml) && self.now.with_untracked(|now| differs(&now.yaml)) {
            self.base.set(Base { yaml, version });
            self.draft.set(draft);
            self.editing.set(true);
            self.brought_back().set(true);
        }
    }
}

/// Said after a visit that ended without an update.
pub(super) fn brought_back(manifest: Manifest) -> AnyView {
    let discard = Callback::new(move |()| manifest.leave());
    view! { {move || (manifest.brought_back().get() && manifest.dirty.get()).then(|| kept::brought_back(discard))} }
}

/// Keeps nothing of an edit: it was stored after its page was left.
pub(super) fn forget(place: &Place) {
    kept::forget(&key(place));
}

fn key((kind, namespace, name): &Place) -> String {
    ["yaml", kind.plural(), namespace, name].join("/")
}
