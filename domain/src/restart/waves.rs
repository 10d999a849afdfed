//! In which order workloads are restarted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What makes a wave. A wave begins when all workloads of the one before are over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "by", deny_unknown_fields)]
pub enum Order {
    /// A namespace is a wave, by name.
    #[default]
    Namespace,
    /// The workloads whose label has the same value are a wave, by value; those without it come last.
    Label {
        /// The label of the workload's pod template.
        key: String,
    },
    /// All are one wave.
    Together,
}

/// The wave of each workload, from 0 on, in the order to restart them: pairs of an index into `workloads` and a wave.
/// Each workload is its namespace, its name and its template's labels. At most `size` workloads are in a wave.
#[must_use]
pub fn waves(
    workloads: &[(&str, &str, &BTreeMap<String, String>)],
    order: &Order,
    size: Option<usize>,
) -> Vec<(usize, usize)> {
    let group = |index: usize| -> Option<&str> {
        let (namespace, _, labels) = workloads[index];
        match order {
            Order::Namespace => Some(namespace),
            Order::Label { key } => labels.get(key).map(String::as_str),
            Order::Together => Some(""),
        }
    };
    let mut sorted: Vec<usize> = (0..workloads.len()).collect();
    sorted.sort_by_key(|&index| {
        let (namespace, name, _) = workloads[index];
        let group = group(index);
        (group.is_none(), group, namespace, name)
    });
    let size = size.unwrap_or(usize::MAX).max(1);
    let (mut wave, mut in_wave) = (0, 0);
    let mut last = None;
    sorted
        .into_iter()
        .map(|index| {
            let this = group(index);
            if last.is_some_and(|last| last != this) || in_wave == size {
                (wave, in_wave) = (wave + 1, 0);
            }
            (last, in_wave) = (Some(this), in_wave + 1);
            (index, wave)
        })
        .collect()
}
