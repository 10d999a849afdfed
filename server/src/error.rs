//! What can go wrong, in the server's own words; [`Error::problem`] is the only place where that becomes HTTP.
//!
//! Handlers and everything below them return [`Error`]. What the user reads (a [`Problem`]) is kept apart from what the
//! log gets (the source error, once, when the response is made).

use api::{FieldProblem, Problem, audit::Change};
use axum::response::{IntoResponse, Response};
use domain::restart::RunState;
use http::{HeaderValue, StatusCode, header};

/// A refusal or a failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body or the query breaks rules.
    #[error("{} field(s) refused", .0.len())]
    Invalid(Vec<FieldProblem>),
    /// The body could not be read at all.
    #[error("unreadable request: {0}")]
    Unreadable(String),
    /// The body is not of a type that we read.
    #[error("the body is not JSON")]
    NotJson,
    /// The body is longer than we take.
    #[error("the body is too long")]
    TooLong,
    /// Nothing has this name.
    #[error("{0} does not exist")]
    NotFound(String),
    /// A write without `If-Match` or `If-None-Match: *`.
    #[error("the write does not say what it is based on")]
    NoPrecondition,
    /// `If-Match` or `If-None-Match` in a form that we do not take.
    #[error("unusable precondition: {0}")]
    BadPrecondition(String),
    /// The thing is no longer what the write was based on.
    #[error("{what} changed meanwhile")]
    ChangedMeanwhile {
        /// What changed.
        what: String,
        /// How it is now, as `GET` would answer.
        current: Option<serde_json::Value>,
    },
    /// Somebody else owns the thing and would undo the change.
    #[error("{what} belongs to {}", .owner.named())]
    Owned {
        /// The thing.
        what: String,
        /// Who owns it.
        owner: Box<domain::Owner>,
        /// How to say that it shall be done all the same.
        say: &'static str,
    },
    /// The text of a mesh configuration cannot be changed safely.
    #[error("{what}: {refusal}")]
    MeshConfigRefused {
        /// The thing.
        what: String,
        /// Why, and the lines to put there by hand.
        refusal: Box<crate::mesh_config::Refusal>,
    },
    /// The caller could not be told.
    #[error("not authenticated: {0}")]
    Unauthenticated(String),
    /// The cluster does not let the caller do this.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// The cluster's own rules refused it: schema, policy, quota, webhook.
    #[error("the cluster refused: {message}")]
    ClusterRefused {
        /// The cluster's words.
        message: String,
        /// The fields that it named.
        errors: Vec<FieldProblem>,
    },
    /// A run is not in a state in which this can be done.
    #[error("{what} is {state:?}: it cannot be told to {doing}")]
    WrongState {
        /// What was asked for.
        doing: &'static str,
        /// Of what.
        what: String,
        /// How it stands.
        state: RunState,
        /// The same in full, as `GET` would answer.
        current: Option<serde_json::Value>,
    },
    /// The console's own account may not do what it would have to.
    #[error("the console's account is not allowed: {0}")]
    ExecutorForbidden(String),
    /// A PodDisruptionBudget does not let a pod go now.
    #[error("a PodDisruptionBudget does not allow it: {0}")]
    DisruptionBudget(String),
    /// The console's own account could not undo what it is asked to do for a while.
    #[error("the console's account could not undo it: {0}")]
    CannotUndo(String),
    /// What is done has effects beyond what was asked, and has to be confirmed.
    #[error("not confirmed: {0}")]
    Unconfirmed(String, Box<api::verification::ToConfirm>),
    /// Something is there already beside which this would have no certain effect.
    #[error("{0}")]
    InTheWay(String),
    /// A `Sidecar` keeps a policy from reaching a pod; what can be done about it.
    #[error("{0}")]
    OwnPolicy(String, &'static str),
    /// What a change did is not put back by another one.
    #[error("{why}")]
    NotReverted {
        /// Why not.
        why: String,
        /// What can be done about it.
        way_out: &'static str,
    },
    /// What a change made of a thing is no longer what is there.
    #[error("{what} was changed again")]
    ChangedSince {
        /// What was changed.
        what: String,
        /// The newest change since, where one is recorded.
        later: Option<Box<Change>>,
    },
    /// Too much of it is under way.
    #[error("{0}")]
    Busy(String),
    /// `SidecarSetting` is not known to the cluster.
    #[error("the SidecarSetting resource is not installed")]
    NotInstalled,
    /// The cluster did not answer.
    #[error("the cluster did not answer: {0}")]
    ClusterUnreachable(String),
    /// The console does not know enough of the cluster yet.
    #[error("the console is still reading the cluster: {0}")]
    NotReady(String),
    /// The history takes no record, so nothing was changed.
    #[error("the history cannot be written")]
    HistoryUnwritable(#[source] sqlx::Error),
    /// The history cannot be read.
    #[error("the history cannot be read")]
    HistoryUnreadable(#[source] sqlx::Error),
    /// Anything else the cluster answered.
    #[error(transparent)]
    Kube(Box<kube::Error>),
}

impl Error {
    /// One refused field.
    pub fn field(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem::new(path, message)])
    }

    /// The problem document for this error.
    #[must_use]
    #[expect(
        clippy::too_many_lines,
        reason = "an arm an error, and nowhere else do they become HTTP"
    )]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Invalid(errors) => {
                Problem::new(422, "invalid", "The request breaks rules", self.invalid_detail(errors))
                    .with_way_out("change the fields named in `errors` and send it again")
                    .with_errors(errors.clone())
            }
            Self::Unreadable(why) => Problem::new(400, "unreadable", "The request could not be read", why),
            Self::NotJson => Problem::new(415, "not-json", "The body is not JSON", "send `content-type: application/json`"),
            Self::TooLong => Problem::new(413, "too-long", "The body is too long", "a setting has at most 64 KiB, a manifest 2 MiB"),
            Self::NotFound(what) => Problem::new(404, "not-found", "There is no such thing", format!("{what} does not exist")),
            Self::NoPrecondition => Problem::new(
                428,
                "precondition-required",
                "The write does not say what it is based on",
                "without `If-Match` a write could undo somebody else's",
            )
            .with_way_out(
                "read the thing first and send its version as `If-Match: \"<version>\"`; to create it, send `If-None-Match: *`",
            ),
            Self::BadPrecondition(why) => Problem::new(400, "bad-precondition", "The precondition cannot be used", why)
                .with_way_out("send `If-Match: \"<version>\"` with one quoted version, or `If-None-Match: *`"),
            Self::ChangedMeanwhile { what, current } => Problem {
                current: current.clone(),
                ..Problem::new(
                    412,
                    "changed-meanwhile",
                    "Somebody else was quicker",
                    format!("{what} is no longer what this write was based on; nothing was changed"),
                )
                .with_way_out("look at `current`, decide what to keep, and send it again with the new version")
            },
            Self::Owned { what, owner, say } => Problem::new(
                409,
                "owned",
                "Its owner would undo this",
                format!("{what} belongs to {}; nothing was changed. {}", owner.named(), owner.effect()),
            )
            .with_way_out(format!("{}; to change it here all the same, send {say}", owner.instead())),
            Self::MeshConfigRefused { what, refusal } => Problem::new(
                422,
                "mesh-config-refused",
                "This mesh configuration is not changed by a program",
                format!("{what}: {refusal}; nothing was changed"),
            )
            .with_way_out(format!("put these lines there by hand: `{}`", refusal.snippet.trim_end().replace('\n', "`, `"))),
            Self::Unauthenticated(why) => Problem::new(401, "unauthenticated", "The cluster does not know the caller", why)
                .with_way_out("send a token of the cluster as `Authorization: Bearer …`"),
            Self::Forbidden(what) => Problem::new(403, "forbidden", "The cluster does not allow this", what)
                .with_way_out("ask for the Kubernetes role that allows it"),
            Self::ClusterRefused { message, errors } => {
                Problem::new(422, "cluster-refused", "The cluster refused the change", message.clone())
                    .with_errors(errors.clone())
            }
            Self::WrongState { doing, what, state, current } => Problem {
                current: current.clone(),
                ..Problem::new(
                    409,
                    "wrong-state",
                    "That cannot be done now",
                    format!("{what} is {}: it cannot be told to {doing}", format!("{state:?}").to_lowercase()),
                )
                .with_way_out("look at `current`: somebody may have been quicker")
            },
            Self::ExecutorForbidden(what) => Problem::new(
                403,
                "executor-forbidden",
                "The console's own account may not restart workloads",
                what.clone(),
            )
            .with_way_out(
                "restarts are opt-in: run `sidestep install --restarts` and bind ClusterRole `sidestep-restarts` to the \
                 console's account",
            ),
            Self::DisruptionBudget(why) => Problem::new(
                409,
                "disruption-budget",
                "A PodDisruptionBudget does not let this pod go now",
                format!("{why}; nothing was changed"),
            )
            .with_way_out(
                "wait until more of its pods are ready and evict it again; a delete asks no budget, and may take the \
                 service down",
            ),
            Self::CannotUndo(what) => Problem::new(
                403,
                "executor-cannot-undo",
                "The console's own account could not undo this",
                what.clone(),
            )
            .with_way_out("that is opt-in: run `sidestep install --verify` and bind what it makes to the console's account"),
            Self::Unconfirmed(what, confirm) => Problem {
                current: serde_json::to_value(confirm).ok(),
                ..Problem::new(409, "unconfirmed", "This has to be confirmed", format!("{what}; nothing was done"))
                    .with_way_out(format!("send `confirm` with the words `{}`", confirm.confirm))
            },
            Self::InTheWay(what) => Problem::new(409, "in-the-way", "Something is in the way", format!("{what}; nothing was done")),
            Self::OwnPolicy(what, way_out) => {
                Problem::new(409, "in-the-way", "Something is in the way", format!("{what}; nothing was done"))
                    .with_way_out(*way_out)
            }
            Self::NotReverted { why, way_out } => Problem::new(
                409,
                "not-reverted",
                "This change cannot be reverted",
                format!("{why}; nothing was changed"),
            )
            .with_way_out(*way_out),
            Self::ChangedSince { what, later: Some(later) } => Problem {
                current: serde_json::to_value(later).ok(),
                ..Problem::new(
                    409,
                    "changed-since",
                    "It was changed again since",
                    format!("{what} was changed again at {}, by `{}` (change `{}`); nothing was changed now", later.at, later.actor, later.id),
                )
                .with_way_out(format!(
                    "look at what that change did and save by hand what you want; to put this back over it, send `overLater: \"{}\"`",
                    later.id
                ))
            },
            Self::ChangedSince { what, later: None } => Problem::new(
                409,
                "changed-since",
                "It was changed again since",
                format!("{what} is no longer what is recorded last; nothing was changed now"),
            )
            .with_way_out("look at the setting as it is now and save by hand what you want"),
            Self::Busy(what) => Problem::new(429, "busy", "Too much is under way", what.clone())
                .with_way_out("send it again when one of them is over"),
            Self::NotInstalled => Problem::new(
                503,
                "not-installed",
                "Sidestep is not installed in this cluster",
                "the cluster does not know the resource `sidecarsettings.sidestep.dev`",
            )
            .with_way_out("run `sidestep install`, or have an administrator apply `sidestep manifests`"),
            Self::ClusterUnreachable(why) => {
                Problem::new(503, "cluster-unreachable", "The cluster does not answer", why.clone())
                    .with_way_out("the console keeps trying; see `/readyz`")
            }
            Self::NotReady(why) => Problem::new(503, "not-ready", "The console is still reading the cluster", why.clone())
                .with_way_out("try again in a moment; see `/readyz`"),
            Self::HistoryUnwritable(_) => Problem::new(
                503,
                "history-unwritable",
                "Nothing was changed: the history cannot be written",
                "every change is recorded before it is made, and the history's database takes no writes now",
            )
            .with_way_out("make the database writable (read-only? full disk?); reading goes on meanwhile"),
            Self::HistoryUnreadable(_) => Problem::new(
                503,
                "history-unreadable",
                "The history cannot be read",
                "the history's database does not answer",
            )
            .with_way_out("see the server's log under this request's id"),
            Self::Kube(_) => Problem::new(
                502,
                "cluster-error",
                "The cluster answered with an error",
                "the server's log has the details under this request's id",
            ),
        }
    }

    fn invalid_detail(&self, errors: &[FieldProblem]) -> String {
        match errors {
            [one] => format!("{}: {}", one.path, one.message),
            _ => self.to_string(),
        }
    }

    /// Whether the cluster may have taken a write although we got this error.
    #[must_use]
    pub fn leaves_the_outcome_open(&self) -> bool {
        matches!(self, Self::ClusterUnreachable(_) | Self::Kube(_))
    }
}

/// What the cluster said, in our words. `doing` completes "may not …".
#[must_use]
pub fn from_kube(error: kube::Error, doing: &str) -> Error {
    match error {
        kube::Error::Api(status) if status.is_forbidden() && !is_policy(&status) => {
            Error::Forbidden(format!("may not {doing}: {}", status.message))
        }
        kube::Error::Api(status) if status.code == 401 => Error::Unauthenticated(status.message.clone()),
        kube::Error::Api(status) if status.is_invalid() || status.code == 400 || is_policy(&status) => {
            Error::ClusterRefused {
                message: status.message.clone(),
                errors: causes(&status),
            }
        }
        kube::Error::Api(status) if status.is_not_found() && is_unknown_resource(&status) => {
            Error::NotInstalled
        }
        kube::Error::Api(status) if status.code >= 500 || status.code == 429 => {
            Error::ClusterUnreachable(status.message.clone())
        }
        error @ kube::Error::Api(_) => Error::Kube(Box::new(error)),
        error => Error::ClusterUnreachable(root_cause(&error)),
    }
}

/// A 403 is also how admission says no: quota, policy, webhook. Only RBAC's names the user and the verb, and only there a
/// role helps.
fn is_policy(status: &kube::core::Status) -> bool {
    status.code == 403 && !(status.message.contains("User \"") && status.message.contains(" cannot "))
}

fn is_unknown_resource(status: &kube::core::Status) -> bool {
    status
        .message
        .contains("the server could not find the requested resource")
        || status.message.contains("page not found")
}

/// The fields that the API server named, in the paths of our bodies (`spec.` is ours to hide).
fn causes(status: &kube::core::Status) -> Vec<FieldProblem> {
    let details = status.details.as_ref();
    details
        .map(|details| {
            details
                .causes
                .iter()
                .filter(|cause| !cause.field.is_empty())
                .map(|cause| {
                    let path = cause.field.strip_prefix("spec.").unwrap_or(&cause.field);
                    FieldProblem::new(path, cause.message.as_str())
                })
                .collect()
        })
        .unwrap_or_default()
}

pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = self.problem();
        if problem.status >= 500 {
            let source = std::error::Error::source(&self).map(ToString::to_string);
            tracing::error!(error = %self, cause = source, "answered {}", problem.status);
        }
        respond(&problem)
    }
}

/// The response that carries `problem`.
pub fn respond(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(api::problem::MEDIA_TYPE),
    );
    response
}
