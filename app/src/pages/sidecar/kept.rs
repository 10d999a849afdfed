//! A draft as it is kept in the tab while it is not saved.

use domain::Level;

use super::{draft::Draft, form::Base};

/// What a draft says, part by part.
type Parts = Vec<Option<Vec<String>>>;

/// The version and the parts that a draft began with, and the draft's.
type Kept = (Option<String>, Parts, Parts);

/// What was kept: the draft, and what it began with.
pub(super) fn read(kept: &str) -> Option<(Base, Draft)> {
    let (version, base, draft): Kept = api::json::read(kept).ok()?;
    let base = Base {
        version,
        draft: Draft::of_parts(base),
    };
    Some((base, Draft::of_parts(draft)))
}

/// What is kept.
pub(super) fn text(base: &Base, draft: &Draft) -> Option<String> {
    let kept: Kept = (base.version.clone(), base.draft.parts(), draft.parts());
    serde_json::to_string(&kept).ok()
}

/// What a level's draft is kept under.
pub(super) fn key(level: &Level) -> String {
    match level {
        Level::Global => "draft".to_owned(),
        Level::Namespace(namespace) => ["draft/", namespace].concat(),
        Level::Workload { namespace, name } => ["draft/", namespace, "/", name].concat(),
    }
}
