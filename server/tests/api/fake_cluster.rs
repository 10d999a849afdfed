//! An API server of a few hundred bytes: keeps `SidecarSetting`s, answers reviews, and fails when told to.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use futures::{StreamExt, channel::mpsc::UnboundedSender};
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use kube::{Client, client::Body};
use serde_json::{Value, json};

/// The fake, shared by its client and its test.
#[derive(Clone, Default)]
pub(crate) struct FakeCluster(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    settings: BTreeMap<String, Value>,
    writes: Vec<String>,
    next_write: Option<NextWrite>,
    forbidden: Vec<&'static str>,
    not_installed: bool,
    watchers: Vec<UnboundedSender<String>>,
    /// Watches that stay open and never say anything.
    quiet: Vec<UnboundedSender<String>>,
    version: u64,
}

/// An answer's body: whole, or a watch's stream.
type Reply = UnsyncBoxBody<axum::body::Bytes, Infallible>;

/// What becomes of the next write.
#[derive(Clone, Debug)]
pub(crate) enum NextWrite {
    /// The connection breaks, and the write was not made.
    LostBefore,
    /// The connection breaks, and the write was made.
    LostAfter,
    /// The API server refuses it with this status.
    Refused(Value),
    /// Somebody else has just written this spec.
    Overtaken(Value),
}

impl FakeCluster {
    /// A client whose requests end here.
    pub(crate) fn client(&self) -> Client {
        let fake = self.clone();
        Client::new(
            tower::service_fn(move |request: Request<Body>| {
                let fake = fake.clone();
                async move { fake.answer(request).await }
            }),
            "default",
        )
    }

    /// Decides about the next write.
    pub(crate) fn next_write(&self, what: NextWrite) {
        self.lock().next_write = Some(what);
    }

    /// Makes every access review about this resource say no.
    pub(crate) fn forbid(&self, resource: &'static str) {
        self.lock().forbidden.push(resource);
    }

    /// Forgets the resource `SidecarSetting`.
    pub(crate) fn uninstall(&self) {
        self.lock().not_installed = true;
    }

    /// The writes that were asked for, as `METHOD path`.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.lock().writes.clone()
    }

    /// The stored spec of `namespace/name`.
    pub(crate) fn spec(&self, key: &str) -> Option<Value> {
        self.lock().settings.get(key).map(|s| s["spec"].clone())
    }

    /// Stores a setting as somebody else would.
    pub(crate) fn store(&self, namespace: &str, name: &str, spec: &Value) {
        self.lock().put(namespace, name, spec);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds this")
    }

    async fn answer(&self, request: Request<Body>) -> Result<Response<Reply>, Lost> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await.expect("a body in memory").to_bytes();
        let sent: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let path = parts.uri.path().to_owned();
        if path.contains("/sidestep.dev/") && self.lock().not_installed {
            return status(404, "NotFound", "404 page not found");
        }
        if parts
            .uri
            .query()
            .is_some_and(|query| query.contains("watch=true"))
        {
            // Settings change; nothing else ever happens in this cluster.
            let (sender, events) = futures::channel::mpsc::unbounded();
            let mut state = self.lock();
            if parts.uri.path().ends_with("/sidecarsettings") {
                state.watchers.push(sender);
            } else {
                state.quiet.push(sender);
            }
            let frames = events.map(|line: String| Ok::<_, Infallible>(Frame::data(line.into())));
            return Ok(Response::new(StreamBody::new(frames).boxed_unsync()));
        }
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (&parts.method, segments.as_slice()) {
            (&Method::GET, ["version"]) => ok(&json!({ "major": "1", "minor": "36", "gitVersion": "v1.36.0",
                "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "", "platform": "" })),
            (&Method::POST, [.., "selfsubjectreviews"]) => {
                ok(&json!({ "status": { "userInfo": { "username": "ada" } } }))
            }
            (&Method::POST, [.., "selfsubjectaccessreviews"]) => {
                let resource = sent["spec"]["resourceAttributes"]["resource"]
                    .as_str()
                    .unwrap_or_default();
                let allowed = !self.lock().forbidden.contains(&resource);
                ok(&json!({ "spec": {}, "status": { "allowed": allowed } }))
            }
            (&Method::GET, ["apis", "sidestep.dev", "v1alpha1"]) => ok(&json!({
                "kind": "APIResourceList", "groupVersion": "sidestep.dev/v1alpha1",
                "resources": [{ "name": "sidecarsettings", "singularName": "", "namespaced": true, "kind": "SidecarSetting", "verbs": [] }],
            })),
            (&Method::GET, [.., "configmaps"]) => ok(&list(&[injector()])),
            (&Method::GET, [.., "namespaces"]) => ok(&list(
                &["shop", "istio-system"].map(|n| json!({ "metadata": { "name": n } })),
            )),
            (
                method,
                [
                    "apis",
                    "sidestep.dev",
                    "v1alpha1",
                    "namespaces",
                    namespace,
                    "sidecarsettings",
                    rest @ ..,
                ],
            ) => self.settings(method, &path, namespace, rest.first().copied(), &sent),
            (&Method::GET, ["apis", "sidestep.dev", "v1alpha1", "sidecarsettings"]) => {
                ok(&list(&self.lock().settings.values().cloned().collect::<Vec<_>>()))
            }
            (&Method::GET, _) => ok(&list(&[])),
            (method, _) => panic!("the fake does not know {method} {path}"),
        }
    }

    fn settings(
        &self,
        method: &Method,
        path: &str,
        namespace: &str,
        name: Option<&str>,
        sent: &Value,
    ) -> Result<Response<Reply>, Lost> {
        let mut state = self.lock();
        if *method == Method::GET {
            let key = format!("{namespace}/{}", name.unwrap_or_default());
            return match state.settings.get(&key) {
                Some(setting) => ok(setting),
                None => status(404, "NotFound", "not found"),
            };
        }
        state.writes.push(format!("{method} {path}"));
        let name = name
            .or_else(|| sent["metadata"]["name"].as_str())
            .unwrap_or_default()
            .to_owned();
        let key = format!("{namespace}/{name}");
        let next = state.next_write.take();
        match &next {
            Some(NextWrite::LostBefore) => return Err(Lost),
            Some(NextWrite::Refused(answer)) => {
                let code = answer["code"]
                    .as_u64()
                    .and_then(|c| u16::try_from(c).ok())
                    .unwrap_or(422);
                return respond(code, answer);
            }
            Some(NextWrite::Overtaken(spec)) => {
                state.put(namespace, &name, spec);
                return status(409, "Conflict", "the object has been modified");
            }
            Some(NextWrite::LostAfter) | None => {}
        }
        let answer = if *method == Method::DELETE {
            state.settings.remove(&key).unwrap_or_default()
        } else {
            state.put(namespace, &name, &sent["spec"])
        };
        if next.is_some() { Err(Lost) } else { ok(&answer) }
    }
}

impl State {
    fn put(&mut self, namespace: &str, name: &str, spec: &Value) -> Value {
        self.version += 1;
        let key = format!("{namespace}/{name}");
        let generation = self
            .settings
            .get(&key)
            .and_then(|s| s["metadata"]["generation"].as_i64())
            .unwrap_or_default();
        let setting = json!({
            "apiVersion": "sidestep.dev/v1alpha1", "kind": "SidecarSetting",
            "metadata": {
                "namespace": namespace, "name": name, "uid": format!("uid-{name}"),
                "resourceVersion": self.version.to_string(), "generation": generation + 1,
            },
            "spec": spec,
        });
        self.settings.insert(key, setting.clone());
        let event = format!("{}\n", json!({ "type": "MODIFIED", "object": setting }));
        self.watchers
            .retain(|watcher| watcher.unbounded_send(event.clone()).is_ok());
        setting
    }
}

/// The connection broke.
#[derive(Debug, thiserror::Error)]
#[error("connection reset")]
pub(crate) struct Lost;

fn injector() -> Value {
    json!({
        "metadata": { "name": "istio-sidecar-injector", "namespace": "istio-system", "labels": { "istio.io/rev": "default" } },
        "data": { "values": json!({ "global": { "proxy": {
            "includeIPRanges": "*", "excludeIPRanges": "", "includeInboundPorts": "*", "excludeInboundPorts": "",
            "includeOutboundPorts": "", "excludeOutboundPorts": "", "statusPort": 15020,
        } } }).to_string() },
    })
}

fn list(items: &[Value]) -> Value {
    json!({ "kind": "List", "apiVersion": "v1", "metadata": { "resourceVersion": "1" }, "items": items })
}

fn ok(value: &Value) -> Result<Response<Reply>, Lost> {
    respond(200, value)
}

fn status(code: u16, reason: &str, message: &str) -> Result<Response<Reply>, Lost> {
    let answer =
        json!({ "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message });
    respond(code, &answer)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the answer of a service, which may also be lost"
)]
fn respond(code: u16, value: &Value) -> Result<Response<Reply>, Lost> {
    let status = StatusCode::from_u16(code).expect("a status");
    Ok(Response::builder()
        .status(status)
        .body(Full::from(value.to_string()).boxed_unsync())
        .expect("a response"))
}
