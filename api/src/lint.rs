//! What is remarkable about settings and the workloads that they are for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::setting::FieldName;

/// A remark, and everything that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LintView {
    /// Which remark it is, in one word: `include-outbound-ports-without-effect`.
    #[schema(example = "include-outbound-ports-without-effect")]
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is called.
    pub title: String,
    /// The field that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldName>,
    /// What is so, and why it matters.
    pub sentence: String,
    /// What to do.
    pub way_out: String,
    /// YAML that does it, ready to copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// The namespaces with clients that feel it, as far as the caller may list their pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// What it is about: the first ten.
    pub about: Vec<About>,
    /// How many it is about.
    pub about_total: usize,
}

impl LintView {
    /// The remark about these things, `clients` as far as they may be told.
    #[must_use]
    pub fn of(lint: &domain::Lint, about: Vec<About>, about_total: usize, clients: Vec<String>) -> Self {
        Self {
            code: lint.code.to_string(),
            severity: lint.code.severity().into(),
            title: lint.code.title().to_owned(),
            field: lint.field.map(|field| field.name().to_owned()),
            sentence: lint.sentence.clone(),
            way_out: lint.way_out.clone(),
            snippet: lint.snippet.clone(),
            clients,
            about,
            about_total,
        }
    }
}

impl From<domain::lint::Severity> for Severity {
    fn from(severity: domain::lint::Severity) -> Self {
        match severity {
            domain::lint::Severity::Error => Self::Error,
            domain::lint::Severity::Warning => Self::Warning,
            domain::lint::Severity::Info => Self::Info,
        }
    }
}

/// How bad something is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Pods do not start, or traffic breaks.
    Error,
    /// It does not do what it seems to do.
    Warning,
    /// Worth knowing.
    Info,
}

/// A thing that a remark is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct About {
    /// `Global` or `SidecarSetting` for a setting, `Revision` for what Istio was installed with, `Deployment`,
    /// `StatefulSet`, `DaemonSet`, `Job`, or `Pod` for one that nobody owns.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Which remarks to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LintQuery {
    /// Only those about things in this namespace.
    pub namespace: Option<String>,
    /// Only those of this severity.
    pub severity: Option<Severity>,
    /// Only those with this code.
    pub code: Option<String>,
    /// Only those about things whose name contains this.
    pub q: Option<String>,
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A page of remarks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lints {
    /// The remarks, the worst first.
    pub items: Vec<LintView>,
    /// How many there are that match the filter.
    pub total: usize,
    /// Pass as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What could not be looked at, and why: remarks that need it are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
}
