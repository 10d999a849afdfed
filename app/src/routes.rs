//! Where each page is: the one place that writes an address. What a page shows, its address says: the queries are those of
//! the API.

use api::{
    audit::AuditQuery,
    lint::LintQuery,
    manifest::ManifestKind,
    namespace::NamespaceQuery,
    path::{segment, with_query},
    pod::PodQuery,
    restart::RestartQuery,
    trace::TraceQuery,
    verification::VerificationQuery,
    workload::{WorkloadKind, WorkloadQuery},
};

/// Mesh Management.
pub const MESH: &str = "/";
/// Sidecar Proxy Setting, whichever tab.
pub const SIDECAR: &str = "/sidecar-proxy-setting";
/// Sidecar Proxy Setting, the tab *global*.
pub const GLOBAL: &str = "/sidecar-proxy-setting/global";
/// Sidecar Proxy Setting, the tab *Namespace* before one is chosen.
pub const NAMESPACES: &str = "/sidecar-proxy-setting/namespaces";
/// Sidecar Proxy Setting, the tab *Workload* before a namespace is chosen.
pub const WORKLOADS: &str = "/sidecar-proxy-setting/workloads";
/// Lints.
pub const LINTS: &str = "/lints";
/// Workloads › Deployments.
pub const DEPLOYMENTS: &str = "/workloads/deployments";
/// Workloads › StatefulSets.
pub const STATEFUL_SETS: &str = "/workloads/statefulsets";
/// Workloads › DaemonSets.
pub const DAEMON_SETS: &str = "/workloads/daemonsets";
/// Workloads › Pods.
pub const PODS: &str = "/workloads/pods";
/// Workloads › Verify.
pub const VERIFY: &str = "/workloads/verify";
/// Verifications, which are evidence.
pub const VERIFICATIONS: &str = "/workloads/verifications";
/// Restarts.
pub const RESTARTS: &str = "/workloads/restarts";
/// Audit History.
pub const AUDIT: &str = "/audit";
/// Annotation Reference.
pub const ANNOTATIONS: &str = "/annotations";

/// Mesh Management with this part of the namespaces.
#[must_use]
pub fn mesh(query: &NamespaceQuery) -> String {
    with_query(MESH, query)
}

/// Sidecar Proxy Setting, the tab *Namespace* with this part of the namespaces to choose from.
#[must_use]
pub fn namespaces(query: &NamespaceQuery) -> String {
    with_query(NAMESPACES, query)
}

/// Sidecar Proxy Setting of a namespace.
#[must_use]
pub fn namespace(name: &str) -> String {
    format!("{NAMESPACES}/{}", segment(name))
}

/// Where what holds for all of a namespace is set: for the mesh's root namespace that is the tab *global*.
#[must_use]
pub fn setting_of(namespace: &str, is_root: bool) -> String {
    if is_root {
        GLOBAL.to_owned()
    } else {
        self::namespace(namespace)
    }
}

/// Sidecar Proxy Setting, the tab *Workload* with this part of the namespaces to choose from.
#[must_use]
pub fn workloads(query: &NamespaceQuery) -> String {
    with_query(WORKLOADS, query)
}

/// The workload settings of a namespace.
#[must_use]
pub fn workload_settings(namespace: &str) -> String {
    format!("{WORKLOADS}/{}", segment(namespace))
}

/// A workload setting of a namespace, still to be made.
#[must_use]
pub fn new_workload_setting(namespace: &str) -> String {
    format!("{WORKLOADS}/{}/create", segment(namespace))
}

/// A workload setting of a namespace.
#[must_use]
pub fn workload_setting(namespace: &str, name: &str) -> String {
    format!("{WORKLOADS}/{}/settings/{}", segment(namespace), segment(name))
}

/// Lints.
#[must_use]
pub fn lints(query: &LintQuery) -> String {
    with_query(LINTS, query)
}

/// Where the workloads of a kind are.
#[must_use]
pub const fn all_of(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => DEPLOYMENTS,
        WorkloadKind::StatefulSet => STATEFUL_SETS,
        WorkloadKind::DaemonSet => DAEMON_SETS,
    }
}

/// The workloads of a kind.
#[must_use]
pub fn workloads_of(kind: WorkloadKind, query: &WorkloadQuery) -> String {
    with_query(all_of(kind), query)
}

/// A workload.
#[must_use]
pub fn workload(kind: WorkloadKind, namespace: &str, name: &str) -> String {
    format!("{}/{}/{}", all_of(kind), segment(namespace), segment(name))
}

/// The page of an owner of pods, where there is one.
#[must_use]
pub fn owner(kind: &str, namespace: &str, name: &str) -> Option<String> {
    match kind {
        "Pod" => Some(pod(namespace, name)),
        _ => Some(workload(WorkloadKind::named(kind)?, namespace, name)),
    }
}

/// Pods.
#[must_use]
pub fn pods(query: &PodQuery) -> String {
    with_query(PODS, query)
}

/// A pod.
#[must_use]
pub fn pod(namespace: &str, name: &str) -> String {
    format!("{PODS}/{}/{}", segment(namespace), segment(name))
}

/// A workload or a pod as YAML.
#[must_use]
pub fn manifest(kind: ManifestKind, namespace: &str, name: &str) -> String {
    let (kind, namespace, name) = (kind.plural(), segment(namespace), segment(name));
    format!("/workloads/{kind}/{namespace}/{name}/yaml")
}

/// Plans of restarts.
#[must_use]
pub fn restarts(query: &RestartQuery) -> String {
    with_query(RESTARTS, query)
}

/// A plan of restarts, and what became of it.
#[must_use]
pub fn restart(id: &str) -> String {
    format!("{RESTARTS}/{}", segment(id))
}

/// What happens to a packet.
#[must_use]
pub fn verify(query: &TraceQuery) -> String {
    with_query(VERIFY, query)
}

/// Where a pod of a namespace, or any pod, is asked whether a change does what it should. The change is no part of the
/// question that the rules answer.
#[must_use]
pub fn verify_change(namespace: Option<&str>, change: &str) -> String {
    let namespace = namespace.map_or(String::new(), |namespace| {
        format!("namespace={}&", segment(namespace))
    });
    format!("{VERIFY}?{namespace}change={}", segment(change))
}

/// What pods were asked, and what it proved.
#[must_use]
pub fn verifications(query: &VerificationQuery) -> String {
    with_query(VERIFICATIONS, query)
}

/// What a pod was asked, and what it proved.
#[must_use]
pub fn verification(id: &str) -> String {
    format!("{VERIFY}/{}", segment(id))
}

/// The history.
#[must_use]
pub fn audit(query: &AuditQuery) -> String {
    with_query(AUDIT, query)
}

/// A change in the history.
#[must_use]
pub fn change(id: &str) -> String {
    format!("{AUDIT}/{}", segment(id))
}

/// An annotation in the reference, by its key, as it is: a fragment may hold a slash, and the router finds no escaped one.
#[must_use]
pub fn annotation(key: &str) -> String {
    format!("{ANNOTATIONS}#{key}")
}
