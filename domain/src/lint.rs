//! Remarks about settings and the workloads that they are for: what does not do what it seems to, and what breaks.
//!
//! Three groups, each a function of what it needs to know:
//!
//! - [`values`]: what follows from the values in force alone ([`Context`] says whose they are).
//! - [`workload`]: what follows from a pod template, its containers and the Services that select it.
//! - [`mtls`]: what bypassing an inbound port does to clients that speak mTLS to it, and to policies ([`Policies`]).
//!
//! A remark is silent where it is not sure. Sources are the sections of spec/istio.md and spec/asm.md named at each
//! [`Code`].

mod code;
mod mtls;
mod policies;
mod refused;
mod values;
mod workload;

use serde::{Deserialize, Serialize};

pub use self::{
    code::{Code, Severity, UnknownCode},
    mtls::{Mtls, mtls},
    policies::{AuthorizationPolicy, DestinationRule, MtlsMode, PeerAuthentication, Policies, TlsMode},
    refused::{Outcome, outcome},
    values::{Context, inbound_bypasses, interception, values},
    workload::{Probe, Protocol, Service, ServicePort, TargetPort, Workload, WorkloadPort, workload},
};
use crate::field::Field;

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lint {
    /// Which remark it is; it has a severity and a title.
    pub code: Code,
    /// The field that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// What is so and why it matters; code stands between backticks.
    pub sentence: String,
    /// What to do.
    pub way_out: String,
    /// YAML that does it, ready to copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// The namespaces from which it can be felt, where that is the point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
}

impl Lint {
    /// A remark about a field, without YAML.
    pub(crate) fn of(
        code: Code,
        field: impl Into<Option<Field>>,
        sentence: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self {
            code,
            field: field.into(),
            sentence: sentence.into(),
            way_out: way_out.into(),
            snippet: None,
            clients: Vec::new(),
        }
    }
}

/// Brings remarks into the order in which they are shown: the worst first, then by code and field. What is said twice is
/// said once.
#[must_use]
pub fn in_order(mut lints: Vec<Lint>) -> Vec<Lint> {
    lints.sort_by(|a, b| {
        let key = |lint: &Lint| (lint.code.severity(), lint.code, lint.field);
        key(a).cmp(&key(b)).then_with(|| a.sentence.cmp(&b.sentence))
    });
    lints.dedup();
    lints
}

/// A few things in a sentence: `a`, `a and b`, `a, b and c`; beyond five, how many more there are.
pub(crate) fn listed<S: AsRef<str>>(items: &[S]) -> String {
    const TOLD: usize = 5;
    let quoted = |item: &S| format!("`{}`", item.as_ref());
    let more = items.len().saturating_sub(TOLD);
    let mut told: Vec<String> = items.iter().take(TOLD).map(quoted).collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    match told.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_listed_as_one_says_them() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(
            listed(&["a", "b", "c", "d", "e", "f", "g"]),
            "`a`, `b`, `c`, `d`, `e` and 2 more"
        );
    }

    #[test]
    fn the_worst_comes_first_and_nothing_twice() {
        let of = |code| Lint::of(code, None, "so", "do");
        let lints = in_order(vec![
            of(Code::ProbePortExcluded),
            of(Code::AutoMtlsBreaks),
            of(Code::ProbePortExcluded),
        ]);
        let codes: Vec<Code> = lints.iter().map(|lint| lint.code).collect();
        assert_eq!(codes, [Code::AutoMtlsBreaks, Code::ProbePortExcluded]);
    }
}
