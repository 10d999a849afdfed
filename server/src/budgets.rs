//! PodDisruptionBudgets: which of them select a pod, and how many pods may be missing.

use std::collections::BTreeMap;

use domain::restart::Budget;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::ResourceExt;

use crate::selector::selects;

type Labels = BTreeMap<String, String>;

/// Those of `all` that select a pod with these labels.
#[must_use]
pub(crate) fn selecting(all: &[PodDisruptionBudget], namespace: &str, labels: &Labels) -> Vec<Budget> {
    let selecting = all.iter().filter(|budget| {
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        budget.namespace().as_deref() == Some(namespace)
            && selector.is_some_and(|selector| selects(selector, labels))
    });
    let allowed = |budget: &PodDisruptionBudget| {
        let status = budget.status.as_ref();
        status.map_or(0, |status| {
            u32::try_from(status.disruptions_allowed).unwrap_or_default()
        })
    };
    let budgets = selecting.map(|budget| Budget {
        name: budget.name_any(),
        allowed: allowed(budget),
        taken: 0,
    });
    budgets.collect()
}
