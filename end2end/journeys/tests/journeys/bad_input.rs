//! Requests that are wrong, and what they are told.

use api::Problem;
use http::{Method, Request};
use journeys::{Answer, Namespace, World, resource};
use serde_json::{Value, json};

const ABSENT: (&str, &str) = ("if-none-match", "*");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn put(world: &World, namespace: &Namespace, body: &Value) -> Answer {
    world.console.put(&namespace.url(), ABSENT, body).await
}

fn paths(problem: &Problem) -> Vec<&str> {
    problem.errors.iter().map(|error| error.path.as_str()).collect()
}

#[tokio::test]
async fn refused_fields_are_named_by_their_paths() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "paths").await;
    let field = |items: Value| json!({ "traffic": { "excludeInboundPorts": items } });
    for (body, expected) in [
        (
            field(json!(["80", "8o80"])),
            &["traffic.excludeInboundPorts[1]"][..],
        ),
        (field(json!(["0"])), &["traffic.excludeInboundPorts[0]"]),
        (field(json!(["90-80"])), &["traffic.excludeInboundPorts[0]"]),
        (field(json!(["*"])), &["traffic.excludeInboundPorts[0]"]),
        (field(json!([""])), &["traffic.excludeInboundPorts[0]"]),
        (field(json!(["1-257"])), &["traffic.excludeInboundPorts"]),
        (field(json!(null)), &["traffic.excludeInboundPorts"]),
        (field(json!("80")), &["traffic.excludeInboundPorts"]),
        (field(json!([80])), &["traffic.excludeInboundPorts[0]"]),
        (field(json!({ "0": "80" })), &["traffic.excludeInboundPorts"]),
        (
            json!({ "traffic": { "excludeOutboundIPRanges": ["47.XX.XX.144/32"] } }),
            &["traffic.excludeOutboundIPRanges[0]"],
        ),
        (json!({ "traffic": null }), &["traffic"]),
        (json!({ "traffic": [] }), &["traffic"]),
        (
            json!({ "traffic": {}, "selector": { "matchLabels": { "app": "x" } } }),
            &["selector"],
        ),
        (json!({ "traffic": {}, "priority": 7 }), &["priority"]),
        (
            json!({ "traffic": {}, "priority": 3_000_000_000_u32 }),
            &["priority"],
        ),
        (json!({ "traffic": {}, "reason": "x".repeat(501) }), &["reason"]),
        (
            json!({ "traffic": { "excludeInboundPorts": ["0", "80", "+81"], "excludeOutboundIPRanges": ["x"] }, "priority": 1 }),
            &[
                "priority",
                "traffic.excludeInboundPorts[0]",
                "traffic.excludeInboundPorts[2]",
                "traffic.excludeOutboundIPRanges[0]",
            ],
        ),
    ] {
        let answer = put(&world, &namespace, &body).await;
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
        let problem = answer.problem();
        assert!(problem.is("invalid"), "{body}: {problem:?}");
        let mut found = paths(&problem);
        found.sort_unstable();
        assert_eq!(found, expected, "{body}: {problem:?}");
        assert!(
            problem.errors.iter().all(|error| !error.message.is_empty()),
            "{problem:?}"
        );
        assert!(problem.way_out.is_some(), "{problem:?}");
    }
    assert_eq!(
        resource::spec(&world.admin, &namespace.name, "default").await,
        None
    );
}

#[tokio::test]
async fn an_unknown_field_is_told_the_nearest_name() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "unknown").await;
    let body = json!({ "traffic": { "excludeInboundPort": ["80"] } });
    let problem = put(&world, &namespace, &body).await.problem();
    assert_eq!(
        (problem.status, paths(&problem)),
        (422, vec!["traffic.excludeInboundPort"])
    );
    assert!(
        problem.errors[0].message.contains("excludeInboundPorts"),
        "{problem:?}"
    );

    let answer = put(&world, &namespace, &json!({ "traffic": {}, "prioritty": 1 })).await;
    let problem = answer.problem();
    assert_eq!(problem.status, 422, "{problem:?}");
    assert!(problem.errors[0].message.contains("prioritty"), "{problem:?}");
}

#[tokio::test]
async fn a_workload_setting_needs_a_usable_selector() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "selector").await;
    let url = api::path::setting(&namespace.workload("cart"));
    for (body, path) in [
        (json!({ "traffic": {} }), "selector"),
        (
            json!({ "traffic": {}, "selector": { "matchLabels": {} } }),
            "selector.matchLabels",
        ),
        (json!({ "traffic": {}, "selector": {} }), "selector"),
        (
            json!({ "traffic": {}, "selector": { "matchLabels": { "a b": "x" } } }),
            "selector.matchLabels[a b]",
        ),
        (
            json!({ "traffic": {}, "selector": { "matchLabels": { "a": "x y" } } }),
            "selector.matchLabels[a]",
        ),
        (
            json!({ "traffic": {}, "selector": { "matchLabels": { "a": 1 } } }),
            "selector.matchLabels.a",
        ),
    ] {
        let problem = world.console.put(&url, ABSENT, &body).await.problem();
        assert_eq!(
            (problem.status, paths(&problem)),
            (422, vec![path]),
            "{body}: {problem:?}"
        );
    }
    for name in ["default", "Cart", "a%2Fb", "-a"] {
        let url = format!("{}/workloads/{name}", namespace.url());
        let body = json!({ "traffic": {}, "selector": { "matchLabels": { "app": "x" } } });
        let problem = world.console.put(&url, ABSENT, &body).await.problem();
        assert_eq!(problem.status, 422, "{name}: {problem:?}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_why() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "body").await;
    let url = namespace.url();
    let send = |headers: Vec<(&'static str, &'static str)>, body: String| {
        let (console, url) = (&world.console, &url);
        async move { console.ask(Method::PUT, url, &headers, &body).await }
    };
    let good = r#"{"traffic":{}}"#;
    for (what, headers, body, status) in [
        (
            "broken JSON",
            vec![ABSENT, JSON],
            r#"{"traffic":"#.to_owned(),
            400,
        ),
        ("no JSON", vec![ABSENT, JSON], "traffic: {}".to_owned(), 400),
        (
            "something after it",
            vec![ABSENT, JSON],
            format!("{good}{good}"),
            400,
        ),
        ("nothing", vec![ABSENT, JSON], String::new(), 400),
        ("no content type", vec![ABSENT], good.to_owned(), 415),
        (
            "another type",
            vec![ABSENT, ("content-type", "text/plain")],
            good.to_owned(),
            415,
        ),
        (
            "a form",
            vec![ABSENT, ("content-type", "application/x-www-form-urlencoded")],
            good.to_owned(),
            415,
        ),
        (
            "too long",
            vec![ABSENT, JSON],
            format!("{good}{}", " ".repeat(64 * 1024)),
            413,
        ),
    ] {
        let answer = send(headers, body).await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        answer.problem();
    }
    let not_utf8 = Request::put(&url)
        .header(ABSENT.0, ABSENT.1)
        .header(JSON.0, JSON.1)
        .body(vec![b'{', b'"', 0xff, b'"', b'}'])
        .expect("a request");
    let answer = world.console.send(not_utf8).await;
    assert_eq!(answer.problem().status, 400, "{answer:?}");
    assert_eq!(
        resource::spec(&world.admin, &namespace.name, "default").await,
        None
    );
}

#[tokio::test]
async fn a_write_without_a_usable_precondition_is_refused() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "precondition").await;
    let body = json!({ "traffic": {} }).to_string();
    for (headers, status) in [
        (vec![JSON], 428),
        (vec![JSON, ("if-match", "W/\"1\"")], 400),
        (vec![JSON, ("if-match", "*")], 400),
        (vec![JSON, ("if-match", "1")], 400),
        (vec![JSON, ("if-match", "\"1\", \"2\"")], 400),
        (vec![JSON, ("if-none-match", "\"1\"")], 400),
        (vec![JSON, ABSENT, ("if-match", "\"1\"")], 400),
        (vec![JSON, ("if-match", "\"1\"")], 412),
    ] {
        let answer = world
            .console
            .ask(Method::PUT, &namespace.url(), &headers, &body)
            .await;
        let problem = answer.problem();
        assert_eq!(problem.status, status, "{headers:?}: {problem:?}");
        assert!(problem.way_out.is_some(), "{problem:?}");
    }
    let answer = world.console.ask(Method::DELETE, &namespace.url(), &[], "").await;
    assert!(matches!(answer.problem().status, 404 | 428), "{answer:?}");
    assert_eq!(
        resource::spec(&world.admin, &namespace.name, "default").await,
        None
    );
}

#[tokio::test]
async fn things_that_do_not_exist_are_named() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "missing").await;
    let nowhere = "/api/v1/settings/namespaces/no-such-namespace";
    let answer = world
        .console
        .put(nowhere, ABSENT, &json!({ "traffic": {} }))
        .await;
    let problem = answer.problem();
    assert_eq!(problem.status, 404);
    assert!(problem.detail.contains("no-such-namespace"), "{problem:?}");
    for path in [
        nowhere.to_owned(),
        format!("{}/workloads/none", namespace.url()),
        api::path::pod(&namespace.name, "none"),
        api::path::audit_change("none"),
        "/api/v1/nothing".to_owned(),
        "/nothing.json".to_owned(),
    ] {
        let answer = world.console.get(&path).await;
        assert_eq!(answer.problem().status, 404, "{path}: {answer:?}");
    }
    let answer = world.console.ask(Method::POST, &namespace.url(), &[], "").await;
    assert_eq!(answer.problem().status, 405, "{answer:?}");
    let answer = world
        .console
        .ask(Method::DELETE, &namespace.url(), &[("if-match", "\"1\"")], "")
        .await;
    assert_eq!(answer.problem().status, 404, "{answer:?}");
}

#[tokio::test]
async fn the_root_namespace_has_one_address_only() {
    let world = World::shared().await;
    let root = world.root_namespace().await;
    let url = api::path::setting(&domain::Level::Namespace(root.clone()));
    for answer in [
        world.console.put(&url, ABSENT, &json!({ "traffic": {} })).await,
        world.console.get(&url).await,
    ] {
        let problem = answer.problem();
        assert_eq!(problem.status, 422);
        assert!(problem.detail.contains(api::path::SETTINGS_GLOBAL), "{problem:?}");
    }
    let url = format!("/api/v1/settings/namespaces/{root}/workloads/cart");
    let body = json!({ "traffic": {}, "selector": { "matchLabels": { "app": "x" } } });
    let problem = world.console.put(&url, ABSENT, &body).await.problem();
    assert_eq!(problem.status, 422, "{problem:?}");
}

#[tokio::test]
async fn parameters_that_break_rules_are_refused() {
    let world = World::shared().await;
    for (path, parameter) in [
        ("/api/v1/pods?namespce=shop", "namespce"),
        ("/api/v1/pods?stale=true", "stale"),
        ("/api/v1/pods?state=maybe", "state"),
        ("/api/v1/pods?sort=age", "sort"),
        ("/api/v1/pods?limit=0", "limit"),
        ("/api/v1/pods?limit=501", "limit"),
        ("/api/v1/pods?limit=-1", "limit"),
        ("/api/v1/pods?cursor=rubbish", "cursor"),
        ("/api/v1/namespaces?cursor=rubbish", "cursor"),
        ("/api/v1/deployments?cursor=rubbish", "cursor"),
        ("/api/v1/deployments?sort=-state", "sort"),
        ("/api/v1/deployments?unknown=1", "unknown"),
        ("/api/v1/audit?cursor=rubbish", "cursor"),
        ("/api/v1/audit?cursor=99999999999999999999", "cursor"),
        ("/api/v1/audit?limit=x", "limit"),
        ("/api/v1/audit?user=admin", "user"),
        ("/api/v1/audit?outcome=good", "outcome"),
    ] {
        let problem = world.console.get(path).await.problem();
        assert_eq!(problem.status, 422, "{path}: {problem:?}");
        assert_eq!(problem.errors[0].path, parameter, "{path}: {problem:?}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_and_other_names_are_kept_out() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "site").await;
    let url = namespace.url();
    let body = r#"{"traffic":{"excludeInboundPorts":["80"]}}"#;
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let answer = world
            .console
            .ask(Method::PUT, &url, &[ABSENT, JSON, header], body)
            .await;
        assert_eq!(answer.status, 403, "{header:?}: {answer:?}");
        answer.problem();
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "10.0.0.1",
    ] {
        for (method, body) in [(Method::GET, ""), (Method::PUT, body)] {
            let answer = world
                .console
                .ask(method, &url, &[ABSENT, JSON, ("host", host)], body)
                .await;
            assert_eq!(answer.status, 421, "{host}: {answer:?}");
            answer.problem();
        }
    }
    assert_eq!(
        resource::spec(&world.admin, &namespace.name, "default").await,
        None
    );
    let own = ("sec-fetch-site", "same-origin");
    let answer = world
        .console
        .ask(Method::PUT, &url, &[ABSENT, JSON, own], body)
        .await;
    assert_eq!(answer.status, 201, "the console's own page: {answer:?}");
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_headers_against_misuse() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "headers").await;
    for path in [
        "/healthz",
        "/readyz",
        api::path::MESHES,
        api::path::NAMESPACES,
        api::path::PODS,
        api::path::DEPLOYMENTS,
        api::path::AUDIT,
        api::path::SETTINGS_GLOBAL,
        api::path::OPENAPI,
        &namespace.url(),
        "/api/v1/pods?limit=0",
        "/nothing",
    ] {
        let answer = world.console.get(path).await;
        assert!(
            answer.header("x-request-id").is_some_and(|id| !id.is_empty()),
            "{path}: {answer:?}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
    let answer = world
        .console
        .ask(Method::GET, "/nothing", &[("x-request-id", "mine-17")], "")
        .await;
    assert_eq!(answer.problem().request_id.as_deref(), Some("mine-17"));
}
