//! An API server of a few hundred bytes: keeps objects, tells watches of their changes, answers reviews, takes writes of
//! `SidecarSetting`s, and fails when told to.

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

/// The plural of our own resource.
const SETTINGS: &str = "sidecarsettings";

/// The fake, shared by its client and its test.
#[derive(Clone, Default)]
pub(crate) struct FakeCluster(Arc<Mutex<State>>);

struct State {
    /// By the plural of their kind, namespace and name.
    objects: BTreeMap<(String, String, String), Value>,
    /// What has happened: at which version, to which kind, as a watch tells it.
    happened: Vec<(u64, String, String)>,
    version: u64,
    watchers: Vec<(String, UnboundedSender<String>)>,
    writes: Vec<String>,
    next_write: Option<NextWrite>,
    forbidden: Vec<Rule>,
    not_installed: bool,
    reviews_fail: bool,
    exec_refusal: (u16, &'static str),
}

/// Says no to some of what is asked for, by the attributes of an access review.
type Rule = Box<dyn Fn(&Value) -> bool + Send>;

impl Default for State {
    fn default() -> Self {
        let mut state = Self {
            objects: BTreeMap::new(),
            happened: Vec::new(),
            version: 0,
            watchers: Vec::new(),
            writes: Vec::new(),
            next_write: None,
            forbidden: Vec::new(),
            not_installed: false,
            reviews_fail: false,
            exec_refusal: (500, "there is no node here"),
        };
        state.put("configmaps", injector());
        for name in ["shop", "istio-system"] {
            state.put("namespaces", json!({ "metadata": { "name": name } }));
        }
        state
    }
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
    /// Somebody else has just written this spec; of what is not a setting: these members.
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
        self.forbid_when(move |asked| asked["resource"] == resource);
    }

    /// Makes access reviews, and reads of one object, say no to what these attributes ask for.
    pub(crate) fn forbid_when(&self, rule: impl Fn(&Value) -> bool + Send + 'static) {
        self.lock().forbidden.push(Box::new(rule));
    }

    /// Answers no access review any more.
    pub(crate) fn fail_reviews(&self) {
        self.lock().reviews_fail = true;
    }

    /// Makes commands in pods end so: none can really be run here.
    pub(crate) fn refuse_commands(&self, code: u16, message: &'static str) {
        self.lock().exec_refusal = (code, message);
    }

    /// Makes or changes an object of the kind with this plural.
    pub(crate) fn hold(&self, plural: &str, object: Value) {
        self.lock().put(plural, object);
    }

    /// Removes an object.
    pub(crate) fn lose(&self, plural: &str, namespace: &str, name: &str) {
        self.lock().remove(plural, namespace, name);
    }

    /// Forgets the resource `SidecarSetting`.
    pub(crate) fn uninstall(&self) {
        self.lock().not_installed = true;
    }

    /// The writes that were asked for, as `METHOD path`.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.lock().writes.clone()
    }

    /// The stored spec of a setting, by `namespace/name`.
    pub(crate) fn spec(&self, key: &str) -> Option<Value> {
        let (namespace, name) = key.split_once('/').expect("a namespace and a name");
        self.lock()
            .get(SETTINGS, namespace, name)
            .map(|setting| setting["spec"].clone())
    }

    /// An object as it is held.
    pub(crate) fn object(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        self.lock().get(plural, namespace, name).cloned()
    }

    /// Stores a setting as somebody else would.
    pub(crate) fn store(&self, namespace: &str, name: &str, spec: &Value) {
        self.lock().put_setting(namespace, name, spec);
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
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let resource = match segments.as_slice() {
            ["api", _, resource @ ..] | ["apis", _, _, resource @ ..] => resource,
            _ => &[],
        };
        let query = parts.uri.query().unwrap_or_default();
        if query.contains("watch=true") {
            let plural = resource.last().copied().unwrap_or_default();
            return Ok(Response::new(self.watch(plural, query)));
        }
        match (&parts.method, segments.as_slice(), resource) {
            (&Method::GET, ["version"], _) => {
                ok(&json!({ "major": "1", "minor": "36", "gitVersion": "v1.36.0",
                "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "", "platform": "" }))
            }
            (&Method::GET, ["apis", "sidestep.dev", "v1alpha1"], _) => ok(&json!({
                "kind": "APIResourceList", "groupVersion": "sidestep.dev/v1alpha1",
                "resources": [{ "name": SETTINGS, "singularName": "", "namespaced": true, "kind": "SidecarSetting", "verbs": [] }],
            })),
            (&Method::POST, _, ["selfsubjectreviews"]) => {
                ok(&json!({ "status": { "userInfo": { "username": "ada" } } }))
            }
            (&Method::POST, _, ["selfsubjectaccessreviews"]) if self.lock().reviews_fail => Err(Lost),
            (&Method::POST, _, ["selfsubjectaccessreviews"]) => {
                let allowed = self.lock().allows(&sent["spec"]["resourceAttributes"]);
                ok(&json!({ "spec": {}, "status": { "allowed": allowed } }))
            }
            (&Method::GET, _, ["namespaces", _, "pods", _, "exec"]) => {
                let (code, message) = self.lock().exec_refusal;
                status(code, if code == 403 { "Forbidden" } else { "Refused" }, message)
            }
            (&Method::GET, _, ["namespaces", namespace, plural, name]) => self.one(plural, namespace, name),
            (&Method::GET, _, ["namespaces", namespace, plural]) => {
                ok(&self.lock().list(plural, |of| of == *namespace))
            }
            (&Method::GET, _, [plural]) => ok(&self.lock().list(plural, |_| true)),
            (method, _, ["namespaces", namespace, SETTINGS, rest @ ..]) => {
                let dry = query.contains("dryRun=All");
                self.write(
                    method,
                    &path,
                    namespace,
                    rest.first().copied(),
                    &sent,
                    dry || sent["dryRun"][0] == "All",
                )
            }
            (&Method::PUT, _, ["namespaces", namespace, plural, name]) => {
                let dry = query.contains("dryRun=All");
                self.replace(&path, (plural, namespace, name), &sent, dry)
            }
            (method, ..) => panic!("the fake does not know {method} {path}"),
        }
    }

    /// What has happened since the version in `query`, and what happens from now on.
    fn watch(&self, plural: &str, query: &str) -> Reply {
        let since = query
            .split('&')
            .find_map(|parameter| parameter.strip_prefix("resourceVersion="))
            .and_then(|version| version.parse().ok())
            .unwrap_or(0);
        let (sender, events) = futures::channel::mpsc::unbounded();
        let mut state = self.lock();
        for (at, of, line) in &state.happened {
            if *at > since && of == plural {
                let _ = sender.unbounded_send(line.clone());
            }
        }
        state.watchers.push((plural.to_owned(), sender));
        let frames = events.map(|line: String| Ok::<_, Infallible>(Frame::data(line.into())));
        StreamBody::new(frames).boxed_unsync()
    }

    fn one(&self, plural: &str, namespace: &str, name: &str) -> Result<Response<Reply>, Lost> {
        let state = self.lock();
        let asked = json!({ "verb": "get", "resource": plural, "namespace": namespace, "name": name });
        match state.get(plural, namespace, name) {
            _ if !state.allows(&asked) => status(
                403,
                "Forbidden",
                &format!("{plural} is forbidden: User \"ada\" cannot get resource \"{plural}\""),
            ),
            Some(object) => ok(object),
            None => status(404, "NotFound", "not found"),
        }
    }

    /// Replaces an object, if it still has the version that was sent; dry: only answers what it would hold.
    fn replace(
        &self,
        path: &str,
        (plural, namespace, name): (&str, &str, &str),
        sent: &Value,
        dry_run: bool,
    ) -> Result<Response<Reply>, Lost> {
        let mut state = self.lock();
        if !dry_run {
            state.writes.push(format!("PUT {path}"));
        }
        // What is decided about the next write is about one that is made, unless it is a refusal.
        let is_due = |next: &mut NextWrite| !dry_run || matches!(next, NextWrite::Refused(_));
        let next = state.next_write.take_if(is_due);
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        match &next {
            Some(NextWrite::LostBefore) => return Err(Lost),
            Some(NextWrite::Refused(answer)) => {
                let code = answer["code"].as_u64().and_then(|code| u16::try_from(code).ok());
                return respond(code.unwrap_or(422), answer);
            }
            // Somebody else has just changed this much of it.
            Some(NextWrite::Overtaken(change)) => {
                let mut held = state.get(plural, namespace, name).cloned().unwrap_or_default();
                for (key, value) in change.as_object().into_iter().flatten() {
                    held[key] = value.clone();
                }
                state.put(plural, held);
            }
            Some(NextWrite::LostAfter) | None => {}
        }
        let answer = match state.get(plural, namespace, name) {
            Some(held) if version(held) == version(sent) && dry_run => ok(sent),
            Some(held) if version(held) == version(sent) => ok(&state.put(plural, sent.clone())),
            Some(_) => status(409, "Conflict", "the object has been modified"),
            None => status(404, "NotFound", "not found"),
        };
        match next {
            Some(NextWrite::LostAfter) => Err(Lost),
            _ => answer,
        }
    }

    fn write(
        &self,
        method: &Method,
        path: &str,
        namespace: &str,
        name: Option<&str>,
        sent: &Value,
        dry_run: bool,
    ) -> Result<Response<Reply>, Lost> {
        let mut state = self.lock();
        if !dry_run {
            state.writes.push(format!("{method} {path}"));
        }
        let name = name
            .or_else(|| sent["metadata"]["name"].as_str())
            .unwrap_or_default()
            .to_owned();
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
                state.put_setting(namespace, &name, spec);
                return status(409, "Conflict", "the object has been modified");
            }
            Some(NextWrite::LostAfter) | None => {}
        }
        if dry_run {
            return ok(sent);
        }
        let answer = if *method == Method::DELETE {
            state.remove(SETTINGS, namespace, &name)
        } else {
            state.put_setting(namespace, &name, &sent["spec"])
        };
        if next.is_some() { Err(Lost) } else { ok(&answer) }
    }
}

impl State {
    fn allows(&self, asked: &Value) -> bool {
        !self.forbidden.iter().any(|forbids| forbids(asked))
    }

    fn get(&self, plural: &str, namespace: &str, name: &str) -> Option<&Value> {
        self.objects
            .get(&(plural.to_owned(), namespace.to_owned(), name.to_owned()))
    }

    fn list(&self, plural: &str, includes: impl Fn(&str) -> bool) -> Value {
        let items: Vec<&Value> = self
            .objects
            .iter()
            .filter(|((of, namespace, _), _)| of == plural && includes(namespace))
            .map(|(_, object)| object)
            .collect();
        json!({
            "kind": "List", "apiVersion": "v1",
            "metadata": { "resourceVersion": self.version.to_string() }, "items": items,
        })
    }

    fn put(&mut self, plural: &str, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
        let key = (plural.to_owned(), text("namespace"), text("name"));
        self.objects.insert(key, object.clone());
        self.tell(plural, "MODIFIED", &object);
        object
    }

    fn remove(&mut self, plural: &str, namespace: &str, name: &str) -> Value {
        self.version += 1;
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        let removed = self.objects.remove(&key).unwrap_or_default();
        self.tell(plural, "DELETED", &removed);
        removed
    }

    fn put_setting(&mut self, namespace: &str, name: &str, spec: &Value) -> Value {
        let generation = self
            .get(SETTINGS, namespace, name)
            .and_then(|setting| setting["metadata"]["generation"].as_i64())
            .unwrap_or_default();
        let setting = json!({
            "apiVersion": "sidestep.dev/v1alpha1", "kind": "SidecarSetting",
            "metadata": {
                "namespace": namespace, "name": name, "uid": format!("uid-{name}"), "generation": generation + 1,
            },
            "spec": spec,
        });
        self.put(SETTINGS, setting)
    }

    fn tell(&mut self, plural: &str, what: &str, object: &Value) {
        let line = format!("{}\n", json!({ "type": what, "object": object }));
        self.watchers
            .retain(|(of, watcher)| of != plural || watcher.unbounded_send(line.clone()).is_ok());
        self.happened.push((self.version, plural.to_owned(), line));
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
