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
    Page, Problem,
    audit::{AuditQuery, Change},
    deployment::{DeploymentQuery, DeploymentRow},
    mesh::Mesh,
    namespace::NamespaceRow,
    path,
    pod::{PodDeleted, PodDetail, PodQuery, PodRow},
    setting::{SaveSetting, SettingView},
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
        self.get(path::MESHES.to_owned()).await
    }

    /// The namespaces that the caller may see.
    pub async fn namespaces(&self) -> Result<Page<NamespaceRow>, Problem> {
        self.get(path::NAMESPACES.to_owned()).await
    }

    /// A level's setting.
    pub async fn setting(&self, level: &Level) -> Result<SettingView, Problem> {
        self.get(path::setting(level)).await
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

    /// The settings of the Workload level in a namespace.
    pub async fn workload_settings(&self, namespace: &str) -> Result<Page<SettingView>, Problem> {
        self.get(path::SETTINGS_WORKLOADS.replace("{namespace}", &path::segment(namespace)))
            .await
    }

    /// Pods.
    pub async fn pods(&self, query: &PodQuery) -> Result<Page<PodRow>, Problem> {
        self.get(path::with_query(
            path::PODS,
            &[
                ("namespace", query.namespace.clone()),
                ("q", query.q.clone()),
                ("stale", query.stale.map(|b| b.to_string())),
                ("owner", query.owner.clone()),
                ("limit", query.limit.map(|n| n.to_string())),
                ("cursor", query.cursor.clone()),
            ],
        ))
        .await
    }

    /// One pod.
    pub async fn pod(&self, namespace: &str, name: &str) -> Result<PodDetail, Problem> {
        self.get(path::pod(namespace, name)).await
    }

    /// Deletes the pod that has this uid.
    pub async fn delete_pod(&self, namespace: &str, name: &str, uid: &str) -> Result<PodDeleted, Problem> {
        let based_on = Precondition::Version(uid.to_owned());
        self.send::<(), _>(Method::DELETE, path::pod(namespace, name), Some(&based_on), None)
            .await
    }

    /// Deployments.
    pub async fn deployments(&self, query: &DeploymentQuery) -> Result<Page<DeploymentRow>, Problem> {
        self.get(path::with_query(
            path::DEPLOYMENTS,
            &[
                ("namespace", query.namespace.clone()),
                ("q", query.q.clone()),
                ("limit", query.limit.map(|n| n.to_string())),
                ("cursor", query.cursor.clone()),
            ],
        ))
        .await
    }

    /// The history, newest first.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Page<Change>, Problem> {
        self.get(path::with_query(
            path::AUDIT,
            &[
                ("actor", query.actor.clone()),
                ("namespace", query.namespace.clone()),
                ("kind", query.kind.clone()),
                ("limit", query.limit.map(|n| n.to_string())),
                ("cursor", query.cursor.clone()),
            ],
        ))
        .await
    }

    /// One change.
    pub async fn change(&self, id: &str) -> Result<Change, Problem> {
        self.get(path::audit_change(id)).await
    }

    async fn get<T: DeserializeOwned>(&self, url: String) -> Result<T, Problem> {
        self.send::<(), T>(Method::GET, url, None, None).await
    }

    async fn send<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        url: String,
        based_on: Option<&Precondition>,
        body: Option<&B>,
    ) -> Result<T, Problem> {
        let response = self.0.send(request(method, &url, based_on, body)?).await?;
        if response.status().is_success() {
            serde_json::from_slice(response.body()).map_err(|e| unreadable(&url, &e.to_string()))
        } else {
            Err(problem(&url, response.status(), response.body()))
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
            serde_json::to_vec(body).map_err(|e| unreadable(url, &e.to_string()))?
        }
        None => Vec::new(),
    };
    request.body(bytes).map_err(|e| unreadable(url, &e.to_string()))
}

/// The problem that a refusal carries; one made up from the status where somebody between us and the server answered.
fn problem(url: &str, status: StatusCode, body: &[u8]) -> Problem {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        Problem::new(
            status.as_u16(),
            "unexpected-answer",
            "The answer was not Sidestep's",
            format!("`{url}` answered {status}"),
        )
        .with_way_out("check what stands between this client and the console")
    })
}

fn unreadable(url: &str, why: &str) -> Problem {
    Problem::new(
        502,
        "unreadable-answer",
        "The answer could not be read",
        format!("`{url}`: {why}"),
    )
    .with_way_out("the client and the server may be of different versions: reload the page")
}
