//! The history: who changed what, from what to what, and what came of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A change: an intent, and its outcome once there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The change's id.
    pub id: String,
    /// When the intent was recorded, RFC 3339.
    pub at: String,
    /// Who: the user that the cluster knows; of a change from outside the field manager, or `unknown`.
    pub actor: String,
    /// What was done.
    pub action: Action,
    /// To what.
    pub target: Target,
    /// Why, where the actor said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The state before; absent: there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<serde_json::Value>,
    /// The state asked for; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<serde_json::Value>,
    /// With `changed-outside`: what is known of who did it. The actor then is a field manager, no user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
    /// The id of the change that this one was to undo; absent: it was made for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The hash of the newest event of this change in the chain, in hex.
    pub hash: String,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A setting was saved.
    SaveSetting,
    /// A setting was removed, so that the level inherits everything.
    DeleteSetting,
    /// A pod was deleted.
    DeletePod,
    /// A pod was evicted.
    EvictPod,
    /// A workload was restarted.
    RestartWorkload,
    /// The manifest of a workload was edited.
    EditWorkload,
    /// The outbound traffic policy of a revision was saved, in its mesh configuration.
    SaveOutboundPolicy,
    /// A container for debugging was added to a pod, to ask from there. It stays until the pod ends.
    AddDebugContainer,
    /// A `Sidecar` was made that lets a workload's Envoy refuse what nothing declares, for as long as a verification takes.
    AddTemporarySidecar,
    /// It was removed.
    RemoveTemporarySidecar,
    /// Somebody changed it beside Sidestep: with `kubectl`, an installer, or a controller.
    ChangedOutside,
}

/// What is known of a change that was made beside Sidestep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outside {
    /// The field manager that the cluster noted, such as `kubectl-edit`; absent: it notes none, as of a removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// When the cluster noted it, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Whether no console watched the cluster then: it may be several changes, recorded as one when one watched again.
    #[serde(default)]
    pub while_away: bool,
}

/// The thing that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Target {
    /// `SidecarSetting`, `Pod`, `ConfigMap`, `Deployment`, `StatefulSet`, `DaemonSet` or `Sidecar`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// In one word.
    pub state: OutcomeState,
    /// When it was recorded, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// In a sentence, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What came of a change, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeState {
    /// No outcome is recorded yet.
    Pending,
    /// The cluster took it.
    Succeeded,
    /// The cluster has not taken it.
    Failed,
    /// The console stopped in between and the cluster has since moved on: it cannot be told.
    Unknown,
}

/// How a change is reverted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevertChange {
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Do it although the owner of what is stored will undo it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub override_owner: bool,
    /// The newest change of the same setting after the one that is reverted, by its id: what it did is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_later: Option<String>,
}

/// Which changes to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only by this actor.
    pub actor: Option<String>,
    /// Only of things in this namespace.
    pub namespace: Option<String>,
    /// Only of things of this kind: `SidecarSetting`, `Pod`, `ConfigMap`, `Deployment`, `StatefulSet`, `DaemonSet` or
    /// `Sidecar`.
    pub kind: Option<String>,
    /// Only of things with this name.
    pub name: Option<String>,
    /// Only of this action.
    pub action: Option<Action>,
    /// Only with this outcome.
    pub outcome: Option<OutcomeState>,
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}
