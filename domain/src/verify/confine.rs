//! Whom a temporary `Sidecar` is for: one workload and nobody else.

use std::collections::BTreeMap;

/// Labels that say which pod of a workload it is, or of which of its versions.
const OF_ONE_POD: [&str; 4] = [
    "pod-template-hash",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
];

type Labels = BTreeMap<String, String>;

/// Why no selector is for one workload alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAlone {
    /// There is nothing to select by.
    #[error("its pods have no label in common that a selector could name")]
    NoLabels,
    /// Another pod has them all.
    #[error("pod `{0}` of another workload has all of its labels: no selector is for it alone")]
    Shared(String),
}

/// Returns the labels that all of a workload's pods have and no other pod of the namespace has together.
///
/// # Errors
/// Where there are none.
pub fn exactly<'a>(
    own: impl IntoIterator<Item = &'a Labels>,
    others: impl IntoIterator<Item = (&'a str, &'a Labels)>,
) -> Result<Labels, NotAlone> {
    let mut own = own.into_iter();
    let mut common = own.next().cloned().unwrap_or_default();
    common.retain(|key, _| !OF_ONE_POD.contains(&key.as_str()));
    for labels in own {
        common.retain(|key, value| labels.get(key) == Some(value));
    }
    if common.is_empty() {
        return Err(NotAlone::NoLabels);
    }
    let mut others = others.into_iter();
    match others.find(|(_, labels)| selects(&common, labels)) {
        Some((name, _)) => Err(NotAlone::Shared(name.to_owned())),
        None => Ok(common),
    }
}

/// Returns whether a selector's labels are all among these.
#[must_use]
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}
