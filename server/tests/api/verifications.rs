//! Questions from inside pods over REST, and their store on every kind of database. That they are really asked is shown where
//! there are real pods: `end2end/journeys/tests/plane`.

use std::time::Duration;

use api::verification::{AskVerification, VerificationQuery, VerificationState};
use axum::body::Body;
use http::{Request, StatusCode};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Value, json};
use server::{
    caller::Visible,
    clock::Clock,
    history::History,
    verify::store::{LEASE, Verifications, policies::TemporaryPolicy},
};

use crate::{
    fake_cluster::FakeCluster,
    support::{Answer, TestServer, database, databases},
    things::{bare_pod, namespace, pod},
};

const VERIFICATIONS: &str = "/api/v1/verifications";

async fn shop() -> TestServer {
    let fake = FakeCluster::default();
    fake.hold("pods", pod("shop", "web", "web"));
    fake.hold("pods", bare_pod("shop", "bare"));
    TestServer::with(fake, &database()).await
}

async fn ask(server: &TestServer, body: &Value) -> Answer {
    let request = Request::post(VERIFICATIONS)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

fn question(pod: &str) -> Value {
    json!({ "namespace": "shop", "pod": pod, "url": "http://198.51.100.10/productpage" })
}

/// What comes of a question, once it is over.
async fn ended(server: &TestServer, body: &Value) -> Value {
    let begun = ask(server, body).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
    assert_eq!(begun.body["state"], "running");
    let id = begun.body["id"].as_str().expect("an id");
    for _ in 0..500 {
        let now = server.get(&format!("{VERIFICATIONS}/{id}")).await;
        if now.body["state"] != "running" {
            return now.body;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not end");
}

#[tokio::test]
async fn every_field_that_makes_no_sense_is_named_and_nothing_is_stored() {
    let server = shop().await;
    let body = json!({
        "namespace": "", "pod": " ", "url": "ftp://host/", "method": "DELETE", "container": "istio-proxy", "seconds": 0,
    });
    let problem = ask(&server, &body).await.problem();
    let mut paths: Vec<&str> = problem.errors.iter().map(|error| error.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        ["container", "method", "namespace", "pod", "seconds", "url"]
    );
    let list = server.get(VERIFICATIONS).await;
    assert_eq!(list.body, json!({ "items": [], "total": 0 }));
}

#[tokio::test]
async fn whoever_may_not_run_commands_in_the_pod_asks_nothing() {
    let server = shop().await;
    server.fake.forbid_when(|asked| asked["subresource"] == "exec");
    let problem = ask(&server, &question("web")).await.problem();
    assert!(
        problem.is("forbidden") && problem.detail.contains("pods/exec"),
        "{problem:?}"
    );
    assert_eq!(server.get(VERIFICATIONS).await.body["total"], 0);
    assert_eq!(
        ask(&server, &question("nobody")).await.status,
        StatusCode::NOT_FOUND
    );
    let change = json!({ "namespace": "shop", "pod": "web", "url": "http://a/", "change": "none" });
    assert_ne!(ask(&server, &change).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn whatever_keeps_it_from_being_asked_is_an_ending_of_its_own_and_proves_nothing() {
    for (code, message, ending) in [
        (
            403,
            "pods \"web\" is forbidden: User \"ada\" cannot create resource \"pods/exec\"",
            "forbidden",
        ),
        (404, "pods \"web\" not found", "pod-gone"),
        (500, "container not found (\"app\")", "no-tool"),
        (
            500,
            "exec: \"curl\": executable file not found in $PATH",
            "no-tool",
        ),
        (500, "error dialing backend: no route to host", "unreachable"),
    ] {
        let server = shop().await;
        server.fake.refuse_commands(code, message);
        let end = ended(&server, &question("web")).await;
        assert_eq!(end["state"], "done");
        let expected = if ending == "pod-gone" { "no-tool" } else { ending };
        assert_eq!(end["result"]["ending"], expected, "{message}: {end}");
        assert_eq!(end["verdict"], "not-proven", "{message}: {end}");
    }
    let server = shop().await;
    let end = ended(&server, &question("bare")).await;
    assert_eq!(
        (&end["result"]["ending"], &end["verdict"]),
        (&json!("no-sidecar"), &json!("not-proven"))
    );
    assert_eq!(end["result"]["podUid"], "uid-bare");
}

#[tokio::test]
async fn where_no_container_can_ask_the_way_out_is_named_and_nothing_is_added_unasked() {
    let server = shop().await;
    server
        .fake
        .refuse_commands(500, "executable file not found in $PATH");
    let end = ended(&server, &question("web")).await;
    let sentence = end["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.contains("`app` has neither") && sentence.contains("stays until the pod ends"),
        "{sentence}"
    );
    assert!(server.fake.writes().is_empty());
}

#[tokio::test]
async fn what_a_caller_may_not_see_is_not_there() {
    let (fake, url) = (FakeCluster::default(), database());
    fake.hold("pods", pod("shop", "web", "web"));
    let server = TestServer::with(fake.clone(), &url).await;
    let end = ended(&server, &question("web")).await;
    let path = format!("{VERIFICATIONS}/{}", end["id"].as_str().expect("an id"));
    assert_eq!(server.get(&path).await.status, StatusCode::OK);
    fake.forbid("pods");
    // What somebody may do is believed for a while: another server asks anew.
    let server = TestServer::with(fake, &url).await;
    assert_eq!(server.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        server.get(VERIFICATIONS).await.body,
        json!({ "items": [], "total": 0 })
    );
    let list = server.get(&format!("{VERIFICATIONS}?namespace=shop")).await;
    assert_eq!(list.status, StatusCode::FORBIDDEN, "{list:?}");
}

/// The same question, refusing meanwhile for the workload or the mesh.
fn refusing(of: &str, confirm: Option<&str>) -> Value {
    let mut body = question("web");
    body["registryOnly"] = json!(of);
    if let Some(confirm) = confirm {
        body["confirm"] = json!(confirm);
    }
    body
}

#[tokio::test]
async fn what_blocks_traffic_is_confirmed_by_name_and_says_what_it_blocks() {
    let server = shop().await;
    for confirm in [None, Some("yes"), Some("Deployment/shop/other")] {
        let problem = ask(&server, &refusing("workload", confirm)).await.problem();
        assert!(problem.is("unconfirmed") && problem.status == 409, "{problem:?}");
        let current = problem.current.expect("what to confirm");
        assert_eq!(current["confirm"], "Pod/shop/web");
        assert!(
            current["effects"][0]
                .as_str()
                .is_some_and(|text| text.contains("refuses all")),
            "{current}"
        );
    }
    assert!(server.fake.writes().is_empty());
    assert_eq!(server.get(VERIFICATIONS).await.body["total"], 0);
}

#[tokio::test]
async fn what_the_consoles_account_could_not_undo_is_not_begun() {
    let server = shop().await;
    server
        .fake
        .forbid_when(|asked| asked["resource"] == "sidecars" && asked["verb"] == "delete");
    let confirmed = refusing("workload", Some("Pod/shop/web"));
    let problem = ask(&server, &confirmed).await.problem();
    assert!(problem.is("executor-cannot-undo"), "{problem:?}");
    assert!(
        problem
            .way_out
            .is_some_and(|way| way.contains("install --verify"))
    );
    server
        .fake
        .forbid_when(|asked| asked["resource"] == "sidecars" && asked["verb"] == "create");
    let problem = ask(&server, &confirmed).await.problem();
    assert!(
        problem.is("forbidden") && problem.detail.contains("create Sidecars"),
        "{problem:?}"
    );
    assert!(server.fake.writes().is_empty());
}

#[tokio::test]
async fn beside_a_sidecar_of_its_own_or_with_shared_labels_a_workload_is_not_confined() {
    let server = shop().await;
    server.fake.hold(
        "sidecars",
        json!({
            "metadata": { "namespace": "shop", "name": "web" },
            "spec": { "workloadSelector": { "labels": { "app": "web" } } },
        }),
    );
    let problem = ask(&server, &refusing("workload", None)).await.problem();
    assert!(
        problem.is("in-the-way") && problem.detail.contains("`shop/web`"),
        "{problem:?}"
    );
    let server = shop().await;
    server.fake.hold("pods", pod("shop", "twin", "web"));
    for _ in 0..200 {
        let problem = ask(&server, &refusing("workload", None)).await.problem();
        if problem.is("in-the-way") && problem.detail.contains("`twin`") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the twin is not seen");
}

fn policy(verification: &str, revision: &str) -> TemporaryPolicy {
    TemporaryPolicy {
        verification: verification.to_owned(),
        revision: revision.to_owned(),
        namespace: "istio-system".to_owned(),
        config_map: "istio".to_owned(),
        actor: "ada".to_owned(),
        before: "a: 1\n".to_owned(),
        after: "a: 1\nb: 2\n".to_owned(),
        created: 1,
        revert: 2,
    }
}

#[tokio::test]
async fn of_a_revision_one_policy_at_a_time_has_to_be_put_back_by_one_process() {
    for url in databases().await {
        let clock = Clock::system();
        let history = History::open(&url, clock.clone()).await.expect("a history");
        let store = Verifications::new(&history, clock);
        assert!(
            store
                .open_policy(&policy("v1", "default"))
                .await
                .expect("it is asked")
        );
        assert!(
            !store
                .open_policy(&policy("v2", "default"))
                .await
                .expect("it is asked")
        );
        assert!(
            store
                .open_policy(&policy("v3", "canary"))
                .await
                .expect("it is asked")
        );
        assert_eq!(store.open_policies().await.expect("a list").len(), 2);
        assert!(store.claim_policy("v1").await.expect("it is asked"));
        assert!(
            !store.claim_policy("v1").await.expect("it is asked"),
            "somebody is at it"
        );
        store.release_policies().await.expect("nobody is any more");
        assert!(store.claim_policy("v1").await.expect("it is asked"));
        store.close_policy("v1").await.expect("it is put back");
        assert!(
            !store.claim_policy("v1").await.expect("it is asked"),
            "it is over"
        );
        assert!(
            store
                .open_policy(&policy("v4", "default"))
                .await
                .expect("it is asked")
        );
    }
}

fn asked(namespace: &str, pod: &str) -> AskVerification {
    AskVerification {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        url: "http://198.51.100.10/".to_owned(),
        ..AskVerification::default()
    }
}

#[tokio::test]
async fn pages_are_newest_first_and_of_what_is_visible() {
    for url in databases().await {
        let clock = Clock::system();
        let history = History::open(&url, clock.clone()).await.expect("a history");
        let store = Verifications::new(&history, clock);
        for at in 0..5 {
            let namespace = if at == 2 { "hidden" } else { "shop" };
            store
                .insert(&asked(namespace, &format!("pod-{at}")), "ada")
                .await
                .expect("it is stored");
        }
        let visible = Visible::In(vec!["shop".to_owned()]);
        let mut query = VerificationQuery::default();
        let (first, total) = store.page(&query, &visible, 3).await.expect("a page");
        let names = |rows: &[api::verification::VerificationRow]| {
            rows.iter().map(|row| row.pod.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            (names(&first), total),
            (vec!["pod-4".into(), "pod-3".into(), "pod-1".into()], 4)
        );
        query.cursor = first.last().map(|row| row.id.clone());
        let (rest, _) = store.page(&query, &visible, 3).await.expect("a page");
        assert_eq!(names(&rest), ["pod-0"]);
        let query = VerificationQuery {
            pod: Some("pod-3".to_owned()),
            ..VerificationQuery::default()
        };
        assert_eq!(store.page(&query, &Visible::All, 9).await.expect("a page").1, 1);
    }
}

#[tokio::test]
async fn what_a_console_left_behind_is_closed_as_interrupted_and_stays_so() {
    for url in databases().await {
        let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1_000));
        let read = seconds.clone();
        let now =
            move || Timestamp::from_second(read.load(std::sync::atomic::Ordering::Relaxed)).expect("a time");
        let clock = Clock::of(now);
        let history = History::open(&url, clock.clone()).await.expect("a history");
        let store = Verifications::new(&history, clock);
        let made = store
            .insert(&asked("shop", "web"), "ada")
            .await
            .expect("it is stored");
        assert_eq!(
            store.close_abandoned(false).await.expect("a sweep"),
            0,
            "its lease runs"
        );
        seconds.fetch_add(LEASE.as_secs() + 1, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(store.close_abandoned(false).await.expect("a sweep"), 1);
        let closed = store
            .get(&made.row.id)
            .await
            .expect("it is read")
            .expect("it is there");
        assert_eq!(closed.row.state, VerificationState::Interrupted);
        let result = closed.result.clone().expect("a result");
        assert!(result.sentence.contains("the console stopped"), "{result:?}");
        store
            .finish(&made.row.id, &result)
            .await
            .expect("it is refused in silence");
        let after = store
            .get(&made.row.id)
            .await
            .expect("it is read")
            .expect("it is there");
        assert_eq!(after, closed, "what is closed does not change");

        let made = store
            .insert(&asked("shop", "web"), "ada")
            .await
            .expect("it is stored");
        assert_eq!(
            store.close_abandoned(true).await.expect("a sweep"),
            1,
            "nobody else uses the database"
        );
        assert!(store.get(&made.row.id).await.expect("it is read").is_some());
    }
}

const TEXT: &str = "rootNamespace: istio-system\n";

/// The shop in a mesh that allows everything.
async fn shop_in_a_mesh() -> TestServer {
    let fake = FakeCluster::default();
    fake.hold(
        "namespaces",
        namespace("shop", &json!({ "istio-injection": "enabled" })),
    );
    fake.hold("pods", pod("shop", "web", "web"));
    let labels = json!({ "istio.io/rev": "default" });
    fake.hold(
        "configmaps",
        json!({
            "metadata": { "name": "istio", "namespace": "istio-system", "uid": "u", "labels": labels },
            "data": { "mesh": TEXT },
        }),
    );
    TestServer::with(fake, &database()).await
}

#[tokio::test]
async fn where_a_sidecar_gives_the_pod_a_policy_of_its_own_the_mesh_wide_check_is_refused_at_once() {
    let allow = json!({ "mode": "ALLOW_ANY" });
    let selector = json!({ "labels": { "app": "web" } });
    for (place, spec, way) in [
        ("shop", json!({ "outboundTrafficPolicy": allow }), "workload"),
        (
            "istio-system",
            json!({ "outboundTrafficPolicy": allow }),
            "workload",
        ),
        (
            "shop",
            json!({ "outboundTrafficPolicy": allow, "workloadSelector": selector }),
            "take `outboundTrafficPolicy`",
        ),
    ] {
        let server = shop_in_a_mesh().await;
        let before = ask(&server, &refusing("mesh", None)).await.problem();
        assert!(before.is("unconfirmed"), "{before:?}");
        let sidecar = json!({ "metadata": { "namespace": place, "name": "own" }, "spec": spec });
        server.fake.hold("sidecars", sidecar);
        let mut problem = before;
        for _ in 0..500 {
            problem = ask(&server, &refusing("mesh", None)).await.problem();
            if !problem.is("unconfirmed") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(problem.is("in-the-way"), "{problem:?}");
        assert!(problem.detail.contains(&format!("`{place}/own`")), "{problem:?}");
        assert!(
            problem.way_out.as_ref().is_some_and(|out| out.contains(way)),
            "{problem:?}"
        );
    }
    // What refuses already is in nobody's way.
    let server = shop_in_a_mesh().await;
    server.fake.hold(
        "sidecars",
        json!({ "metadata": { "namespace": "shop", "name": "own" }, "spec": { "outboundTrafficPolicy": {} } }),
    );
    let problem = ask(&server, &refusing("mesh", None)).await.problem();
    assert!(problem.is("unconfirmed"), "{problem:?}");
    assert!(server.fake.writes().is_empty());
}

#[tokio::test]
async fn a_write_of_the_policy_that_has_not_arrived_by_the_end_never_will() {
    let server = shop_in_a_mesh().await;
    let state = server.state.clone();
    let maps = kube::Api::<ConfigMap>::namespaced(server.fake.client(), "istio-system");
    // What a console had read when it was killed, with its write under way.
    let mut late = maps.get("istio").await.expect("it is there");
    let asked = state
        .verifications
        .insert(&asked("shop", "web"), "ada")
        .await
        .expect("it is stored");
    let open = TemporaryPolicy {
        before: TEXT.to_owned(),
        after: format!("{TEXT}outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n"),
        ..policy(&asked.row.id, "default")
    };
    assert!(state.verifications.open_policy(&open).await.expect("it is asked"));
    let sweep = tokio::spawn(server::verify::sweep(state.clone(), true));
    let mut left = 1;
    for _ in 0..500 {
        left = state.verifications.open_policies().await.expect("a list").len();
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(left, 0, "it is known to be as it was");
    late.data = Some([("mesh".to_owned(), open.after.clone())].into());
    let refused = maps
        .replace("istio", &kube::api::PostParams::default(), &late)
        .await;
    assert!(
        matches!(&refused, Err(kube::Error::Api(status)) if status.is_conflict()),
        "{refused:?}"
    );
    let held = server
        .fake
        .object("configmaps", "istio-system", "istio")
        .expect("it is there");
    assert_eq!(held["data"]["mesh"], TEXT);
    let recorded = server.get("/api/v1/audit?action=save-outbound-policy").await.body;
    assert_eq!(
        recorded["items"][0]["outcome"]["state"], "succeeded",
        "{recorded}"
    );
    assert_eq!(recorded["total"], 1, "{recorded}");
    sweep.abort();
}

#[tokio::test]
async fn whoever_stops_waits_for_those_under_way_and_not_for_ever() {
    let server = shop().await;
    let verifications = &server.state.verifications;
    let slot = verifications.slot().expect("there is room");
    assert!(!verifications.are_over_within(Duration::ZERO).await);
    drop(slot);
    assert!(verifications.are_over_within(Duration::from_secs(5)).await);
    server.state.stopping.begin();
    let end = ended(&server, &question("web")).await;
    assert_eq!(
        (&end["state"], &end["result"]["ending"]),
        (&json!("interrupted"), &json!("interrupted")),
        "{end}"
    );
}
