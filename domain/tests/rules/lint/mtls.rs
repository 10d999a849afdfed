//! Remarks on mTLS and on policies.

use std::collections::BTreeMap;

use domain::{
    Field,
    lint::{
        AuthorizationPolicy, Code, DestinationRule, Lint, Mtls, MtlsMode, PeerAuthentication, Policies,
        TlsMode, in_order, mtls,
    },
};

use super::{codes, in_namespace, workload::web};

const ROOT: &str = "istio-system";

fn labels(app: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("app".to_owned(), app.to_owned())])
}

fn peer(
    namespace: &str,
    selector: Option<&str>,
    mode: MtlsMode,
    ports: &[(u16, MtlsMode)],
) -> PeerAuthentication {
    PeerAuthentication {
        namespace: namespace.to_owned(),
        name: "peer".to_owned(),
        created: "2026-01-01T00:00:00Z".to_owned(),
        selector: selector.map(labels),
        mode,
        ports: ports.iter().copied().collect(),
    }
}

fn rule(namespace: &str, host: &str, tls: Option<TlsMode>, ports: &[(u16, TlsMode)]) -> DestinationRule {
    DestinationRule {
        namespace: namespace.to_owned(),
        host: host.to_owned(),
        tls,
        ports: ports.iter().copied().collect(),
    }
}

fn guard(namespace: &str, app: Option<&str>, ports: Option<Vec<u16>>) -> AuthorizationPolicy {
    AuthorizationPolicy {
        namespace: namespace.to_owned(),
        name: "guard".to_owned(),
        selector: app.map(labels),
        ports,
    }
}

/// Remarks on the workload `web` in `shop` that says this, with clients in these namespaces.
fn remarks(fields: &[(Field, &str)], policies: &Policies, clients: &[&str]) -> Vec<Lint> {
    let effective = in_namespace(fields);
    let clients: Vec<String> = clients.iter().map(|client| (*client).to_owned()).collect();
    in_order(mtls(&Mtls {
        namespace: "shop",
        labels: &labels("web"),
        workload: &web(&effective),
        policies,
        clients: &clients,
        auto_mtls: true,
    }))
}

const EXCLUDED: &[(Field, &str)] = &[(Field::ExcludeInboundPorts, "8080")];

fn with_rule(rule: DestinationRule) -> Policies {
    Policies::new(ROOT, Vec::new(), Vec::new(), vec![rule])
}

fn with_peers(peers: Vec<PeerAuthentication>) -> Policies {
    Policies::new(ROOT, peers, Vec::new(), Vec::new())
}

#[test]
fn clients_that_would_speak_mtls_to_the_application_are_named_with_a_way_out() {
    let lints = remarks(EXCLUDED, &Policies::default(), &["payments", "shop"]);
    assert_eq!(codes(&lints), [Code::AutoMtlsBreaks]);
    let lint = &lints[0];
    assert_eq!(lint.field, Some(Field::ExcludeInboundPorts));
    assert!(lint.sentence.contains("`web:80`"), "{lint:?}");
    assert_eq!(lint.clients, ["payments", "shop"]);
    let snippet = lint.snippet.as_ref().expect("YAML to copy");
    for line in [
        "kind: DestinationRule",
        "  namespace: shop",
        "  host: web.shop.svc.cluster.local",
        "        number: 80",
        "        mode: DISABLE",
    ] {
        assert!(snippet.lines().any(|other| other == line), "{line}\n{snippet}");
    }
}

#[test]
fn nothing_breaks_where_nobody_speaks_mtls_to_the_port() {
    let mode = |mode, ports: &[(u16, MtlsMode)]| with_peers(vec![peer("shop", Some("web"), mode, ports)]);
    for (policies, why) in [
        (
            with_rule(rule("shop", "web", Some(TlsMode::Disable), &[])),
            "a rule by its short host",
        ),
        (
            with_rule(rule("shop", "web.shop", Some(TlsMode::Disable), &[])),
            "by namespace",
        ),
        (
            with_rule(rule(
                ROOT,
                "*.shop.svc.cluster.local",
                Some(TlsMode::Disable),
                &[],
            )),
            "by wildcard",
        ),
        (
            with_rule(rule(
                "shop",
                "web.shop.svc.cluster.local",
                Some(TlsMode::IstioMutual),
                &[(80, TlsMode::Disable)],
            )),
            "for this port",
        ),
        (mode(MtlsMode::Disable, &[]), "the workload's policy"),
        (
            mode(MtlsMode::Strict, &[(8080, MtlsMode::Disable)]),
            "for the container's port",
        ),
    ] {
        assert!(
            !codes(&remarks(EXCLUDED, &policies, &["shop"])).contains(&Code::AutoMtlsBreaks),
            "{why}"
        );
    }
    let none = Policies::default();
    assert_eq!(remarks(EXCLUDED, &none, &[]), [], "no client has a sidecar");
    assert_eq!(
        remarks(&[], &none, &["shop"]),
        [],
        "the port goes through the sidecar"
    );
}

#[test]
fn a_rule_for_another_host_or_port_helps_nobody() {
    for other in [
        rule("shop", "cart", Some(TlsMode::Disable), &[]),
        rule("payments", "web", Some(TlsMode::Disable), &[]),
        rule("shop", "web", None, &[(8080, TlsMode::Disable)]),
        rule(
            "shop",
            "web",
            Some(TlsMode::Disable),
            &[(80, TlsMode::IstioMutual)],
        ),
    ] {
        let lints = remarks(EXCLUDED, &with_rule(other.clone()), &["shop"]);
        assert_eq!(codes(&lints), [Code::AutoMtlsBreaks], "{other:?}");
    }
}

#[test]
fn the_roots_rule_is_for_services_without_a_rule_of_their_namespace() {
    let of_root = || rule(ROOT, "*.local", Some(TlsMode::Disable), &[]);
    let breaks = |rules| {
        let policies = Policies::new(ROOT, Vec::new(), Vec::new(), rules);
        codes(&remarks(EXCLUDED, &policies, &["shop"])).contains(&Code::AutoMtlsBreaks)
    };
    assert!(!breaks(vec![of_root()]), "no other rule fits");
    assert!(!breaks(vec![of_root(), rule("shop", "cart", None, &[])]));
    // Its own says nothing of TLS, and rules of two namespaces are never put together: Istio chooses mTLS by itself.
    assert!(breaks(vec![of_root(), rule("shop", "web", None, &[])]));
}

#[test]
fn strict_is_not_enforced_where_the_sidecar_is_bypassed() {
    let is_strict =
        |peers| codes(&remarks(EXCLUDED, &with_peers(peers), &[])).contains(&Code::StrictNotEnforced);
    let strict = MtlsMode::Strict;
    assert!(is_strict(vec![peer(ROOT, None, strict, &[])]), "of the mesh");
    assert!(
        is_strict(vec![peer("shop", None, strict, &[])]),
        "of the namespace"
    );
    assert!(
        is_strict(vec![peer(
            "shop",
            Some("web"),
            MtlsMode::Permissive,
            &[(8080, strict)]
        )]),
        "of the port"
    );
    assert!(
        !is_strict(vec![peer("shop", Some("cart"), strict, &[])]),
        "of another workload"
    );
    assert!(
        !is_strict(vec![peer("payments", None, strict, &[])]),
        "of another namespace"
    );
    assert!(
        !is_strict(vec![
            peer(ROOT, None, strict, &[]),
            peer("shop", None, MtlsMode::Permissive, &[])
        ]),
        "the namespace overrides the mesh"
    );
    assert!(
        is_strict(vec![
            peer(ROOT, None, strict, &[]),
            peer("shop", Some("web"), MtlsMode::Unset, &[])
        ]),
        "unset inherits"
    );
    assert!(
        !is_strict(vec![peer("shop", None, MtlsMode::Unset, &[(8080, strict)])]),
        "ports count beside a selector only"
    );
    assert_eq!(
        codes(&remarks(
            &[],
            &with_peers(vec![peer(ROOT, None, strict, &[])]),
            &[]
        )),
        []
    );
}

#[test]
fn authorization_policies_that_stop_to_apply_are_named() {
    let named = |policy| {
        let policies = Policies::new(ROOT, Vec::new(), vec![policy], Vec::new());
        let lints = remarks(EXCLUDED, &policies, &[]);
        lints
            .first()
            .map(|lint| lint.sentence.clone())
            .unwrap_or_default()
    };
    assert!(named(guard("shop", Some("web"), None)).contains("`shop/guard` does not apply on `8080`"));
    assert!(named(guard(ROOT, None, Some(vec![8080]))).contains("`istio-system/guard`"));
    assert_eq!(named(guard("shop", Some("cart"), None)), "");
    assert_eq!(named(guard("payments", None, None)), "");
    assert_eq!(named(guard("shop", None, Some(vec![9090]))), "");
}
