//! Which workloads and pods a change reaches: each judged twice, with the settings as they are and as they would be.

use std::collections::HashMap;

use api::preview::{Impact, Shield};
use domain::{Effective, Field, Origin, SidecarSetting as Setting};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::{
    caller::Visible,
    cluster::{
        pods::{Judge, origin_word},
        template::NextPod,
        workloads::Workload,
    },
};

/// A change of one level.
pub(super) struct Change<'a> {
    /// The settings as they are.
    pub(super) now: &'a Judge<'a>,
    /// The settings as they would be.
    pub(super) then: &'a Judge<'a>,
    /// How values of the level are named.
    pub(super) origin: Origin,
    /// The fields that the level would say something else of.
    pub(super) fields: Vec<Field>,
}

/// What it does to one workload's next pod.
pub(super) struct Effect {
    /// The fields of which it gets something else.
    pub(super) changes: Vec<Field>,
    /// The changed fields that something nearer keeps as they are.
    pub(super) shielded: Vec<Shield>,
}

impl Effect {
    /// Whether everything that the level changes stays as it is here.
    pub(super) fn is_shielded(&self) -> bool {
        self.changes.is_empty() && !self.shielded.is_empty()
    }
}

impl Change<'_> {
    /// The fields that differ between two states of a level.
    pub(super) fn fields(before: Option<&Setting>, after: Option<&Setting>) -> Vec<Field> {
        let said = |setting: Option<&Setting>, field| setting.and_then(|s| s.traffic.get(field).cloned());
        let differs = |field: &Field| said(before, *field) != said(after, *field);
        Field::ALL.into_iter().filter(differs).collect()
    }

    fn effect(&self, now: &Effective, then: &Effective) -> Effect {
        let differs = |field: &Field| now.get(*field).text != then.get(*field).text;
        let changes = Field::ALL.into_iter().filter(differs).collect();
        let kept = self.fields.iter().filter(|field| !differs(field));
        let shielded = kept.filter_map(|field| {
            let origin = &then.get(*field).origin;
            origin.shields_from(&self.origin).then(|| Shield {
                field: field.name().to_owned(),
                origin: origin_word(origin),
            })
        });
        Effect {
            changes,
            shielded: shielded.collect(),
        }
    }

    /// The next pod of a workload as it would be, and what the change does to it; nothing where settings have no effect on it.
    pub(super) fn of_workload(&self, workload: &Workload<'_>) -> (NextPod, Effect) {
        let then = self.then.next_pod(workload.namespace, workload.template);
        let effect = if then.not_applicable.is_some() {
            Effect {
                changes: Vec::new(),
                shielded: Vec::new(),
            }
        } else {
            let now = self.now.next_pod(workload.namespace, workload.template);
            self.effect(&now.effective, &then.effective)
        };
        (then, effect)
    }

    /// Counts the running pods that the caller sees; `includes` says in which namespaces there may be any, `is_for` whom the
    /// level is for. Answers too how many pods of each workload would be stale, by namespace, kind and name.
    pub(super) fn of_pods(
        &self,
        visible: &Visible,
        includes: impl Fn(&str) -> bool,
        is_for: impl Fn(&Pod) -> bool,
    ) -> (Impact, HashMap<(String, String, String), usize>) {
        let mut impact = Impact::default();
        let mut stale = HashMap::new();
        for pod in self.now.stores.pods.state() {
            let namespace = pod.namespace().unwrap_or_default();
            if !includes(&namespace) || !visible.includes(&namespace) {
                continue;
            }
            let now = self.now.judge(&pod);
            if !now.row.state.applies() || pod.metadata.deletion_timestamp.is_some() {
                continue;
            }
            let then = self.then.judge(&pod);
            let effect = self.effect(&now.effective, &then.effective);
            let is_changed = !effect.changes.is_empty();
            if !is_changed && !is_for(&pod) {
                continue;
            }
            let (before, after) = (now.row.state.is_stale(), then.row.state.is_stale());
            impact.pods_changed += usize::from(is_changed);
            impact.pods_shielded += usize::from(effect.is_shielded());
            impact.stale_before += usize::from(before);
            impact.stale_after += usize::from(after);
            impact.newly_stale += usize::from(after && !before);
            if after {
                let (kind, name) = match then.row.owner {
                    Some(owner) => (owner.kind, owner.name),
                    None => ("Pod".to_owned(), then.row.name),
                };
                *stale.entry((namespace, kind, name)).or_default() += 1;
            }
        }
        (impact, stale)
    }
}
