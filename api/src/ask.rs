//! What can be read: each question with the type of its answer.
#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        clippy::result_large_err,
        reason = "a refusal is the answer that a caller shows, field by field"
    )
)]

use std::marker::PhantomData;

use domain::Level;
use serde::de::DeserializeOwned;

use crate::{
    Page, Problem,
    access::{Access, AccessQuery},
    audit::{AuditQuery, Change},
    json,
    lint::{LintQuery, Lints},
    manifest::{ManifestKind, ManifestQuery, ManifestView},
    mesh::Mesh,
    namespace::{NamespaceQuery, NamespaceRow},
    outbound_policy::OutboundPolicy,
    path,
    pod::{PodDetail, PodQuery, PodRow},
    restart::{RestartQuery, RestartRow, RestartRun},
    setting::SettingView,
    trace::{TraceQuery, TraceView},
    verification::{Verification, VerificationQuery, VerificationRow},
    workload::{WorkloadDetail, WorkloadKind, WorkloadQuery, WorkloadRow},
};

/// A question to the API, by its URL, and in its type what the answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask<T> {
    url: String,
    answer: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Ask<T> {
    fn of(url: String) -> Self {
        Self {
            url,
            answer: PhantomData,
        }
    }

    /// The URL that is read.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL alone.
    #[must_use]
    pub fn into_url(self) -> String {
        self.url
    }

    /// Reads the answer's text. Refused is an answer of another version of the server.
    pub fn answer(url: &str, text: &str) -> Result<T, Problem> {
        json::read(text).map_err(|error| Problem::unreadable(url, &error.to_string()))
    }
}

/// The meshes: one.
#[must_use]
pub fn meshes() -> Ask<Page<Mesh>> {
    Ask::of(path::MESHES.to_owned())
}

/// The namespaces that the caller may see.
#[must_use]
pub fn namespaces(query: &NamespaceQuery) -> Ask<Page<NamespaceRow>> {
    Ask::of(path::with_query(path::NAMESPACES, query))
}

/// A level's setting.
#[must_use]
pub fn setting(level: &Level) -> Ask<SettingView> {
    Ask::of(path::setting(level))
}

/// What the mesh does with destinations that nothing in it declares.
#[must_use]
pub fn outbound_policy() -> Ask<OutboundPolicy> {
    Ask::of(path::OUTBOUND_POLICY.to_owned())
}

/// The settings of the Workload level in a namespace.
#[must_use]
pub fn workload_settings(namespace: &str) -> Ask<Page<SettingView>> {
    Ask::of(path::SETTINGS_WORKLOADS.replace("{namespace}", &path::segment(namespace)))
}

/// What happens to a packet of a pod.
#[must_use]
pub fn trace(query: &TraceQuery) -> Ask<TraceView> {
    Ask::of(path::with_query(path::TRACE, query))
}

/// What is remarkable, as far as the caller may see it.
#[must_use]
pub fn lints(query: &LintQuery) -> Ask<Lints> {
    Ask::of(path::with_query(path::LINTS, query))
}

/// The workloads of a kind.
#[must_use]
pub fn workloads(kind: WorkloadKind, query: &WorkloadQuery) -> Ask<Page<WorkloadRow>> {
    Ask::of(path::with_query(path::workloads(kind), query))
}

/// One workload.
#[must_use]
pub fn workload(kind: WorkloadKind, namespace: &str, name: &str) -> Ask<WorkloadDetail> {
    Ask::of(path::workload(kind, namespace, name))
}

/// A workload or a pod as YAML.
#[must_use]
pub fn manifest(kind: ManifestKind, namespace: &str, name: &str, query: &ManifestQuery) -> Ask<ManifestView> {
    Ask::of(path::with_query(&path::manifest(kind, namespace, name), query))
}

/// Pods.
#[must_use]
pub fn pods(query: &PodQuery) -> Ask<Page<PodRow>> {
    Ask::of(path::with_query(path::PODS, query))
}

/// One pod.
#[must_use]
pub fn pod(namespace: &str, name: &str) -> Ask<PodDetail> {
    Ask::of(path::pod(namespace, name))
}

/// What the caller may do.
#[must_use]
pub fn access(query: &AccessQuery) -> Ask<Access> {
    Ask::of(path::with_query(path::ACCESS, query))
}

/// Restart plans and runs, newest first.
#[must_use]
pub fn restarts(query: &RestartQuery) -> Ask<Page<RestartRow>> {
    Ask::of(path::with_query(path::RESTARTS, query))
}

/// One restart plan, and what became of it.
#[must_use]
pub fn restart(id: &str) -> Ask<RestartRun> {
    Ask::of(path::restart(id))
}

/// Requests that were really sent from inside pods, newest first.
#[must_use]
pub fn verifications(query: &VerificationQuery) -> Ask<Page<VerificationRow>> {
    Ask::of(path::with_query(path::VERIFICATIONS, query))
}

/// One of them, with its facts.
#[must_use]
pub fn verification(id: &str) -> Ask<Verification> {
    Ask::of(path::verification(id))
}

/// The history, newest first.
#[must_use]
pub fn audit(query: &AuditQuery) -> Ask<Page<Change>> {
    Ask::of(path::with_query(path::AUDIT, query))
}

/// One change.
#[must_use]
pub fn change(id: &str) -> Ask<Change> {
    Ask::of(path::audit_change(id))
}
