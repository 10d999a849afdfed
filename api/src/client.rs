//! The typed client: one documented method an operation, over any [`Transport`].
#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        clippy::result_large_err,
        reason = "a refusal is the answer that a caller shows, field by field"
    )
)]

use std::sync::Arc;

use domain::Level;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Ask, Page, Problem, Request, Transport,
    access::{Access, AccessQuery},
    ask,
    audit::{AuditQuery, Change, RevertChange},
    json,
    lint::{LintQuery, Lints},
    manifest::{
        ManifestKind, ManifestQuery, ManifestView, MoveAnnotations, MovedAnnotations, SaveManifest,
        SaveManifestQuery,
    },
    mesh::Mesh,
    namespace::{NamespaceQuery, NamespaceRow},
    outbound_policy::{OutboundPolicy, RevisionPolicy, SaveOutboundPolicy},
    path,
    pod::{PodDeleted, PodDetail, PodQuery, PodRow},
    preview::{Preview, PreviewSetting},
    restart::{Command, PlanRestart, RestartPlan, RestartQuery, RestartRow, RestartRun},
    setting::{DeleteSetting, SaveSetting, SettingView},
    trace::{TraceQuery, TraceView},
    verification::{AskVerification, Verification, VerificationQuery, VerificationRow},
    workload::{WorkloadDetail, WorkloadKind, WorkloadQuery, WorkloadRow},
};

/// What a write is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing is there yet: `If-None-Match: *`.
    Absent,
    /// This version is there: `If-Match`.
    Version(String),
}

/// Sidestep's REST API as methods. Every refusal is a [`Problem`].
#[derive(Clone)]
pub struct Client(Arc<dyn Transport>);

impl Client {
    /// A client that sends through `transport`.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(transport))
    }

    /// The meshes: one.
    pub async fn meshes(&self) -> Result<Page<Mesh>, Problem> {
        self.read(&ask::meshes()).await
    }

    /// The namespaces that the caller may see.
    pub async fn namespaces(&self, query: &NamespaceQuery) -> Result<Page<NamespaceRow>, Problem> {
        self.read(&ask::namespaces(query)).await
    }

    /// A level's setting.
    pub async fn setting(&self, level: &Level) -> Result<SettingView, Problem> {
        self.read(&ask::setting(level)).await
    }

    /// Saves a level's setting; answers once new pods get it.
    pub async fn save_setting(
        &self,
        level: &Level,
        based_on: &Precondition,
        setting: &SaveSetting,
    ) -> Result<SettingView, Problem> {
        self.send("PUT", path::setting(level), Some(based_on), Some(setting))
            .await
    }

    /// Removes a level's setting, so that it inherits everything.
    pub async fn delete_setting(
        &self,
        level: &Level,
        based_on: &Precondition,
        how: &DeleteSetting,
    ) -> Result<SettingView, Problem> {
        let url = path::with_query(&path::setting(level), how);
        self.send::<(), _>("DELETE", url, Some(based_on), None).await
    }

    /// What the mesh does with destinations that nothing in it declares, by revision.
    pub async fn outbound_policy(&self) -> Result<OutboundPolicy, Problem> {
        self.read(&ask::outbound_policy()).await
    }

    /// Changes that for one revision.
    pub async fn save_outbound_policy(
        &self,
        revision: &str,
        based_on: &Precondition,
        policy: &SaveOutboundPolicy,
    ) -> Result<RevisionPolicy, Problem> {
        let url = path::outbound_policy(revision);
        self.send("PUT", url, Some(based_on), Some(policy)).await
    }

    /// What happens to a packet of a pod.
    pub async fn trace(&self, query: &TraceQuery) -> Result<TraceView, Problem> {
        self.read(&ask::trace(query)).await
    }

    /// What would come of a setting, were it saved.
    pub async fn preview_setting(&self, setting: &PreviewSetting) -> Result<Preview, Problem> {
        let url = path::SETTINGS_PREVIEW.to_owned();
        self.send("POST", url, None, Some(setting)).await
    }

    /// What is remarkable about settings and workloads.
    pub async fn lints(&self, query: &LintQuery) -> Result<Lints, Problem> {
        self.read(&ask::lints(query)).await
    }

    /// The settings of the Workload level in a namespace.
    pub async fn workload_settings(&self, namespace: &str) -> Result<Page<SettingView>, Problem> {
        self.read(&ask::workload_settings(namespace)).await
    }

    /// Pods.
    pub async fn pods(&self, query: &PodQuery) -> Result<Page<PodRow>, Problem> {
        self.read(&ask::pods(query)).await
    }

    /// One pod.
    pub async fn pod(&self, namespace: &str, name: &str) -> Result<PodDetail, Problem> {
        self.read(&ask::pod(namespace, name)).await
    }

    /// Deletes the pod that has this uid.
    pub async fn delete_pod(&self, namespace: &str, name: &str, uid: &str) -> Result<PodDeleted, Problem> {
        let based_on = Precondition::Version(uid.to_owned());
        self.send::<(), _>("DELETE", path::pod(namespace, name), Some(&based_on), None)
            .await
    }

    /// Evicts the pod that has this uid: a delete that a PodDisruptionBudget can refuse.
    pub async fn evict_pod(&self, namespace: &str, name: &str, uid: &str) -> Result<PodDeleted, Problem> {
        let based_on = Precondition::Version(uid.to_owned());
        self.send::<(), _>("POST", path::pod_eviction(namespace, name), Some(&based_on), None)
            .await
    }

    /// What the caller may do.
    pub async fn access(&self, query: &AccessQuery) -> Result<Access, Problem> {
        self.read(&ask::access(query)).await
    }

    /// The workloads of a kind.
    pub async fn workloads(
        &self,
        kind: WorkloadKind,
        query: &WorkloadQuery,
    ) -> Result<Page<WorkloadRow>, Problem> {
        self.read(&ask::workloads(kind, query)).await
    }

    /// One workload.
    pub async fn workload(
        &self,
        kind: WorkloadKind,
        namespace: &str,
        name: &str,
    ) -> Result<WorkloadDetail, Problem> {
        self.read(&ask::workload(kind, namespace, name)).await
    }

    /// A workload or a pod as YAML.
    pub async fn manifest(
        &self,
        kind: ManifestKind,
        namespace: &str,
        name: &str,
        query: &ManifestQuery,
    ) -> Result<ManifestView, Problem> {
        self.read(&ask::manifest(kind, namespace, name, query)).await
    }

    /// Saves a workload's manifest, or asks the cluster what it would store.
    pub async fn save_manifest(
        &self,
        (kind, namespace, name): (ManifestKind, &str, &str),
        based_on: &Precondition,
        query: &SaveManifestQuery,
        manifest: &SaveManifest,
    ) -> Result<ManifestView, Problem> {
        let url = path::with_query(&path::manifest(kind, namespace, name), query);
        self.send("PUT", url, Some(based_on), Some(manifest)).await
    }

    /// Moves annotations of a manifest to its pod template; nothing is stored.
    pub async fn move_annotations(&self, asked: &MoveAnnotations) -> Result<MovedAnnotations, Problem> {
        let url = path::MANIFEST_MOVE.to_owned();
        self.send("POST", url, None, Some(asked)).await
    }

    /// What would be restarted; nothing is stored.
    pub async fn plan_restart(&self, plan: &PlanRestart) -> Result<RestartPlan, Problem> {
        let url = path::RESTARTS_PLAN.to_owned();
        self.send("POST", url, None, Some(plan)).await
    }

    /// Makes a plan and stores it; nothing is restarted until it is started.
    pub async fn make_restart(&self, plan: &PlanRestart) -> Result<RestartRun, Problem> {
        let url = path::RESTARTS.to_owned();
        self.send("POST", url, None, Some(plan)).await
    }

    /// Starts, pauses, resumes or cancels a run.
    pub async fn command_restart(&self, id: &str, command: Command) -> Result<RestartRun, Problem> {
        let url = path::restart_command(id, command);
        self.send::<(), _>("POST", url, None, None).await
    }

    /// Restart plans and runs, newest first.
    pub async fn restarts(&self, query: &RestartQuery) -> Result<Page<RestartRow>, Problem> {
        self.read(&ask::restarts(query)).await
    }

    /// One restart plan, and what became of it.
    pub async fn restart(&self, id: &str) -> Result<RestartRun, Problem> {
        self.read(&ask::restart(id)).await
    }

    /// Sends a request from inside a pod; it is under way when this returns.
    pub async fn verify(&self, asked: &AskVerification) -> Result<Verification, Problem> {
        let url = path::VERIFICATIONS.to_owned();
        self.send("POST", url, None, Some(asked)).await
    }

    /// Such requests, newest first.
    pub async fn verifications(&self, query: &VerificationQuery) -> Result<Page<VerificationRow>, Problem> {
        self.read(&ask::verifications(query)).await
    }

    /// One of them, with its facts.
    pub async fn verification(&self, id: &str) -> Result<Verification, Problem> {
        self.read(&ask::verification(id)).await
    }

    /// The history, newest first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Page<Change>, Problem> {
        self.read(&ask::audit(query)).await
    }

    /// One change.
    pub async fn change(&self, id: &str) -> Result<Change, Problem> {
        self.read(&ask::change(id)).await
    }

    /// Puts back what a setting was before this change.
    pub async fn revert_change(&self, id: &str, how: &RevertChange) -> Result<SettingView, Problem> {
        let url = path::audit_revert(id);
        self.send("POST", url, None, Some(how)).await
    }

    /// The history as a text: a change a line as JSON, newest first.
    pub async fn export_audit(&self, query: &AuditQuery) -> Result<String, Problem> {
        self.text(&path::with_query(path::AUDIT_EXPORT, query)).await
    }

    /// Asks, and reads the answer.
    pub async fn read<T: DeserializeOwned>(&self, ask: &Ask<T>) -> Result<T, Problem> {
        Ask::answer(ask.url(), &self.text(ask.url()).await?)
    }

    /// Asks, and leaves the answer as the text that it is.
    pub async fn text(&self, url: &str) -> Result<String, Problem> {
        self.answer(request::<()>("GET", url, None, None)?).await
    }

    async fn send<B: Serialize, T: DeserializeOwned>(
        &self,
        method: &'static str,
        url: String,
        based_on: Option<&Precondition>,
        body: Option<&B>,
    ) -> Result<T, Problem> {
        let request = request(method, &url, based_on, body)?;
        Ask::answer(&url, &self.answer(request).await?)
    }

    async fn answer(&self, request: Request) -> Result<String, Problem> {
        let url = request.url.clone();
        let response = self.0.send(request).await?;
        // JSON is read from text everywhere: from bytes it would be a second reader for every type, a tenth of the site.
        let body = String::from_utf8(response.body)
            .map_err(|error| Problem::unreadable(&url, &error.to_string()))?;
        match response.status {
            200..300 => Ok(body),
            status => Err(problem(&url, status, &body)),
        }
    }
}

fn request<B: Serialize>(
    method: &'static str,
    url: &str,
    based_on: Option<&Precondition>,
    body: Option<&B>,
) -> Result<Request, Problem> {
    let mut headers = vec![("accept", "application/json".to_owned())];
    match based_on {
        Some(Precondition::Absent) => headers.push(("if-none-match", "*".to_owned())),
        Some(Precondition::Version(version)) => headers.push(("if-match", format!("\"{version}\""))),
        None => {}
    }
    let body = match body {
        Some(body) => {
            headers.push(("content-type", "application/json".to_owned()));
            serde_json::to_vec(body).map_err(|e| Problem::unreadable(url, &e.to_string()))?
        }
        None => Vec::new(),
    };
    Ok(Request {
        method,
        url: url.to_owned(),
        headers,
        body,
    })
}

/// The problem that a refusal carries; one made up from the status where somebody between us and the server answered.
fn problem(url: &str, status: u16, body: &str) -> Problem {
    json::read(body).unwrap_or_else(|_| {
        Problem::new(
            status,
            "unexpected-answer",
            "The answer was not Sidestep's",
            format!("`{url}` answered {status}"),
        )
        .with_way_out("check what stands between this client and the console")
    })
}
