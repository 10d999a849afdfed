//! PodDisruptionBudgets: which of them select a pod, and how many pods may be missing.

use std::collections::BTreeMap;

use domain::restart::Budget;
use k8s_openapi::{api::policy::v1::PodDisruptionBudget, apimachinery::pkg::apis::meta::v1::LabelSelector};
use kube::ResourceExt;

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

/// Whether a selector of Kubernetes selects these labels; an empty one selects everything.
fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    let named = selector.match_labels.iter().flatten();
    let expressions = selector.match_expressions.iter().flatten();
    named
        .into_iter()
        .all(|(key, value)| labels.get(key) == Some(value))
        && expressions.into_iter().all(|expression| {
            let value = labels.get(&expression.key);
            let listed = || {
                let values = expression.values.iter().flatten();
                value.is_some_and(|value| values.into_iter().any(|one| one == value))
            };
            match expression.operator.as_str() {
                "In" => listed(),
                "NotIn" => !listed(),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}
