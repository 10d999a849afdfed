//! Restarts: a plan says which workloads are restarted, in which order, and which cannot be; a run carries it out.

use domain::restart::{ItemState, Order, RunState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::setting::FieldName;

/// What to restart, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanRestart {
    /// Which workloads.
    pub scope: Scope,
    /// How.
    #[serde(default)]
    pub options: RestartOptions,
    /// Why; it stands in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which workloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "is", deny_unknown_fields)]
pub enum Scope {
    /// Every workload with a pod that runs an old setting.
    Stale,
    /// The same in one namespace.
    Namespace {
        /// Its name.
        namespace: String,
    },
    /// The same as far as a change of a setting reaches.
    Change {
        /// The change's id.
        change: String,
    },
    /// These, whether their pods are stale or not: *Redeploy* and *Batch Redeploy*.
    Workloads {
        /// Which.
        workloads: Vec<WorkloadName>,
    },
}

/// A workload by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkloadName {
    /// `Deployment`, `StatefulSet`, `DaemonSet`; others are named in plans and never restarted.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// How a plan is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RestartOptions {
    /// At most so many workloads are restarted at a time (1 to 100).
    pub max_in_flight: usize,
    /// At most so many pods begin to be replaced in a second (1 to 100).
    pub pods_per_second: u32,
    /// So many seconds lie between the end of a wave and the next (at most 86400).
    pub pause_seconds: u32,
    /// What makes a wave: `{"by":"namespace"}`, `{"by":"label","key":"tier"}` or `{"by":"together"}`.
    #[schema(value_type = Object, example = json!({ "by": "namespace" }))]
    pub order: Order,
    /// At most so many workloads are in a wave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave_size: Option<usize>,
    /// Nothing more begins once a workload has failed.
    pub stop_on_failure: bool,
    /// Nothing more begins once more pods than this are missing, over all workloads of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<u32>,
    /// A workload fails when its new pods are not ready after so many seconds (10 to 86400).
    pub deadline_seconds: u32,
    /// Workloads of which all pods would be gone for a moment are restarted too.
    pub allow_interruption: bool,
    /// When workloads may begin; when it closes, the run pauses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<RestartWindow>,
}

impl Default for RestartOptions {
    fn default() -> Self {
        Self {
            max_in_flight: 2,
            pods_per_second: 5,
            pause_seconds: 0,
            order: Order::default(),
            wave_size: None,
            stop_on_failure: true,
            max_unavailable: None,
            deadline_seconds: 600,
            allow_interruption: false,
            window: None,
        }
    }
}

/// A window of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestartWindow {
    /// Nothing begins before, RFC 3339.
    pub from: String,
    /// Nothing begins from then on, RFC 3339.
    pub to: String,
}

/// What would be restarted: nothing has happened, and nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartPlan {
    /// Which workloads were asked for.
    pub scope: Scope,
    /// How.
    pub options: RestartOptions,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The workloads that will be restarted, in order.
    pub workloads: Vec<PlannedWorkload>,
    /// Those that need it and are left alone, and why.
    pub blocked: Vec<BlockedWorkload>,
    /// What to know about the whole: delivery that does not work, a change that reaches no workload.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// A workload that will be restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedWorkload {
    /// Which.
    #[serde(flatten)]
    pub workload: WorkloadName,
    /// Its wave, from 0 on.
    pub wave: usize,
    /// How many pods it has.
    pub pods: u32,
    /// How many of them run an old setting.
    pub stale_pods: u32,
    /// The fields in which they differ from what is in force; none: it was asked for by name.
    pub stale_fields: Vec<FieldName>,
    /// What to look at before, warnings first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<RestartRemark>,
}

/// What to look at before a workload is restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartRemark {
    /// In one word: `not-all-ready`, `interrupts`, `no-readiness-probe`, `budgets-unknown`, `autoscaler`, `owner`.
    pub code: String,
    /// Whether it speaks against the restart; otherwise it is only good to know.
    pub warning: bool,
    /// In a sentence.
    pub sentence: String,
}

/// A workload that is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockedWorkload {
    /// Which.
    #[serde(flatten)]
    pub workload: WorkloadName,
    /// How many of its pods run an old setting.
    pub stale_pods: u32,
    /// Why, in one word: `paused`, `on-delete`, `partition`, `bare-pod`, `job`, `foreign-owner`, `would-interrupt`,
    /// `disruption-budget`, `forbidden`, `not-found`, `no-pods`.
    pub code: String,
    /// Why, in a sentence.
    pub why: String,
    /// What to do about it.
    pub way_out: String,
}

/// A plan that is stored, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartRun {
    /// In short.
    #[serde(flatten)]
    pub row: RestartRow,
    /// How.
    pub options: RestartOptions,
    /// What is written into the templates, fixed when the plan was made, RFC 3339.
    pub restarted_at: String,
    /// The workloads, in order.
    pub workloads: Vec<RestartWorkload>,
    /// Those that need a restart and are left alone, and why.
    pub blocked: Vec<BlockedWorkload>,
    /// What to know about the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Why the caller may not carry it out or stop it; nothing where they may, or it is over. Told by `GET` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartRow {
    /// Its id.
    pub id: String,
    /// How it stands: `planned`, `running`, `paused`, `succeeded`, `failed`, `cancelled`.
    #[schema(value_type = String, example = "running")]
    pub state: RunState,
    /// Which workloads were asked for.
    pub scope: Scope,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the plan was made, RFC 3339.
    pub created: String,
    /// Who made it.
    pub created_by: String,
    /// Who answers for it: whoever started or resumed it last. Their rights are asked about before each workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// When it was started, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it was over, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// How many workloads stand how.
    pub counts: RestartCounts,
    /// How many waves there are.
    pub waves: usize,
    /// How many seconds it will still take, by what it has taken so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_seconds: Option<u64>,
    /// Why nothing more begins, once something failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping: Option<String>,
    /// Why it is paused or cancelled, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How many workloads stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartCounts {
    /// All.
    pub total: usize,
    /// Those whose turn has not come.
    pub waiting: usize,
    /// Those whose new pods are coming.
    pub restarting: usize,
    /// Those whose new pods are ready and carry the settings in force.
    pub done: usize,
    /// Those whose are not.
    pub failed: usize,
    /// Those that were not restarted, or not watched to their end.
    pub skipped: usize,
}

/// A workload of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartWorkload {
    /// As it was planned.
    #[serde(flatten)]
    pub planned: PlannedWorkload,
    /// How it stands: `waiting`, `restarting`, `done`, `failed`, `skipped`, `left` (begun, and the run was cancelled).
    #[schema(value_type = String, example = "restarting")]
    pub state: ItemState,
    /// Why, where it failed or was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When its restart began, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<String>,
    /// When it was over, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// The change in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}

/// Which runs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RestartQuery {
    /// Only those in this state.
    #[param(value_type = Option<String>, example = "running")]
    pub state: Option<RunState>,
    /// Only those that were planned from this change.
    pub change: Option<String>,
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// What can be done to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Carry the plan out.
    Start,
    /// Begin nothing more until it is resumed.
    Pause,
    /// Go on.
    Resume,
    /// Begin nothing more, for good.
    Cancel,
}

impl Command {
    /// Its name in the URL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }
}
