//! Every URL once: the router uses the templates, the client the builders.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use crate::workload::WorkloadKind;

/// What a path segment must not hold as it is (RFC 3986 `pchar`, less what Kubernetes names never need).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'&')
    .add(b'=')
    .add(b'+');

/// The meshes of the cluster: one.
pub const MESHES: &str = "/api/v1/meshes";
/// What the mesh does with destinations that nothing in it declares.
pub const OUTBOUND_POLICY: &str = "/api/v1/mesh/outbound-traffic-policy";
/// The same of one revision.
pub const OUTBOUND_POLICY_OF: &str = "/api/v1/mesh/outbound-traffic-policy/{revision}";
/// The Global level.
pub const SETTINGS_GLOBAL: &str = "/api/v1/settings/global";
/// The Namespace level.
pub const SETTINGS_NAMESPACE: &str = "/api/v1/settings/namespaces/{namespace}";
/// The Workload level of a namespace.
pub const SETTINGS_WORKLOADS: &str = "/api/v1/settings/namespaces/{namespace}/workloads";
/// One setting of the Workload level.
pub const SETTINGS_WORKLOAD: &str = "/api/v1/settings/namespaces/{namespace}/workloads/{name}";
/// What would come of a setting.
pub const SETTINGS_PREVIEW: &str = "/api/v1/settings:preview";
/// What is remarkable about settings and workloads.
pub const LINTS: &str = "/api/v1/lints";
/// Namespaces.
pub const NAMESPACES: &str = "/api/v1/namespaces";
/// Deployments.
pub const DEPLOYMENTS: &str = "/api/v1/deployments";
/// One Deployment.
pub const DEPLOYMENT: &str = "/api/v1/deployments/{namespace}/{name}";
/// StatefulSets.
pub const STATEFUL_SETS: &str = "/api/v1/statefulsets";
/// One StatefulSet.
pub const STATEFUL_SET: &str = "/api/v1/statefulsets/{namespace}/{name}";
/// DaemonSets.
pub const DAEMON_SETS: &str = "/api/v1/daemonsets";
/// One DaemonSet.
pub const DAEMON_SET: &str = "/api/v1/daemonsets/{namespace}/{name}";
/// A workload or a pod as YAML.
pub const MANIFEST: &str = "/api/v1/{kind}/{namespace}/{name}/yaml";
/// Annotations of a manifest moved to its pod template; nothing is stored.
pub const MANIFEST_MOVE: &str = "/api/v1/manifests:move-annotations";
/// Pods.
pub const PODS: &str = "/api/v1/pods";
/// One pod.
pub const POD: &str = "/api/v1/pods/{namespace}/{name}";
/// The eviction of one pod.
pub const POD_EVICTION: &str = "/api/v1/pods/{namespace}/{name}/eviction";
/// What the caller may do.
pub const ACCESS: &str = "/api/v1/access";
/// What happens to a packet of a pod.
pub const TRACE: &str = "/api/v1/trace";
/// Runs: plans that are stored.
pub const RESTARTS: &str = "/api/v1/restarts";
/// What would be restarted.
pub const RESTARTS_PLAN: &str = "/api/v1/restarts:plan";
/// One run.
pub const RESTART: &str = "/api/v1/restarts/{id}";
/// Carries a plan out.
pub const RESTART_START: &str = "/api/v1/restarts/{id}/start";
/// Lets a run begin nothing more until it is resumed.
pub const RESTART_PAUSE: &str = "/api/v1/restarts/{id}/pause";
/// Lets a run go on.
pub const RESTART_RESUME: &str = "/api/v1/restarts/{id}/resume";
/// Lets a run begin nothing more, for good.
pub const RESTART_CANCEL: &str = "/api/v1/restarts/{id}/cancel";
/// What becomes of a run, as it does: server-sent events.
pub const RESTART_EVENTS: &str = "/api/v1/restarts/{id}/events";
/// Requests that were really sent from inside pods.
pub const VERIFICATIONS: &str = "/api/v1/verifications";
/// One of them.
pub const VERIFICATION: &str = "/api/v1/verifications/{id}";
/// The history of changes.
pub const AUDIT: &str = "/api/v1/audit";
/// One change.
pub const AUDIT_CHANGE: &str = "/api/v1/audit/{id}";
/// Puts back what was before a change.
pub const AUDIT_REVERT: &str = "/api/v1/audit/{id}/revert";
/// The history as a file.
pub const AUDIT_EXPORT: &str = "/api/v1/audit:export";
/// What changes, as it changes: server-sent events.
pub const EVENTS: &str = "/api/v1/events";
/// The description of all this.
pub const OPENAPI: &str = "/api/v1/openapi.json";

/// `s` as one path segment.
#[must_use]
pub fn segment(s: &str) -> String {
    utf8_percent_encode(s, SEGMENT).to_string()
}

/// A level's URL.
#[must_use]
pub fn setting(level: &domain::Level) -> String {
    match level {
        domain::Level::Global => SETTINGS_GLOBAL.to_owned(),
        domain::Level::Namespace(namespace) => SETTINGS_NAMESPACE.replace("{namespace}", &segment(namespace)),
        domain::Level::Workload { namespace, name } => SETTINGS_WORKLOAD
            .replace("{namespace}", &segment(namespace))
            .replace("{name}", &segment(name)),
    }
}

/// The URL of a revision's Outbound Traffic Policy.
#[must_use]
pub fn outbound_policy(revision: &str) -> String {
    OUTBOUND_POLICY_OF.replace("{revision}", &segment(revision))
}

/// A pod's URL.
#[must_use]
pub fn pod(namespace: &str, name: &str) -> String {
    POD.replace("{namespace}", &segment(namespace))
        .replace("{name}", &segment(name))
}

/// The URL of a pod's eviction.
#[must_use]
pub fn pod_eviction(namespace: &str, name: &str) -> String {
    POD_EVICTION
        .replace("{namespace}", &segment(namespace))
        .replace("{name}", &segment(name))
}

/// The URL of the workloads of a kind.
#[must_use]
pub const fn workloads(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => DEPLOYMENTS,
        WorkloadKind::StatefulSet => STATEFUL_SETS,
        WorkloadKind::DaemonSet => DAEMON_SETS,
    }
}

/// A workload's URL.
#[must_use]
pub fn workload(kind: WorkloadKind, namespace: &str, name: &str) -> String {
    let one = match kind {
        WorkloadKind::Deployment => DEPLOYMENT,
        WorkloadKind::StatefulSet => STATEFUL_SET,
        WorkloadKind::DaemonSet => DAEMON_SET,
    };
    one.replace("{namespace}", &segment(namespace))
        .replace("{name}", &segment(name))
}

/// The URL of a manifest.
#[must_use]
pub fn manifest(kind: crate::manifest::ManifestKind, namespace: &str, name: &str) -> String {
    MANIFEST
        .replace("{kind}", kind.plural())
        .replace("{namespace}", &segment(namespace))
        .replace("{name}", &segment(name))
}

/// A change's URL.
#[must_use]
pub fn audit_change(id: &str) -> String {
    AUDIT_CHANGE.replace("{id}", &segment(id))
}

/// The URL that reverts a change.
#[must_use]
pub fn audit_revert(id: &str) -> String {
    AUDIT_REVERT.replace("{id}", &segment(id))
}

/// A run's URL.
#[must_use]
pub fn restart(id: &str) -> String {
    RESTART.replace("{id}", &segment(id))
}

/// The URL of a command to a run.
#[must_use]
pub fn restart_command(id: &str, command: crate::restart::Command) -> String {
    format!("{}/{}", restart(id), command.name())
}

/// The URL of a run's events.
#[must_use]
pub fn restart_events(id: &str) -> String {
    RESTART_EVENTS.replace("{id}", &segment(id))
}

/// A verification's URL.
#[must_use]
pub fn verification(id: &str) -> String {
    VERIFICATION.replace("{id}", &segment(id))
}

/// `path` with what `query` holds; without a question mark where it holds nothing.
#[must_use]
pub fn with_query(path: &str, query: &impl Serialize) -> String {
    let query = serde_urlencoded::to_string(query).expect("a query is a flat record of texts and numbers");
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::{PodQuery, PodStateName};

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(pod("a/b", "c?d"), "/api/v1/pods/a%2Fb/c%3Fd");
        assert_eq!(
            setting(&domain::Level::Workload {
                namespace: "shop".into(),
                name: "cart".into()
            }),
            "/api/v1/settings/namespaces/shop/workloads/cart"
        );
    }

    #[test]
    fn a_query_holds_only_what_is_set() {
        let url = with_query(
            PODS,
            &PodQuery {
                namespace: Some("shop".into()),
                state: Some(PodStateName::NotApplicable),
                sort: "-created".parse().ok(),
                cursor: Some("a&b".into()),
                ..PodQuery::default()
            },
        );
        assert_eq!(
            url,
            "/api/v1/pods?namespace=shop&state=notApplicable&sort=-created&cursor=a%26b"
        );
        assert_eq!(with_query(PODS, &PodQuery::default()), PODS);
    }
}
