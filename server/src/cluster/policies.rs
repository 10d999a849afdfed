//! Istio's policies as `domain` looks at them, read from what the cluster stores. What cannot be read says nothing: Istio
//! has checked it before it was stored.

use std::collections::BTreeMap;

use domain::lint::{AuthorizationPolicy, DestinationRule, MtlsMode, PeerAuthentication, Policies, TlsMode};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use super::{istio, watch::Stores};

/// All policies of a mesh with this root namespace.
#[must_use]
pub fn policies(stores: &Stores, root: &str) -> Policies {
    let peers = stores.peer_authentications.state();
    let authorizations = stores.authorization_policies.state();
    let rules = stores.destination_rules.state();
    Policies::new(
        root,
        peers.iter().map(|stored| peer(stored)).collect(),
        authorizations
            .iter()
            .filter_map(|stored| authorization(stored))
            .collect(),
        rules.iter().filter_map(|stored| rule(stored)).collect(),
    )
}

fn namespace(metadata: &ObjectMeta) -> String {
    metadata.namespace.clone().unwrap_or_default()
}

fn name(metadata: &ObjectMeta) -> String {
    metadata.name.clone().unwrap_or_default()
}

/// The labels of `spec.selector`; nothing where there is none.
fn selector(spec: &Value) -> Option<BTreeMap<String, String>> {
    let labels = spec.get("selector")?.get("matchLabels")?;
    serde_json::from_value(labels.clone()).ok()
}

fn peer(stored: &istio::PeerAuthentication) -> PeerAuthentication {
    let mode = |mtls: Option<&Value>| match mtls.and_then(|mtls| mtls["mode"].as_str()) {
        Some("DISABLE") => MtlsMode::Disable,
        Some("PERMISSIVE") => MtlsMode::Permissive,
        Some("STRICT") => MtlsMode::Strict,
        _ => MtlsMode::Unset,
    };
    let (metadata, spec) = (&stored.metadata, &stored.spec);
    let ports = spec["portLevelMtls"].as_object().into_iter().flatten();
    PeerAuthentication {
        namespace: namespace(metadata),
        name: name(metadata),
        created: metadata
            .creation_timestamp
            .as_ref()
            .map(|at| at.0.to_string())
            .unwrap_or_default(),
        selector: selector(spec),
        mode: mode(spec.get("mtls")),
        ports: ports
            .filter_map(|(port, mtls)| Some((port.parse().ok()?, mode(Some(mtls)))))
            .collect(),
    }
}

fn authorization(stored: &istio::AuthorizationPolicy) -> Option<AuthorizationPolicy> {
    let spec = &stored.spec;
    // These are for gateways and waypoints.
    if spec.get("targetRef").is_some() || spec.get("targetRefs").is_some() {
        return None;
    }
    Some(AuthorizationPolicy {
        namespace: namespace(&stored.metadata),
        name: name(&stored.metadata),
        selector: selector(spec),
        ports: ports_of_rules(spec),
    })
}

/// The ports that all rules together are restricted to; nothing where one of them is for every port, or there is none.
fn ports_of_rules(spec: &Value) -> Option<Vec<u16>> {
    let rules = spec["rules"].as_array().filter(|rules| !rules.is_empty())?;
    let mut all = Vec::new();
    for rule in rules {
        let to = rule["to"].as_array().filter(|to| !to.is_empty())?;
        for operation in to {
            let ports = operation["operation"]["ports"].as_array()?;
            let numbers = ports
                .iter()
                .map(|port| port.as_str().and_then(|text| text.parse().ok()));
            all.extend(numbers.collect::<Option<Vec<u16>>>()?);
        }
    }
    Some(all)
}

fn rule(stored: &istio::DestinationRule) -> Option<DestinationRule> {
    let spec = &stored.spec;
    // Only for some clients: it says nothing of the others.
    let for_some = spec.get("workloadSelector").is_some()
        || spec["exportTo"]
            .as_array()
            .is_some_and(|to| !to.is_empty() && !to.contains(&"*".into()));
    if for_some {
        return None;
    }
    let mode = |policy: &Value| {
        policy["tls"]["mode"].as_str().map(|mode| match mode {
            "DISABLE" => TlsMode::Disable,
            "ISTIO_MUTUAL" => TlsMode::IstioMutual,
            _ => TlsMode::Other,
        })
    };
    let policy = &spec["trafficPolicy"];
    let ports = policy["portLevelSettings"].as_array().into_iter().flatten();
    let ports = ports.filter_map(|settings| {
        let number = settings["port"]["number"].as_u64()?;
        // Settings of a port inherit nothing from the rule's: without TLS there, Istio chooses by itself.
        Some((
            u16::try_from(number).ok()?,
            mode(settings).unwrap_or(TlsMode::IstioMutual),
        ))
    });
    Some(DestinationRule {
        namespace: namespace(&stored.metadata),
        host: spec["host"].as_str()?.to_owned(),
        tls: mode(policy),
        ports: ports.collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata() -> ObjectMeta {
        ObjectMeta {
            namespace: Some("shop".to_owned()),
            name: Some("it".to_owned()),
            ..ObjectMeta::default()
        }
    }

    #[test]
    fn a_policy_for_a_gateway_is_none_of_a_sidecars() {
        let of = |spec| {
            authorization(&istio::AuthorizationPolicy {
                metadata: metadata(),
                spec,
            })
        };
        assert!(of(json!({ "targetRefs": [{ "kind": "Gateway", "name": "web" }] })).is_none());
        assert_eq!(of(json!({})).expect("a policy").ports, None);
    }

    #[test]
    fn rules_are_for_the_ports_that_all_of_them_name() {
        let to = |ports: &[&str]| json!({ "to": [{ "operation": { "ports": ports } }] });
        assert_eq!(
            ports_of_rules(&json!({ "rules": [to(&["80"]), to(&["81", "82"])] })),
            Some(vec![80, 81, 82])
        );
        assert_eq!(ports_of_rules(&json!({ "rules": [to(&["80"]), {}] })), None);
        assert_eq!(
            ports_of_rules(&json!({ "rules": [{ "to": [{ "operation": { "paths": ["/"] } }] }] })),
            None
        );
        assert_eq!(ports_of_rules(&json!({ "rules": [] })), None);
    }

    #[test]
    fn a_rule_for_some_clients_says_nothing_of_all() {
        let of = |spec| {
            rule(&istio::DestinationRule {
                metadata: metadata(),
                spec,
            })
        };
        let tls = json!({ "tls": { "mode": "DISABLE" } });
        let read = of(json!({ "host": "web", "trafficPolicy": tls })).expect("a rule");
        assert_eq!((read.tls, read.ports.len()), (Some(TlsMode::Disable), 0));
        assert!(of(json!({ "host": "web", "trafficPolicy": tls, "exportTo": ["."] })).is_none());
        assert!(of(json!({ "host": "web", "trafficPolicy": tls, "exportTo": ["*"] })).is_some());
        assert!(of(json!({ "host": "web", "trafficPolicy": tls, "workloadSelector": {} })).is_none());
        let by_port = json!({ "portLevelSettings": [
            { "port": { "number": 80 }, "tls": { "mode": "SIMPLE" } }, { "port": { "number": 81 } },
        ] });
        let read = of(json!({ "host": "web", "trafficPolicy": by_port })).expect("a rule");
        assert_eq!(
            read.ports,
            BTreeMap::from([(80, TlsMode::Other), (81, TlsMode::IstioMutual)])
        );
    }
}
