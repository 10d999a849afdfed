//! Outbound Traffic Policy: read from the mesh configuration, changed there and nowhere else.

use axum::{Router, body::Body, routing::get};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use server::outbound_policy::Istiods;

use crate::{
    fake_cluster::FakeCluster,
    support::{Answer, TestServer, database},
};

const TEXT: &str =
    "# ours\naccessLogFile: /dev/stdout\noutboundTrafficPolicy:\n  mode: ALLOW_ANY # for now\n";
const PATH: &str = "/api/v1/mesh/outbound-traffic-policy/default";

/// A mesh whose configuration is `text`.
fn mesh(text: &str, marks: &Value) -> FakeCluster {
    let fake = FakeCluster::default();
    let mut map = json!({
        "metadata": {
            "name": "istio", "namespace": "istio-system", "uid": "u", "labels": { "istio.io/rev": "default" },
        },
        "data": { "mesh": text, "meshNetworks": "networks: {}" },
    });
    for (name, value) in marks.as_object().expect("an object") {
        map["metadata"][name] = value.clone();
    }
    fake.hold("configmaps", map);
    fake
}

async fn put(server: &TestServer, version: &str, body: Value) -> Answer {
    let request = Request::put(PATH)
        .header("if-match", format!("\"{version}\""))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

/// The policy of the only revision, and its version.
async fn read(server: &TestServer) -> (Value, String) {
    let policy = server.get(PATH).await.body;
    let version = policy["version"].as_str().expect("a version").to_owned();
    (policy, version)
}

fn held(server: &TestServer) -> Value {
    let map = server.fake.object("configmaps", "istio-system", "istio");
    map.expect("it is there")["data"].clone()
}

#[tokio::test]
async fn one_value_changes_and_the_rest_of_the_text_stays_byte_for_byte() {
    let server = TestServer::with(mesh(TEXT, &json!({})), &database()).await;
    let (policy, version) = read(&server).await;
    assert_eq!(policy["mode"], "ALLOW_ANY", "{policy}");
    assert_eq!(policy["taken"]["state"], "notConfirmed");
    let body = json!({ "mode": "REGISTRY_ONLY", "reason": "audit" });
    let saved = put(&server, &version, body).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    assert_eq!(saved.body["mode"], "REGISTRY_ONLY");
    assert_eq!(
        held(&server),
        json!({ "mesh": TEXT.replace("ALLOW_ANY", "REGISTRY_ONLY"), "meshNetworks": "networks: {}" })
    );
    let change = saved.body["change"].as_str().expect("a change").to_owned();
    let change = server.get(&format!("/api/v1/audit/{change}")).await.body;
    assert_eq!(
        [
            &change["action"],
            &change["reason"],
            &change["outcome"]["state"],
            &change["before"]["mesh"]
        ],
        [
            &json!("save-outbound-policy"),
            &json!("audit"),
            &json!("succeeded"),
            &json!(TEXT)
        ]
    );
    let again = put(
        &server,
        saved.body["version"].as_str().unwrap_or_default(),
        json!({ "mode": "REGISTRY_ONLY" }),
    )
    .await;
    assert!(
        again.body["notices"][0]
            .as_str()
            .is_some_and(|notice| notice.contains("nothing was changed"))
    );
    assert_eq!(server.fake.writes().len(), 1);
}

#[tokio::test]
async fn a_write_on_an_old_version_is_refused_with_the_state_now() {
    let server = TestServer::with(mesh(TEXT, &json!({})), &database()).await;
    let (_, version) = read(&server).await;
    let first = put(&server, &version, json!({ "mode": "REGISTRY_ONLY" })).await;
    let late = put(&server, &version, json!({ "mode": "ALLOW_ANY" })).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(
        late.problem().current.expect("the state")["version"],
        first.body["version"]
    );
}

#[tokio::test]
async fn a_mode_that_is_none_and_a_text_that_cannot_be_edited_are_refused_before_anything_is_recorded() {
    let text = "outboundTrafficPolicy: &policy\n  mode: ALLOW_ANY\nother: *policy\n";
    let server = TestServer::with(mesh(text, &json!({})), &database()).await;
    let (policy, version) = read(&server).await;
    assert!(
        policy["choices"][1]["refused"]
            .as_str()
            .is_some_and(|why| why.contains("anchor")),
        "{policy}"
    );
    let wrong = put(&server, &version, json!({ "mode": "ALLOW_SOME" })).await;
    assert_eq!(wrong.problem().errors[0].path, "mode");
    let refused = put(&server, &version, json!({ "mode": "REGISTRY_ONLY" })).await;
    let problem = refused.problem();
    assert!(problem.is("mesh-config-refused"), "{problem:?}");
    assert!(
        problem
            .way_out
            .is_some_and(|way| way.contains("mode: REGISTRY_ONLY"))
    );
    assert_eq!(server.fake.writes(), Vec::<String>::new());
    assert_eq!(server.get("/api/v1/audit").await.body["total"], 0);
}

#[tokio::test]
async fn a_config_map_that_an_operator_would_write_again_is_changed_only_when_told_so() {
    let owner = json!({ "ownerReferences": [
        { "apiVersion": "sailoperator.io/v1", "kind": "IstioRevision", "name": "default", "uid": "r" },
    ] });
    let server = TestServer::with(mesh(TEXT, &owner), &database()).await;
    let (policy, version) = read(&server).await;
    assert_eq!(policy["owner"]["kind"], "sail", "{policy}");
    // Where the change belongs comes first.
    let first = policy["choices"][1]["snippets"][0]["text"]
        .as_str()
        .expect("a text");
    assert!(first.contains("meshConfig") && first.contains("spec:"), "{first}");
    let refused = put(&server, &version, json!({ "mode": "REGISTRY_ONLY" })).await;
    assert!(refused.problem().is("owned"));
    let told = json!({ "mode": "REGISTRY_ONLY", "overrideOwner": true });
    assert_eq!(put(&server, &version, told).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_unknown_mode_is_shown_as_it_is_and_an_empty_policy_is_what_istio_makes_of_it() {
    for (text, mode) in [
        (
            "outboundTrafficPolicy:\n  mode: ALLOW_ANY_DYNAMIC_DNS\n",
            "ALLOW_ANY_DYNAMIC_DNS",
        ),
        ("outboundTrafficPolicy: {}\n", "REGISTRY_ONLY"),
        ("", "ALLOW_ANY"),
    ] {
        let server = TestServer::with(mesh(text, &json!({})), &database()).await;
        assert_eq!(read(&server).await.0["mode"], mode, "{text}");
    }
}

#[tokio::test]
async fn what_overrides_it_and_what_is_declared_is_listed_as_far_as_the_caller_sees_it() {
    let fake = mesh(TEXT, &json!({}));
    let sidecar = |namespace: &str, policy: Value| json!({ "metadata": { "namespace": namespace, "name": "default" }, "spec": { "outboundTrafficPolicy": policy } });
    fake.hold("sidecars", sidecar("shop", json!({})));
    fake.hold(
        "sidecars",
        sidecar("istio-system", json!({ "mode": "ALLOW_ANY" })),
    );
    fake.hold("serviceentries", json!({
        "metadata": { "namespace": "shop", "name": "pay" }, "spec": { "hosts": ["pay.example", "pay.example"] },
    }));
    fake.forbid_when(|asked| asked["resource"] == "sidecars" && asked["namespace"] != "istio-system");
    let server = TestServer::with(fake, &database()).await;
    let policy = server.get("/api/v1/mesh/outbound-traffic-policy").await.body;
    let overrides = policy["overrides"].as_array().expect("a list");
    assert_eq!(overrides.len(), 1, "{policy}");
    assert_eq!(
        (&overrides[0]["mode"], &overrides[0]["meshWide"]),
        (&json!("ALLOW_ANY"), &json!(true))
    );
    assert_eq!(policy["registry"]["hosts"], json!(["pay.example"]));
}

#[tokio::test]
async fn who_may_not_read_the_config_map_is_told_so_and_sees_no_mode() {
    let fake = mesh(TEXT, &json!({}));
    fake.forbid("configmaps");
    let server = TestServer::with(fake, &database()).await;
    let policy = server.get("/api/v1/mesh/outbound-traffic-policy").await.body;
    let revision = &policy["revisions"][0];
    assert_eq!(
        (&revision["mode"], &revision["choices"]),
        (&Value::Null, &json!([])),
        "{policy}"
    );
    assert!(
        revision["refused"]
            .as_str()
            .is_some_and(|why| why.contains("configmaps"))
    );
}

#[tokio::test]
async fn istiods_own_word_is_asked_for_where_it_can_be() {
    // What istiod answers: its mesh configuration as JSON, in which the zero of an enumeration is left out.
    let istiod = Router::new().route("/debug/mesh", get(async || r#"{"outboundTrafficPolicy":{}}"#));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, istiod).await });

    let mut server = TestServer::with(mesh(TEXT, &json!({})), &database()).await;
    server.ask_istiod(Istiods::at([(
        "default".to_owned(),
        address.parse().expect("a URL"),
    )]));
    let (policy, version) = read(&server).await;
    assert_eq!(policy["taken"]["state"], "differs", "{policy}");
    let saved = put(&server, &version, json!({ "mode": "REGISTRY_ONLY" })).await;
    assert_eq!(saved.body["taken"]["state"], "confirmed", "{saved:?}");
}

#[tokio::test]
async fn where_a_reason_is_mandatory_a_write_without_one_is_refused() {
    let mut server = TestServer::with(mesh(TEXT, &json!({})), &database()).await;
    server.require_reason();
    let (_, version) = read(&server).await;
    let refused = put(
        &server,
        &version,
        json!({ "mode": "REGISTRY_ONLY", "reason": " " }),
    )
    .await;
    assert_eq!(refused.problem().errors[0].path, "reason");
    let setting = server
        .put(("if-none-match", "*"), &json!({ "traffic": {} }))
        .await;
    assert_eq!(setting.problem().errors[0].path, "reason");
    let said = json!({ "traffic": {}, "reason": "audit" });
    let saved = server.put(("if-none-match", "*"), &said).await;
    assert_eq!(saved.status, StatusCode::CREATED);
    let gone = |query: &str| {
        Request::delete(format!("/api/v1/settings/namespaces/shop{query}"))
            .header("if-match", saved.headers["etag"].clone())
            .body(Body::empty())
            .expect("a request")
    };
    assert_eq!(server.send(gone("")).await.problem().errors[0].path, "reason");
    let gone = server.send(gone("?reason=no%20more")).await;
    assert_eq!(gone.status, StatusCode::OK);
    let newest = server.get("/api/v1/audit?limit=1").await.body;
    assert_eq!(newest["items"][0]["reason"], "no more");
}

#[tokio::test]
async fn a_mode_that_only_follows_from_a_default_can_be_written_down() {
    let server = TestServer::with(mesh("accessLogFile: /dev/stdout\n", &json!({})), &database()).await;
    let (policy, version) = read(&server).await;
    assert_eq!(policy["mode"], "ALLOW_ANY");
    assert!(
        policy["choices"][0]["diff"]
            .as_str()
            .is_some_and(|diff| diff.contains("ALLOW_ANY")),
        "{policy}"
    );
    let saved = put(&server, &version, json!({ "mode": "ALLOW_ANY" })).await;
    assert_eq!(saved.body["notices"], Value::Null, "{saved:?}");
    let text = held(&server)["mesh"].as_str().unwrap_or_default().to_owned();
    assert!(
        text.ends_with("outboundTrafficPolicy:\n  mode: ALLOW_ANY\n"),
        "{text}"
    );
}
