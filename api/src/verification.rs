//! Live proof: a request that is really sent from inside a pod, and what it proves.

use domain::verify::{Method, Reason, Target, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::FieldProblem;

/// The longest that a request may take, in seconds: less than the console waits for a silent connection to the cluster.
pub const MAX_SECONDS: u8 = 15;

/// The longest that a mesh-wide policy may stay changed, in seconds.
pub const MAX_REVERT: u16 = 600;

/// What to ask from inside which pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskVerification {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// What is asked for, with `http://` or `https://`.
    #[schema(example = "http://47.100.20.144/productpage")]
    pub url: String,
    /// `HEAD` (if not given) or `GET`. The body is thrown away inside the pod, redirects are not followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The container that asks; if not given, the first with a tool for it. Never the sidecar: its own traffic goes round it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Where no container has `curl` or `wget`, one for debugging is added. It stays until the pod ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub debug_container: bool,
    /// How many seconds the answer may take (1 to 15, 5 if not given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u8>,
    /// The change of a setting that this is to prove, by its id in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// Let Envoy refuse what nothing declares for as long as it takes. It also refuses what the workload really needs, so it
    /// has to be confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_only: Option<RegistryOnly>,
    /// With `mesh`: after so many seconds the policy is put back at the latest (10 to 600, 60 if not given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revert_after: Option<u16>,
    /// What is refused meanwhile, word for word as the refusal without it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
}

/// For whom Envoy refuses what nothing declares meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RegistryOnly {
    /// For the pod's workload alone: by a `Sidecar` that is removed at the end.
    Workload,
    /// For all workloads of the pod's revision: by the mesh's policy, which is put back.
    Mesh,
}

/// What has to be confirmed, in the problem's `current`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToConfirm {
    /// What to send as `confirm`.
    pub confirm: String,
    /// What is refused meanwhile, and what is not, in sentences.
    pub effects: Vec<String>,
}

/// A question that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked for.
    pub target: Target,
    /// How.
    pub method: Method,
    /// For how long, in seconds.
    pub seconds: u8,
}

impl AskVerification {
    /// Reads the question: the page before it asks, the server before it runs anything.
    ///
    /// # Errors
    /// Every field that makes no sense, with what to write instead.
    pub fn read(&self) -> Result<Question, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut problem = |path: &str, message: String| {
            problems.push(FieldProblem::new(path, message));
        };
        if self.namespace.trim().is_empty() {
            problem("namespace", "say which namespace is meant".to_owned());
        }
        if self.pod.trim().is_empty() {
            problem("pod", "say which pod asks".to_owned());
        }
        if self.container.as_deref() == Some("istio-proxy") {
            let message = "the sidecar cannot ask: its own traffic goes round it, whatever the settings";
            problem("container", message.to_owned());
        }
        if self
            .revert_after
            .is_some_and(|seconds| !(10..=MAX_REVERT).contains(&seconds))
        {
            problem(
                "revertAfter",
                format!("a policy is put back after 10 to {MAX_REVERT} seconds"),
            );
        }
        let target = match self.url.trim() {
            "" => Err("say what is asked for: a URL".to_owned()),
            url => url.parse::<Target>().map_err(|error| error.to_string()),
        };
        let method = match self.method.as_deref().map(str::trim) {
            None | Some("") => Ok(Method::default()),
            Some(method) => method.parse(),
        };
        let seconds = self.seconds.unwrap_or(5);
        if !(1..=MAX_SECONDS).contains(&seconds) {
            problem(
                "seconds",
                format!("an answer may take 1 to {MAX_SECONDS} seconds"),
            );
        }
        let target = target.map_err(|message| problem("url", message)).ok();
        let method = method.map_err(|message| problem("method", message)).ok();
        match (target, method) {
            (Some(target), Some(method)) if problems.is_empty() => Ok(Question {
                target,
                method,
                seconds,
            }),
            _ => Err(problems),
        }
    }
}

/// How a verification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerificationState {
    /// It is being carried out.
    Running,
    /// It is over.
    Done,
    /// The console stopped meanwhile: nothing is known.
    Interrupted,
}

/// How a verification ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The request was sent, and the facts were judged.
    Judged,
    /// The pod has no sidecar: there is no Envoy that anything could go through.
    NoSidecar,
    /// No container has a tool that asks, or one that may be used.
    NoTool,
    /// The cluster does not let the caller run commands in the pod.
    Forbidden,
    /// The pod does not run, or is gone or another one by now.
    PodGone,
    /// A command in the pod took too long.
    TimedOut,
    /// The cluster did not answer.
    Unreachable,
    /// The container for debugging did not start.
    NoDebugContainer,
    /// Envoy was not made to refuse what nothing declares, so nothing was asked.
    NotConfined,
    /// The console stopped while it was under way.
    Interrupted,
}

/// A verification in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationRow {
    /// Its id.
    pub id: String,
    /// When it was asked for, RFC 3339.
    pub created: String,
    /// Who asked.
    pub actor: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// What was asked for.
    pub url: String,
    /// How.
    #[schema(value_type = String, example = "HEAD")]
    pub method: Method,
    /// For whom Envoy refused what nothing declares meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_only: Option<RegistryOnly>,
    /// How it stands.
    pub state: VerificationState,
    /// What is proven, once it is over: `through-envoy`, `went-round`, `blocked` or `not-proven`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "went-round")]
    pub verdict: Option<Verdict>,
    /// The verdict and what decided, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// The change that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}

/// A verification: the question, the facts and what they prove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// In short.
    #[serde(flatten)]
    pub row: VerificationRow,
    /// What it does now, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// When it was over, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// What came of it, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<VerificationResult>,
}

/// What came of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationResult {
    /// How it ended.
    pub ending: Ending,
    /// What is proven.
    #[schema(value_type = String, example = "went-round")]
    pub verdict: Verdict,
    /// The fact that decided, in one word; absent where no request was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "no-connection-taken")]
    pub reason: Option<Reason>,
    /// The verdict and what decided, in a sentence.
    pub sentence: String,
    /// What was seen, in its order.
    pub facts: Vec<Fact>,
    /// What the pod's rules say of it; absent where that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Prediction>,
    /// The pod's uid: a pod of the same name is another pod.
    pub pod_uid: String,
    /// The hash of the settings that the pod was created with, as its marker says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// What it is about: `request`, `answer`, `header`, `connection`, `counter` or `note`.
    #[schema(example = "counter")]
    pub about: String,
    /// What was seen.
    pub what: String,
    /// Whether the verdict rests on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decided: bool,
}

/// What the pod's rules say of the same packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Prediction {
    /// As a trace has it: `bypass`, `outbound-proxy`, ….
    pub verdict: String,
    /// In one sentence.
    pub sentence: String,
    /// Whether what was seen is what they say; absent where nothing is proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees: Option<bool>,
}

/// Which verifications to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VerificationQuery {
    /// Only from pods of this namespace.
    pub namespace: Option<String>,
    /// Only from this pod.
    pub pod: Option<String>,
    /// Only with this verdict.
    #[param(value_type = Option<String>, example = "went-round")]
    pub verdict: Option<Verdict>,
    /// Only those about this change.
    pub change: Option<String>,
    /// At most this many (1 to 500, 100 by default).
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}
