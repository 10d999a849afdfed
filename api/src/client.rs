//! The typed client: one documented method an operation, over any [`Transport`].
#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        clippy::result_large_err,
        reason = "a refusal is the answer that a caller shows, field by field"
    )
)]

use std::{future::Future, pin::Pin, sync::Arc};

use domain::Level;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Ask, Page, Problem, ask,
    audit::{AuditQuery, Change},
    deployment::{DeploymentDetail, DeploymentQuery, DeploymentRow},
    lint::{LintQuery, Lints},
    mesh::Mesh,
    namespace::{NamespaceQuery, NamespaceRow},
    path,
    pod::{PodDeleted, PodDetail, PodQuery, PodRow},
    preview::{Preview, PreviewSetting},
    restart::{Command, PlanRestart, RestartPlan, RestartQuery, RestartRow, RestartRun},
    setting::{SaveSetting, SettingView},
    trace::{TraceQuery, TraceView},
};

/// A request under way.
pub type Reply = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, Problem>> + Send>>;

/// How a request reaches the API: `fetch` in the browser, the router itself during server-side rendering, a socket
/// elsewhere.
pub trait Transport: Send + Sync {
    /// Sends `request`, whose URI has only a path and a query.
    fn send(&self, request: Request<Vec<u8>>) -> Reply;
}

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
        self.send(Method::PUT, path::setting(level), Some(based_on), Some(setting))
            .await
    }

    /// Removes a level's setting, so that it inherits everything.
    pub async fn delete_setting(
        &self,
        level: &Level,
        based_on: &Precondition,
    ) -> Result<SettingView, Problem> {
        self.send::<(), _>(Method::DELETE, path::setting(level), Some(based_on), None)
            .await
    }

    /// What happens to a packet of a pod.
    pub async fn trace(&self, query: &TraceQuery) -> Result<TraceView, Problem> {
        self.read(&ask::trace(query)).await
    }

    /// What would come of a setting, were it saved.
    pub async fn preview_setting(&self, setting: &PreviewSetting) -> Result<Preview, Problem> {
        let url = path::SETTINGS_PREVIEW.to_owned();
        self.send(Method::POST, url, None, Some(setting)).await
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
        self.send::<(), _>(Method::DELETE, path::pod(namespace, name), Some(&based_on), None)
            .await
    }

    /// Deployments.
    pub async fn deployments(&self, query: &DeploymentQuery) -> Result<Page<DeploymentRow>, Problem> {
        self.read(&ask::deployments(query)).await
    }

    /// One Deployment.
    pub async fn deployment(&self, namespace: &str, name: &str) -> Result<DeploymentDetail, Problem> {
        self.read(&ask::deployment(namespace, name)).await
    }

    /// What would be restarted; nothing is stored.
    pub async fn plan_restart(&self, plan: &PlanRestart) -> Result<RestartPlan, Problem> {
        let url = path::RESTARTS_PLAN.to_owned();
        self.send(Method::POST, url, None, Some(plan)).await
    }

    /// Makes a plan and stores it; nothing is restarted until it is started.
    pub async fn make_restart(&self, plan: &PlanRestart) -> Result<RestartRun, Problem> {
        let url = path::RESTARTS.to_owned();
        self.send(Method::POST, url, None, Some(plan)).await
    }

    /// Starts, pauses, resumes or cancels a run.
    pub async fn command_restart(&self, id: &str, command: Command) -> Result<RestartRun, Problem> {
        let url = path::restart_command(id, command);
        self.send::<(), _>(Method::POST, url, None, None).await
    }

    /// Restart plans and runs, newest first.
    pub async fn restarts(&self, query: &RestartQuery) -> Result<Page<RestartRow>, Problem> {
        self.read(&ask::restarts(query)).await
    }

    /// One restart plan, and what became of it.
    pub async fn restart(&self, id: &str) -> Result<RestartRun, Problem> {
        self.read(&ask::restart(id)).await
    }

    /// The history, newest first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Page<Change>, Problem> {
        self.read(&ask::audit(query)).await
    }

    /// One change.
    pub async fn change(&self, id: &str) -> Result<Change, Problem> {
        self.read(&ask::change(id)).await
    }

    /// Asks, and reads the answer.
    pub async fn read<T: DeserializeOwned>(&self, ask: &Ask<T>) -> Result<T, Problem> {
        Ask::answer(ask.url(), &self.text(ask.url()).await?)
    }

    /// Asks, and leaves the answer as the text that it is.
    pub async fn text(&self, url: &str) -> Result<String, Problem> {
        self.answer(request::<()>(Method::GET, url, None, None)?, url)
            .await
    }

    async fn send<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        url: String,
        based_on: Option<&Precondition>,
        body: Option<&B>,
    ) -> Result<T, Problem> {
        let request = request(method, &url, based_on, body)?;
        Ask::answer(&url, &self.answer(request, &url).await?)
    }

    async fn answer(&self, request: Request<Vec<u8>>, url: &str) -> Result<String, Problem> {
        let response = self.0.send(request).await?;
        let status = response.status();
        // JSON is read from text everywhere: from bytes it would be a second reader for every type, a tenth of the site.
        let body = String::from_utf8(response.into_body())
            .map_err(|error| Problem::unreadable(url, &error.to_string()))?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(problem(url, status, &body))
        }
    }
}

fn request<B: Serialize>(
    method: Method,
    url: &str,
    based_on: Option<&Precondition>,
    body: Option<&B>,
) -> Result<Request<Vec<u8>>, Problem> {
    let mut request = Request::builder()
        .method(method)
        .uri(url)
        .header(header::ACCEPT, "application/json");
    match based_on {
        Some(Precondition::Absent) => {
            request = request.header(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        Some(Precondition::Version(version)) => {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        None => {}
    }
    let bytes = match body {
        Some(body) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            serde_json::to_vec(body).map_err(|e| Problem::unreadable(url, &e.to_string()))?
        }
        None => Vec::new(),
    };
    request
        .body(bytes)
        .map_err(|e| Problem::unreadable(url, &e.to_string()))
}

/// The problem that a refusal carries; one made up from the status where somebody between us and the server answered.
fn problem(url: &str, status: StatusCode, body: &str) -> Problem {
    serde_json::from_str(body).unwrap_or_else(|_| {
        Problem::new(
            status.as_u16(),
            "unexpected-answer",
            "The answer was not Sidestep's",
            format!("`{url}` answered {status}"),
        )
        .with_way_out("check what stands between this client and the console")
    })
}
