//! What our webhook writes on a pod that is being created.

use std::collections::{BTreeMap, BTreeSet};

use super::{APPLIED, Marker, STATUS};
use crate::{effective::Levels, field::Field};

/// A change of a pod's annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Annotations to add, or to replace where they are ours.
    pub set: BTreeMap<String, String>,
    /// Annotations to remove; all of them are there.
    pub remove: BTreeSet<String>,
    /// What the person who creates the pod should be told.
    pub warning: Option<String>,
}

impl Patch {
    /// Says whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }

    /// Makes the change.
    pub fn apply(&self, annotations: &mut BTreeMap<String, String>) {
        for key in &self.remove {
            annotations.remove(key);
        }
        annotations.extend(self.set.iter().map(|(key, text)| (key.clone(), text.clone())));
    }
}

/// Plans the annotations of a pod under admission. Of `levels` only Global, Namespace and Workload are looked at: the pod's
/// own annotations are `annotations`, and what Istio's install values say Istio reads itself.
///
/// Absent keys are added. Present keys are not touched, except those that a valid marker lists as ours: the pod is a copy
/// of one we wrote to, and they are recomputed, or removed if no level sets them now. A pod that Istio's injector has
/// already seen is left alone: its rules are decided, so where there would be something to write there is a warning
/// instead.
#[must_use]
pub fn plan(annotations: &BTreeMap<String, String>, levels: &Levels<'_>) -> Patch {
    let before = Marker::among(annotations);
    let workloads = levels.ranked();
    let mut patch = Patch::default();
    let mut written = BTreeMap::new();
    for field in Field::ALL {
        let key = field.annotation();
        let present = annotations.get(key);
        let ours = before.as_ref().is_some_and(|marker| marker.lists(field));
        if present.is_some() && !ours {
            continue;
        }
        if let Some((origin, value)) = levels.settings(field, &workloads).next() {
            let text = value.to_istio();
            if present != Some(&text) {
                patch.set.insert(key.to_owned(), text.clone());
            }
            written.insert(field, (origin, text));
        } else if present.is_some() {
            patch.remove.insert(key.to_owned());
        }
    }
    let present = annotations.get(APPLIED);
    match Marker::new(&written).map(|marker| marker.to_string()) {
        Some(text) if present != Some(&text) => {
            patch.set.insert(APPLIED.to_owned(), text);
        }
        None if present.is_some() => {
            patch.remove.insert(APPLIED.to_owned());
        }
        _ => {}
    }
    if annotations.contains_key(STATUS) && !patch.is_empty() {
        return Patch {
            warning: Some(too_late(&patch)),
            ..Patch::default()
        };
    }
    patch
}

fn too_late(patch: &Patch) -> String {
    let keys = patch
        .set
        .keys()
        .chain(&patch.remove)
        .filter(|key| *key != APPLIED);
    let names: Vec<&str> = keys.map(|key| key.rsplit('/').next().unwrap_or(key)).collect();
    let what = if names.is_empty() {
        "its settings".to_owned()
    } else {
        names.join(", ")
    };
    format!(
        "sidestep: Istio's injector has already seen this pod, so {what} cannot be applied; \
         remove the annotation {STATUS} and the injected containers, or check that sidestep's webhook runs first"
    )
}
