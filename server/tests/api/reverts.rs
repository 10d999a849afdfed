//! Changes that are put back, and the refusals.

use api::audit::{Action, OutcomeState, Target};
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use server::history::{Intent, Recorded};

use crate::{
    fake_cluster::{FakeCluster, NextWrite},
    support::{Answer, TestServer, database},
};

fn ports(port: &str) -> Value {
    json!({ "traffic": { "excludeInboundPorts": [port] } })
}

/// Saves the shop's setting over whatever is there; the change's id.
async fn save(server: &TestServer, port: &str) -> String {
    let now = server.get("/api/v1/settings/namespaces/shop").await;
    let based_on = match now.headers.get("etag") {
        Some(etag) => ("if-match", etag.to_str().expect("text")),
        None => ("if-none-match", "*"),
    };
    let saved = server.put(based_on, &ports(port)).await;
    saved.body["change"]
        .as_str()
        .unwrap_or_else(|| panic!("not saved: {saved:?}"))
        .to_owned()
}

async fn revert(server: &TestServer, id: &str, how: &Value) -> Answer {
    let request = Request::post(api::path::audit_revert(id))
        .header("content-type", "application/json")
        .body(Body::from(how.to_string()));
    server.send(request.expect("a request")).await
}

async fn change(server: &TestServer, id: &Value) -> Value {
    let id = id.as_str().expect("a change");
    server.get(&api::path::audit_change(id)).await.body
}

/// Records a change of something in the shop as others of the console's parts do.
async fn recorded(server: &TestServer, action: Action, kind: &str, outcome: Option<OutcomeState>) -> String {
    let intent = Intent {
        actor: "ada".into(),
        action,
        target: Target {
            kind: kind.into(),
            namespace: "shop".into(),
            name: "default".into(),
        },
        reason: None,
        before: Some(ports("80")),
        after: Some(ports("81")),
        based_on: None,
        outside: None,
        reverts: None,
    };
    let change = server.state.history.intend(&intent).await.expect("recorded");
    if let Some(state) = outcome {
        let outcome = Recorded {
            state,
            detail: None,
            version: None,
        };
        let concluded = server.state.history.conclude(&change, &outcome).await;
        concluded.expect("recorded");
    }
    change
}

#[tokio::test]
async fn what_was_before_the_last_save_is_put_back_and_recorded_as_a_save() {
    let server = TestServer::new().await;
    save(&server, "80").await;
    let second = save(&server, "81").await;
    let answer = revert(&server, &second, &json!({ "reason": "INC-1" })).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(server.fake.spec("shop/default"), Some(ports("80")));
    assert_eq!(answer.body["stored"]["traffic"], ports("80")["traffic"]);
    let etag = answer.headers["etag"].to_str().expect("text");
    assert_eq!(json!(etag.trim_matches('"')), answer.body["stored"]["version"]);

    let made = change(&server, &answer.body["change"]).await;
    assert_eq!(
        (&made["action"], &made["reverts"], &made["reason"]),
        (&json!("save-setting"), &json!(second), &json!("INC-1"))
    );
    assert_eq!((&made["before"], &made["after"]), (&ports("81"), &ports("80")));
    assert_eq!(made["outcome"]["state"], "succeeded");
}

#[tokio::test]
async fn a_first_save_is_undone_by_a_removal_and_a_removal_by_a_save() {
    let server = TestServer::new().await;
    let first = save(&server, "80").await;
    let removed = revert(&server, &first, &json!({})).await;
    assert_eq!(removed.status, StatusCode::OK, "{removed:?}");
    assert_eq!(server.fake.spec("shop/default"), None);
    let removal = change(&server, &removed.body["change"]).await;
    assert_eq!(
        (&removal["action"], &removal["reverts"]),
        (&json!("delete-setting"), &json!(first))
    );

    let id = removal["id"].as_str().expect("an id");
    let back = revert(&server, id, &json!({})).await;
    assert_eq!(back.status, StatusCode::OK, "{back:?}");
    assert_eq!(server.fake.spec("shop/default"), Some(ports("80")));
}

#[tokio::test]
async fn a_later_change_is_named_and_lost_only_when_it_is_named_back() {
    let server = TestServer::new().await;
    let first = save(&server, "80").await;
    let second = save(&server, "81").await;
    let third = save(&server, "82").await;
    let writes = server.fake.writes().len();
    for how in [
        json!({}),
        json!({ "overLater": first }),
        json!({ "overLater": second }),
    ] {
        let refused = revert(&server, &second, &how).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        let problem = refused.problem();
        assert!(problem.is("changed-since"), "{problem:?}");
        assert!(problem.detail.contains(&third), "{problem:?}");
        assert!(problem.way_out.is_some_and(|way| way.contains("by hand")));
        assert_eq!(problem.current.expect("the later change")["id"], json!(third));
    }
    assert_eq!(server.fake.writes().len(), writes, "nothing was written");
    let told = revert(&server, &second, &json!({ "overLater": third })).await;
    assert_eq!(told.status, StatusCode::OK, "{told:?}");
    assert_eq!(server.fake.spec("shop/default"), Some(ports("80")));
}

#[tokio::test]
async fn a_later_change_that_the_cluster_has_not_taken_is_none() {
    let server = TestServer::new().await;
    save(&server, "80").await;
    let second = save(&server, "81").await;
    recorded(
        &server,
        Action::SaveSetting,
        "SidecarSetting",
        Some(OutcomeState::Failed),
    )
    .await;
    let answer = revert(&server, &second, &json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn what_nobody_recorded_is_not_lost_either() {
    let server = TestServer::new().await;
    let first = save(&server, "80").await;
    server.fake.store("shop", "default", &ports("99"));
    for how in [json!({}), json!({ "overLater": first })] {
        let problem = revert(&server, &first, &how).await.problem();
        assert!(problem.is("changed-since"), "{problem:?}");
        assert_eq!(problem.current, None, "{problem:?}");
    }
    assert_eq!(server.fake.spec("shop/default"), Some(ports("99")));
}

#[tokio::test]
async fn what_is_stored_already_is_not_written_again() {
    let server = TestServer::new().await;
    save(&server, "80").await;
    let second = save(&server, "81").await;
    revert(&server, &second, &json!({})).await;
    let again = revert(&server, &second, &json!({})).await;
    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    assert_eq!(again.body["change"], Value::Null);
    assert_eq!(again.body["notices"].as_array().map(Vec::len), Some(1));
    assert_eq!(server.get("/api/v1/audit").await.body["total"], 3);
}

#[tokio::test]
async fn what_is_no_change_of_a_setting_or_was_not_made_is_refused_with_the_way_out() {
    let server = TestServer::new().await;
    let done = Some(OutcomeState::Succeeded);
    for (action, kind, outcome) in [
        (Action::DeletePod, "Pod", done),
        (Action::RestartWorkload, "Deployment", done),
        (Action::EditWorkload, "Deployment", done),
        (Action::SaveOutboundPolicy, "ConfigMap", done),
        (Action::ChangedOutside, "ConfigMap", done),
        (Action::SaveSetting, "SidecarSetting", Some(OutcomeState::Failed)),
        (Action::SaveSetting, "SidecarSetting", Some(OutcomeState::Unknown)),
        (Action::SaveSetting, "SidecarSetting", None),
    ] {
        let id = recorded(&server, action, kind, outcome).await;
        let problem = revert(&server, &id, &json!({})).await.problem();
        assert!(problem.is("not-reverted"), "{action:?}: {problem:?}");
        assert_eq!(problem.status, 409);
        assert!(problem.way_out.is_some(), "{problem:?}");
    }
    assert!(server.fake.writes().is_empty());
}

#[tokio::test]
async fn a_change_that_is_not_there_or_not_for_the_caller_is_a_404() {
    let fake = FakeCluster::default();
    fake.forbid_when(|asked| asked["verb"] == "list" && asked["resource"] == "sidecarsettings");
    let server = TestServer::with(fake, &database()).await;
    let done = Some(OutcomeState::Succeeded);
    let hidden = recorded(&server, Action::SaveSetting, "SidecarSetting", done).await;
    for id in ["none", &hidden] {
        let answer = revert(&server, id, &json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
    }
}

#[tokio::test]
async fn the_callers_own_rights_decide_and_a_refusal_of_the_cluster_is_recorded() {
    let server = TestServer::new().await;
    save(&server, "80").await;
    let second = save(&server, "81").await;
    server.fake.next_write(NextWrite::Refused(json!({
        "kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden",
        "message": "sidecarsettings is forbidden: User \"ada\" cannot update resource \"sidecarsettings\"",
    })));
    let answer = revert(&server, &second, &json!({})).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert_eq!(server.fake.spec("shop/default"), Some(ports("81")));
    let newest = server.get("/api/v1/audit").await.body["items"][0].clone();
    assert_eq!(
        (&newest["outcome"]["state"], &newest["reverts"]),
        (&json!("failed"), &json!(second))
    );
}

#[tokio::test]
async fn a_write_in_the_same_moment_is_a_412() {
    let server = TestServer::new().await;
    save(&server, "80").await;
    let second = save(&server, "81").await;
    server.fake.next_write(NextWrite::Overtaken(ports("99")));
    let answer = revert(&server, &second, &json!({})).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{answer:?}");
    assert_eq!(server.fake.spec("shop/default"), Some(ports("99")));
}

#[tokio::test]
async fn the_owner_the_rules_and_the_reason_count_as_in_a_save() {
    let mut server = TestServer::new().await;
    let first = save(&server, "80").await;
    let mut owned = server
        .fake
        .object("sidecarsettings", "shop", "default")
        .expect("stored");
    owned["metadata"]["labels"] = json!({ "argocd.argoproj.io/instance": "shop" });
    server.fake.hold("sidecarsettings", owned);
    let problem = revert(&server, &first, &json!({})).await.problem();
    assert!(problem.is("owned"), "{problem:?}");
    let way_out = problem.way_out.expect("a way out");
    assert!(
        way_out.contains("`overrideOwner: true`"),
        "in the body, not in a query: {way_out}"
    );

    server.require_reason();
    let refused = revert(&server, &first, &json!({ "overrideOwner": true })).await;
    let problem = refused.problem();
    assert_eq!((problem.status, problem.errors[0].path.as_str()), (422, "reason"));
    let told = json!({ "overrideOwner": true, "reason": "INC-1" });
    assert_eq!(revert(&server, &first, &told).await.status, StatusCode::OK);
    assert_eq!(server.fake.spec("shop/default"), None);

    // What was stored before by other means, and breaks rules.
    let bad = json!({ "traffic": { "excludeInboundPorts": ["8o80"] } });
    server.fake.store("shop", "default", &bad);
    let mended = save_with_reason(&server, "80").await;
    let problem = revert(&server, &mended, &told).await.problem();
    assert_eq!(
        (problem.status, problem.errors[0].path.as_str()),
        (422, "traffic.excludeInboundPorts[0]")
    );
}

async fn save_with_reason(server: &TestServer, port: &str) -> String {
    let etag = server.get("/api/v1/settings/namespaces/shop").await.headers["etag"].clone();
    let mut body = ports(port);
    body["reason"] = json!("mended");
    let saved = server
        .put(("if-match", etag.to_str().expect("text")), &body)
        .await;
    saved.body["change"].as_str().expect("saved").to_owned()
}
