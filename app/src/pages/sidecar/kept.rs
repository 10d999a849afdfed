//! Unsaved changes, kept in this tab for as long as it lives: nothing can stop the *Back* button.

use crate::prelude::*;
use domain::Level;
use web_sys::Storage;

use super::{draft::Draft, form::Base};

/// What a draft says, part by part.
type Parts = Vec<Option<Vec<String>>>;

/// The version and the parts that a draft began with, and the draft's.
type Kept = (Option<String>, Parts, Parts);

/// What is kept of a level: the draft, and what it began with.
pub(super) fn read(level: &Level) -> Option<(Base, Draft)> {
    let kept = storage()?.get_item(&key(level)).ok()??;
    let (version, base, draft): Kept = api::json::read(&kept).ok()?;
    let base = Base {
        version,
        draft: Draft::of_parts(base),
    };
    Some((base, Draft::of_parts(draft)))
}

/// Keeps a draft.
pub(super) fn write(level: &Level, base: &Base, draft: &Draft) {
    let kept: Kept = (base.version.clone(), base.draft.parts(), draft.parts());
    if let (Some(storage), Ok(kept)) = (storage(), serde_json::to_string(&kept)) {
        // Can only fail where the browser forbids storage or has no room: the draft then lasts as long as the page.
        let _ = storage.set_item(&key(level), &kept);
    }
}

/// Keeps nothing of a level.
pub(super) fn forget(level: &Level) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&key(level));
    }
}

fn key(level: &Level) -> String {
    match level {
        Level::Global => "draft".to_owned(),
        Level::Namespace(namespace) => ["draft/", namespace].concat(),
        Level::Workload { namespace, name } => ["draft/", namespace, "/", name].concat(),
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}
