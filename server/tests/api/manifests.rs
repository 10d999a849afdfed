//! Manifests: read as YAML, edited, refused beside the line, recorded.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use server::history::reconcile;

use crate::{
    fake_cluster::{FakeCluster, NextWrite},
    support::{Answer, TestServer, database},
    things,
};

const PATH: &str = "/api/v1/deployments/shop/cart/yaml";
const PORTS: &str = "traffic.sidecar.istio.io/excludeInboundPorts";

/// A Deployment as an API server answers it.
fn cart() -> Value {
    let mut cart = things::deployment("shop", "cart");
    cart["apiVersion"] = json!("apps/v1");
    cart["kind"] = json!("Deployment");
    cart["metadata"]["uid"] = json!("u");
    cart["metadata"]["generation"] = json!(1);
    cart["metadata"]["annotations"] = json!({ "deployment.kubernetes.io/revision": "4" });
    cart["metadata"]["managedFields"] = json!([{ "manager": "kubectl", "operation": "Update" }]);
    cart["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{ "name": "TOKEN", "value": "s3cret" }]);
    cart
}

async fn server() -> TestServer {
    with(cart()).await
}

async fn with(cart: Value) -> TestServer {
    let fake = FakeCluster::default();
    fake.hold("deployments", cart);
    TestServer::with(fake, &database()).await
}

/// The text and its version.
async fn read(server: &TestServer) -> (String, String) {
    let answer = server.get(PATH).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let version = answer.body["version"].as_str().expect("a version").to_owned();
    assert_eq!(answer.headers["etag"], format!("\"{version}\""));
    (answer.body["yaml"].as_str().expect("a text").to_owned(), version)
}

async fn put_to(server: &TestServer, path: &str, version: &str, body: Value) -> Answer {
    let request = Request::put(path)
        .header("if-match", format!("\"{version}\""))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

async fn put(server: &TestServer, version: &str, yaml: &str) -> Answer {
    put_to(server, PATH, version, json!({ "yaml": yaml })).await
}

/// The text with an annotation on the pod template.
fn annotated(yaml: &str, value: &str) -> String {
    yaml.replace(
        "  template:\n    metadata:\n",
        &format!("  template:\n    metadata:\n      annotations:\n        {PORTS}: {value}\n"),
    )
}

async fn newest(server: &TestServer) -> Value {
    server.get("/api/v1/audit?limit=1").await.body["items"][0].clone()
}

#[tokio::test]
async fn a_manifest_is_shown_without_what_the_cluster_counts_unless_asked_for() {
    let server = server().await;
    let (yaml, _) = read(&server).await;
    assert!(
        yaml.starts_with("apiVersion: apps/v1\nkind: Deployment\n"),
        "{yaml}"
    );
    for word in [
        "managedFields",
        "resourceVersion",
        "generation",
        "revision",
        "readyReplicas",
    ] {
        assert!(!yaml.contains(word), "{word}: {yaml}");
    }
    let whole = server.get(&format!("{PATH}?managedFields=true")).await.body;
    let yaml = whole["yaml"].as_str().unwrap_or_default();
    assert!(
        yaml.contains("manager: kubectl") && yaml.contains("resourceVersion"),
        "{yaml}"
    );
    assert_eq!(whole["status"], "status:\n  readyReplicas: 1\n");
    assert_eq!(whole["refused"], Value::Null);
}

#[tokio::test]
async fn the_reference_pages_edit_puts_annotations_on_the_template_and_is_recorded_by_its_fields() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    let edited = annotated(&yaml, "'7001,7002,7005'").replace("s3cret", "other");
    let saved = put(&server, &version, &edited).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    let update = &saved.body["update"];
    assert_eq!(
        (&update["templateChanged"], &update["pods"], &update["dryRun"]),
        (&json!(true), &json!(2), &json!(false))
    );
    assert!(
        update["rollout"]
            .as_str()
            .is_some_and(|words| words.contains("its 2 pods by itself"))
    );
    let held = server
        .fake
        .object("deployments", "shop", "cart")
        .expect("it is there");
    assert_eq!(
        held["spec"]["template"]["metadata"]["annotations"],
        json!({ PORTS: "7001,7002,7005" })
    );
    // What nobody typed is as it was.
    assert_eq!(held["metadata"]["annotations"], cart()["metadata"]["annotations"]);
    assert_eq!(held["status"], cart()["status"]);
    let change = newest(&server).await;
    assert_eq!(change["action"], "edit-workload");
    assert_eq!(
        change["target"],
        json!({ "kind": "Deployment", "namespace": "shop", "name": "cart" })
    );
    assert_eq!(change["outcome"]["state"], "succeeded");
    let path = format!("spec.template.metadata.annotations[{PORTS}]");
    assert_eq!(change["before"]["fields"][&path], Value::Null);
    assert_eq!(change["after"]["fields"][&path], "7001,7002,7005");
    assert!(
        !change.to_string().contains("s3cret") && !change.to_string().contains("other"),
        "{change}"
    );
    assert_eq!(update["change"], change["id"]);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_stored_and_stores_and_records_nothing() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    let body = json!({ "yaml": annotated(&yaml, "'80'") });
    let tried = put_to(&server, &format!("{PATH}?dryRun=true"), &version, body).await;
    assert_eq!(tried.status, StatusCode::OK, "{tried:?}");
    assert_eq!(tried.body["version"], json!(version));
    assert_eq!(tried.body["update"]["dryRun"], true);
    assert!(
        tried.body["yaml"]
            .as_str()
            .is_some_and(|yaml| yaml.contains(PORTS))
    );
    assert_eq!(server.fake.writes(), Vec::<String>::new());
    assert_eq!(server.get("/api/v1/audit").await.body["total"], 0);
    assert_eq!(read(&server).await.1, version);
}

#[tokio::test]
async fn a_write_says_what_it_is_based_on_and_an_old_version_gets_the_text_now() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    let bare = Request::put(PATH)
        .header("content-type", "application/json")
        .body(Body::from(json!({ "yaml": yaml }).to_string()))
        .expect("a request");
    assert_eq!(server.send(bare).await.status, StatusCode::PRECONDITION_REQUIRED);
    let first = put(&server, &version, &yaml.replace("replicas: 2", "replicas: 3")).await;
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert!(
        first.body["update"]["rollout"]
            .as_str()
            .is_some_and(|words| words.contains("from 2 to 3"))
    );
    let late = put(&server, &version, &annotated(&yaml, "'80'")).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    let current = late.problem().current.expect("the manifest");
    assert!(
        current["yaml"]
            .as_str()
            .is_some_and(|yaml| yaml.contains("replicas: 3"))
    );
    assert_eq!(current["version"], first.body["version"]);
}

#[tokio::test]
async fn a_status_that_moves_meanwhile_is_in_nobodys_way_and_an_edit_is() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    server
        .fake
        .next_write(NextWrite::Overtaken(json!({ "status": { "readyReplicas": 2 } })));
    let saved = put(&server, &version, &annotated(&yaml, "'80'")).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    let held = server
        .fake
        .object("deployments", "shop", "cart")
        .expect("it is there");
    assert_eq!(held["status"]["readyReplicas"], 2);
    let (yaml, version) = read(&server).await;
    server
        .fake
        .next_write(NextWrite::Overtaken(json!({ "spec": { "replicas": 9 } })));
    let late = put(
        &server,
        &version,
        &yaml.replace("'80'", "'81'").replace("\"80\"", "\"81\""),
    )
    .await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{late:?}");
    assert!(
        late.problem()
            .current
            .is_some_and(|now| now["yaml"].to_string().contains("replicas: 9"))
    );
    assert_eq!(newest(&server).await["outcome"]["state"], "failed");
}

#[tokio::test]
async fn what_is_no_edit_of_this_object_is_refused_beside_its_line() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    for (from, to, path, word) in [
        ("kind: Deployment", "kind: Pod", "kind", "write `Deployment`"),
        (
            "  name: cart\n",
            "  name: till\n",
            "metadata.name",
            "write `cart`",
        ),
        ("  namespace: shop\n", "", "metadata.namespace", "not there"),
        ("  uid: u\n", "  uid: v\n", "metadata.uid", "another object"),
        ("apps/v1", "apps/v1beta1", "apiVersion", "write `apps/v1`"),
        (
            "kind: Deployment\n",
            "kind: Deployment\n  x: y\n",
            "yaml",
            "not valid YAML",
        ),
        (
            "kind: Deployment\n",
            "kind: Deployment\nkind: Deployment\n",
            "yaml",
            "duplicate",
        ),
        (
            "metadata:\n  c",
            "---\nmetadata:\n  c",
            "yaml",
            "several documents",
        ),
    ] {
        let text = yaml.replacen(from, to, 1);
        assert_ne!(text, yaml, "{from}");
        let refused = put(&server, &version, &text).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{to}: {refused:?}"
        );
        let error = refused.problem().errors.remove(0);
        assert_eq!(error.path, path, "{to}");
        assert!(error.message.contains(word), "{to}: {error:?}");
        assert!(error.at.is_some(), "{to}: {error:?}");
    }
    let pod = server.fake.clone();
    pod.hold("pods", things::pod("shop", "cart-1", "cart"));
    let pod = put_to(
        &server,
        "/api/v1/pods/shop/cart-1/yaml",
        "x",
        json!({ "yaml": yaml }),
    )
    .await;
    assert_eq!(pod.problem().errors[0].path, "kind");
    assert_eq!(server.fake.writes(), Vec::<String>::new());
    assert_eq!(server.get("/api/v1/audit").await.body["total"], 0);
}

#[tokio::test]
async fn annotations_that_would_break_pods_are_refused_unless_they_were_there_before() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    for (value, word) in [
        ("'7001,'", "refuse every new pod"),
        ("\"80-90\"", "refuse every new pod"),
        ("7001", "put quotes around it"),
    ] {
        let refused = put(&server, &version, &annotated(&yaml, value)).await;
        let error = refused.problem().errors.remove(0);
        assert_eq!(error.path, format!("spec.template.metadata.annotations[{PORTS}]"));
        assert!(error.message.contains(word), "{error:?}");
        let line = annotated(&yaml, value)
            .lines()
            .position(|line| line.contains(PORTS));
        assert_eq!(error.at.map(|at| at.line), line.map(|line| line + 1));
    }
    let mut broken = cart();
    broken["spec"]["template"]["metadata"]["annotations"] = json!({ PORTS: "80-90" });
    let server = with(broken).await;
    let (yaml, version) = read(&server).await;
    let other = put(&server, &version, &yaml.replace("replicas: 2", "replicas: 3")).await;
    assert_eq!(other.status, StatusCode::OK, "{other:?}");
    assert!(
        other.body["remarks"][0]["message"]
            .as_str()
            .is_some_and(|words| words.contains("refuse"))
    );
}

#[tokio::test]
async fn whatever_istios_injector_validates_is_refused_beside_its_line() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    for (key, value, word) in [
        (
            "sidecar.istio.io/interceptionMode",
            "redirect",
            "no interception mode",
        ),
        ("status.sidecar.istio.io/port", "\"x\"", "write one port"),
        (
            "traffic.sidecar.istio.io/excludeInterfaces",
            "'eth0,'",
            "an item is blank",
        ),
        (
            "traffic.sidecar.istio.io/includeOutboundPorts",
            "'90:80'",
            "no new pod would start",
        ),
        ("proxy.istio.io/config", "'concurrency: ['", "not valid YAML"),
        (
            "proxy.istio.io/config",
            "'interceptionMode: redirect'",
            "no interception mode",
        ),
        (
            "proxy.istio.io/config",
            "'proxyMetadata: {A: true}'",
            "put quotes around it",
        ),
    ] {
        let text = annotated(&yaml, value).replace(PORTS, key);
        let refused = put(&server, &version, &text).await;
        let error = refused.problem().errors.remove(0);
        assert_eq!(error.path, format!("spec.template.metadata.annotations[{key}]"));
        assert!(error.message.contains(word), "{error:?}");
        assert!(error.at.is_some(), "{error:?}");
    }
    for (key, value) in [
        ("sidecar.istio.io/interceptionMode", "TPROXY"),
        ("proxy.istio.io/config", "'interceptionMode: NONE'"),
    ] {
        let text = annotated(&yaml, value).replace(PORTS, key);
        let path = format!("{PATH}?dryRun=true");
        let taken = put_to(&server, &path, &version, json!({ "yaml": text })).await;
        assert_eq!(taken.status, StatusCode::OK, "{taken:?}");
    }
}

#[tokio::test]
async fn what_the_cluster_refuses_is_told_beside_the_field_and_recorded_nowhere() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    let status = json!({
        "kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid", "message": "Deployment is invalid",
        "details": { "causes": [{ "reason": "FieldValueInvalid", "field": "spec.replicas", "message": "must be more" }] },
    });
    server.fake.next_write(NextWrite::Refused(status));
    let refused = put(&server, &version, &yaml.replace("replicas: 2", "replicas: -2")).await;
    let problem = refused.problem();
    assert!(problem.is("cluster-refused"), "{problem:?}");
    assert_eq!(problem.errors[0].path, "spec.replicas");
    let line = yaml
        .lines()
        .position(|line| line.contains("replicas: 2"))
        .map(|line| line + 1);
    assert_eq!(problem.errors[0].at.map(|at| at.line), line);
    let strict = json!({
        "kind": "Status", "status": "Failure", "code": 400, "reason": "BadRequest",
        "message": "strict decoding error: unknown field \"spec.replica\"",
    });
    server.fake.next_write(NextWrite::Refused(strict));
    let text = yaml.replace("replicas: 2", "replicas: 2\n  replica: 3");
    let refused = put(&server, &version, &text).await;
    assert_eq!(refused.problem().errors[0].path, "spec.replica");
    assert_eq!(server.fake.writes(), Vec::<String>::new());
    assert_eq!(server.get("/api/v1/audit").await.body["total"], 0);
}

#[tokio::test]
async fn a_webhook_that_cannot_be_tried_is_asked_by_the_write_itself() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    let status = json!({
        "kind": "Status", "status": "Failure", "code": 400, "reason": "BadRequest",
        "message": "admission webhook \"x.example\" does not support dry run",
    });
    server.fake.next_write(NextWrite::Refused(status.clone()));
    assert_eq!(
        put(&server, &version, &annotated(&yaml, "'80'")).await.status,
        StatusCode::OK
    );
    let (yaml, version) = read(&server).await;
    server.fake.next_write(NextWrite::Refused(status));
    let body = json!({ "yaml": yaml.replace("replicas: 2", "replicas: 3") });
    let tried = put_to(&server, &format!("{PATH}?dryRun=true"), &version, body).await;
    assert!(tried.problem().detail.contains("does not support dry run"));
}

#[tokio::test]
async fn nothing_is_written_where_nothing_differs() {
    let server = server().await;
    let (yaml, version) = read(&server).await;
    let same = put(&server, &version, &format!("# a comment\n{yaml}\n")).await;
    assert_eq!(same.status, StatusCode::OK);
    assert_eq!(same.body["update"]["change"], Value::Null);
    assert!(
        same.body["update"]["rollout"]
            .as_str()
            .is_some_and(|words| words.contains("nothing was written"))
    );
    assert_eq!(server.fake.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_owner_that_would_undo_it_is_heard_and_can_be_overridden() {
    let mut owned = cart();
    owned["metadata"]["labels"] = json!({
        "kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    });
    let server = with(owned).await;
    let (yaml, version) = read(&server).await;
    let edited = annotated(&yaml, "'80'");
    assert!(put(&server, &version, &edited).await.problem().is("owned"));
    let told = json!({ "yaml": edited, "overrideOwner": true });
    assert_eq!(put_to(&server, PATH, &version, told).await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_may_not_read_or_write_it_is_told_so() {
    let server = server().await;
    server
        .fake
        .forbid_when(|asked| asked["resource"] == "deployments" && asked["verb"] == "update");
    let view = server.get(PATH).await.body;
    assert!(
        view["refused"]
            .as_str()
            .is_some_and(|why| why.contains("may not update")),
        "{view}"
    );
    server
        .fake
        .forbid_when(|asked| asked["resource"] == "deployments" && asked["verb"] == "get");
    assert_eq!(server.get(PATH).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        server.get("/api/v1/deployments/shop/none/yaml").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        server.get("/api/v1/jobs/shop/cart/yaml").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn where_a_reason_is_mandatory_an_edit_gives_one_and_a_dry_run_need_not() {
    let mut server = server().await;
    server.require_reason();
    let (yaml, version) = read(&server).await;
    let edited = annotated(&yaml, "'80'");
    assert_eq!(
        put(&server, &version, &edited).await.problem().errors[0].path,
        "reason"
    );
    let tried = put_to(
        &server,
        &format!("{PATH}?dryRun=true"),
        &version,
        json!({ "yaml": edited }),
    )
    .await;
    assert_eq!(tried.status, StatusCode::OK);
    let said = json!({ "yaml": edited, "reason": "audit" });
    assert_eq!(put_to(&server, PATH, &version, said).await.status, StatusCode::OK);
    assert_eq!(newest(&server).await["reason"], "audit");
}

#[tokio::test]
async fn a_lost_connection_leaves_the_outcome_open_until_the_object_tells() {
    for (next, state) in [
        (NextWrite::LostAfter, "succeeded"),
        (NextWrite::LostBefore, "failed"),
    ] {
        let server = server().await;
        let (yaml, version) = read(&server).await;
        server.fake.next_write(next);
        let lost = put(&server, &version, &annotated(&yaml, "'80'")).await;
        assert_eq!(lost.status, StatusCode::SERVICE_UNAVAILABLE, "{lost:?}");
        assert_eq!(newest(&server).await["outcome"]["state"], "pending");
        let (history, cluster, clock) = (
            server.state.history.clone(),
            server.state.cluster.clone(),
            server.state.clock.clone(),
        );
        let reconciling = tokio::spawn(reconcile::run(history, cluster, clock, true));
        let mut told = Value::Null;
        for _ in 0..500 {
            told = newest(&server).await["outcome"]["state"].clone();
            if told != "pending" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        reconciling.abort();
        assert_eq!(told, state);
    }
}

#[tokio::test]
async fn annotations_on_the_wrong_level_are_flagged_and_moved_with_the_text_around_them_kept() {
    let mut wrong = cart();
    wrong["metadata"]["annotations"][PORTS] = json!("7001");
    let server = with(wrong).await;
    let view = server.get(PATH).await.body;
    let remark = &view["remarks"][0];
    assert_eq!(
        (&remark["key"], &remark["movable"]),
        (&json!(PORTS), &json!(true)),
        "{view}"
    );
    let yaml = format!("# mine\n{}", view["yaml"].as_str().unwrap_or_default());
    let post = |body: Value| {
        Request::post("/api/v1/manifests:move-annotations")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request")
    };
    let moved = server.send(post(json!({ "yaml": yaml }))).await;
    assert_eq!(moved.status, StatusCode::OK, "{moved:?}");
    assert_eq!(
        (&moved.body["moved"], &moved.body["reprinted"]),
        (&json!([PORTS]), &Value::Null)
    );
    let text = moved.body["yaml"].as_str().unwrap_or_default();
    assert!(text.starts_with("# mine\n"), "{text}");
    assert!(
        text.contains(&format!(
            "    metadata:\n      annotations:\n        {PORTS}: \"7001\"\n"
        )),
        "{text}"
    );
    let both = annotated(&yaml, "'80'");
    let left = server.send(post(json!({ "yaml": both }))).await.body;
    assert_eq!(
        left["left"],
        json!([{ "key": PORTS, "here": "7001", "template": "80" }])
    );
    assert_eq!(left["yaml"], json!(both));
    let braces = yaml.replace(
        &format!("annotations:\n    {PORTS}: \"7001\""),
        &format!("annotations: {{ {PORTS}: \"7001\" }}"),
    );
    assert_ne!(braces, yaml);
    assert_eq!(
        server.send(post(json!({ "yaml": braces }))).await.body["reprinted"],
        true
    );
    let broken = server.send(post(json!({ "yaml": "a: [" }))).await;
    assert_eq!(broken.problem().errors[0].at.map(|at| at.line), Some(1));
}

#[tokio::test]
async fn a_manifest_longer_than_a_setting_is_taken() {
    let mut long = cart();
    long["metadata"]["annotations"]["note"] = json!("x".repeat(200 * 1024));
    let server = with(long).await;
    let (yaml, version) = read(&server).await;
    let saved = put(&server, &version, &yaml.replace("replicas: 2", "replicas: 3")).await;
    assert_eq!(saved.status, StatusCode::OK);
}
