//! What decides besides the mesh configuration: `Sidecar` resources with a policy of their own, and what is declared in the
//! mesh and so stays reachable.

use std::collections::BTreeSet;

use api::outbound_policy::{PolicyOverride, Registry};
use kube::ResourceExt;
use serde_json::Value;

use crate::{
    caller::{Caller, Readable},
    cluster::istio::Sidecar,
    error::Error,
    state::State,
};

/// How many hosts are told by name.
const TOLD: usize = 50;

/// What overrides the policy, and what is declared, as far as the caller may see it.
pub(super) async fn in_mesh(
    state: &State,
    caller: &Caller,
) -> Result<(Vec<PolicyOverride>, Registry), Error> {
    let stores = &state.cluster.stores;
    let namespaces = state.cluster.snapshot().await.namespace_names();
    let (sidecars, services, entries) = futures::try_join!(
        caller.may_read(Readable::Sidecars, &namespaces),
        caller.may_read(Readable::Services, &namespaces),
        caller.may_read(Readable::ServiceEntries, &namespaces),
    )?;
    let root = state.cluster.mesh().root_namespace.clone();
    let mut overrides: Vec<PolicyOverride> = stores
        .sidecars
        .state()
        .iter()
        .filter(|sidecar| sidecars.includes(&sidecar.namespace().unwrap_or_default()))
        .filter_map(|sidecar| read(sidecar, root.as_deref()))
        .collect();
    overrides.sort_unstable();
    let hosts: BTreeSet<String> = stores
        .service_entries
        .state()
        .iter()
        .filter(|entry| entries.includes(&entry.namespace().unwrap_or_default()))
        .flat_map(|entry| texts(&entry.spec["hosts"]))
        .collect();
    let all = stores.services.state();
    let seen = all
        .iter()
        .filter(|service| services.includes(&service.namespace().unwrap_or_default()));
    let registry = Registry {
        services: seen.count(),
        hosts_total: hosts.len(),
        hosts: hosts.into_iter().take(TOLD).collect(),
        unseen: [
            stores.services.unseen(),
            stores.service_entries.unseen(),
            stores.sidecars.unseen(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    Ok((overrides, registry))
}

/// The policy of a `Sidecar`, where it has one. Of an empty one the mode is the zero of its enumeration.
pub(crate) fn own_mode(sidecar: &Sidecar) -> Option<String> {
    let policy = sidecar
        .spec
        .get("outboundTrafficPolicy")
        .filter(|policy| !policy.is_null())?;
    Some(match policy.get("mode") {
        None | Some(Value::Null) => "REGISTRY_ONLY".to_owned(),
        Some(Value::String(mode)) => mode.clone(),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(0) => "REGISTRY_ONLY".to_owned(),
            Some(1) => "ALLOW_ANY".to_owned(),
            _ => number.to_string(),
        },
        Some(other) => other.to_string(),
    })
}

/// A `Sidecar` that has one, for the wire.
fn read(sidecar: &Sidecar, root: Option<&str>) -> Option<PolicyOverride> {
    let mode = own_mode(sidecar)?;
    let selector = sidecar.spec["workloadSelector"]["labels"].as_object();
    let labels: Vec<String> = selector
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    let namespace = sidecar.namespace().unwrap_or_default();
    Some(PolicyOverride {
        mesh_wide: labels.is_empty() && Some(namespace.as_str()) == root,
        namespace,
        name: sidecar.name_any(),
        mode,
        labels,
    })
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
    use serde_json::json;

    use super::*;

    fn mode(spec: Value) -> Option<String> {
        let sidecar = Sidecar {
            metadata: ObjectMeta {
                namespace: Some("shop".to_owned()),
                name: Some("default".to_owned()),
                ..ObjectMeta::default()
            },
            spec,
        };
        own_mode(&sidecar)
    }

    #[test]
    fn a_sidecar_without_a_policy_overrides_nothing_and_an_empty_policy_is_registry_only() {
        for (spec, expected) in [
            (json!({}), None),
            (json!({ "outboundTrafficPolicy": null }), None),
            (json!({ "outboundTrafficPolicy": {} }), Some("REGISTRY_ONLY")),
            (
                json!({ "outboundTrafficPolicy": { "mode": "ALLOW_ANY" } }),
                Some("ALLOW_ANY"),
            ),
            (
                json!({ "outboundTrafficPolicy": { "mode": 1 } }),
                Some("ALLOW_ANY"),
            ),
            (json!({ "outboundTrafficPolicy": { "mode": "NEW" } }), Some("NEW")),
        ] {
            assert_eq!(mode(spec.clone()).as_deref(), expected, "{spec}");
        }
    }
}
