//! Which value is in force for each field, where it came from and what it overrode.
//!
//! Built-in < install values < Global < Namespace < Workload < Pod. Per field the nearest level that sets it replaces all
//! others; nothing is ever united. *Explicitly empty* is a value and replaces too; *inherit* never does. Istio itself
//! does the same with the two levels it knows (the `annotation` helper of its injection template).

mod in_force;
mod origin;
mod resolve;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    in_force::{InForce, Overridden},
    origin::Origin,
};
use crate::{field::Field, install::InstallValues, traffic::Traffic, value::Value};

/// All that can set a field of one pod.
#[derive(Clone, Debug)]
pub struct Levels<'a> {
    /// The install values of the pod's revision.
    pub install: &'a InstallValues,
    /// The mesh's setting.
    pub global: Option<&'a Traffic>,
    /// The setting of the pod's namespace.
    pub namespace: Option<&'a Traffic>,
    /// The workload settings whose selector matches the pod, in any order.
    pub workloads: Vec<WorkloadLayer<'a>>,
    /// The annotations of the pod template, verbatim; only the six of Istio are looked at. For a pod that our webhook
    /// has seen, pass [`annotation::user_annotations`](crate::annotation::user_annotations).
    pub pod: &'a BTreeMap<String, String>,
}

/// A workload setting that matches the pod. The higher priority wins, then the alphabetically first name; field by
/// field, so that one setting can win a field that the other leaves alone.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadLayer<'a> {
    /// The setting's name.
    pub name: &'a str,
    /// Its `spec.priority`.
    pub priority: i32,
    /// Its six fields.
    pub traffic: &'a Traffic,
}

/// What is in force on a pod, field by field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effective([InForce; 6]);

impl Effective {
    /// Returns what is in force for the field.
    #[must_use]
    pub const fn get(&self, field: Field) -> &InForce {
        &self.0[field.index()]
    }

    /// Lists the six fields in the order of [`Field::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &InForce> {
        self.0.iter()
    }
}

/// Resolves the levels of one pod.
#[must_use]
pub fn resolve(levels: &Levels<'_>) -> Effective {
    let workloads = levels.ranked();
    Effective(Field::ALL.map(|field| resolve::in_force(field, levels, &workloads)))
}

impl<'a> Levels<'a> {
    /// Returns the install level alone: no setting of ours, no annotation.
    #[must_use]
    pub fn installed(install: &'a InstallValues) -> Self {
        static NO_ANNOTATIONS: BTreeMap<String, String> = BTreeMap::new();
        Self {
            install,
            global: None,
            namespace: None,
            workloads: Vec::new(),
            pod: &NO_ANNOTATIONS,
        }
    }

    /// Lists the workload settings, the winning one first.
    #[must_use]
    pub fn ranked(&self) -> Vec<WorkloadLayer<'a>> {
        let mut workloads = self.workloads.clone();
        workloads.sort_by(|one, other| {
            other
                .priority
                .cmp(&one.priority)
                .then_with(|| one.name.cmp(other.name))
        });
        workloads
    }

    /// Lists what our own settings say about the field, the nearest first; `workloads` are ranked.
    pub(crate) fn settings(
        &self,
        field: Field,
        workloads: &[WorkloadLayer<'a>],
    ) -> impl Iterator<Item = (Origin, &'a Value)> {
        let workloads = workloads.iter().filter_map(move |layer| {
            layer
                .traffic
                .get(field)
                .map(|value| (Origin::Workload(layer.name.to_owned()), value))
        });
        let of = move |traffic: Option<&'a Traffic>, origin| traffic?.get(field).map(|value| (origin, value));
        workloads
            .chain(of(self.namespace, Origin::Namespace))
            .chain(of(self.global, Origin::Global))
    }
}
