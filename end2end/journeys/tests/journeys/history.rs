//! The history: who changed what and what came of it.

mod crash;
mod revert;

use api::{
    Precondition, Problem,
    audit::{Action, AuditQuery, Change, OutcomeState},
    setting::{DeleteSetting, SaveSetting, SettingView},
};
use futures::future::join_all;
use journeys::{Console, Namespace, Undo, World, eventually, resource};
use k8s_openapi::api::{
    admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding},
    core::v1::ResourceQuota,
};
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::setting::{delete, put, traffic};

async fn changes(console: &Console, namespace: &str) -> Vec<Change> {
    let query = AuditQuery {
        namespace: Some(namespace.to_owned()),
        ..AuditQuery::default()
    };
    let page = console.api().audit(&query).await;
    page.expect("the history can be read").items
}

async fn newest(console: &Console, namespace: &str) -> Change {
    let changes = changes(console, namespace).await;
    changes.into_iter().next().expect("the history has a change")
}

async fn make<K>(client: &Client, object: Value) -> K
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    let object: K = serde_json::from_value(object).expect("the test's own object");
    Api::all(client.clone())
        .create(&PostParams::default(), &object)
        .await
        .expect("an administrator may make this")
}

fn ports(port: &str) -> SaveSetting {
    traffic(&[("excludeInboundPorts", &[port])])
}

#[tokio::test]
async fn a_change_has_actor_before_after_reason_and_outcome() {
    let world = World::shared().await;
    let console = &world.console;
    let namespace = Namespace::new(&world, "audit").await;
    let level = namespace.level();
    let first = SaveSetting {
        reason: Some("JMX goes round the sidecar".into()),
        ..ports("7001")
    };
    let made = put(console, &level, &first).await.expect("saved");
    let changed = put(console, &level, &ports("7002")).await.expect("saved");
    let removed = delete(console, &level).await;

    let all = changes(console, &namespace.name).await;
    let ids: Vec<_> = all.iter().map(|change| Some(change.id.clone())).collect();
    assert_eq!(ids, [removed.change, changed.change, made.change], "newest first");
    let spec = |port: &str| json!({ "traffic": { "excludeInboundPorts": [port] } });
    let told: Vec<_> = all
        .iter()
        .map(|c| (c.action, c.before.clone(), c.after.clone(), c.reason.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (Action::DeleteSetting, Some(spec("7002")), None, None),
            (Action::SaveSetting, Some(spec("7001")), Some(spec("7002")), None),
            (
                Action::SaveSetting,
                None,
                Some(spec("7001")),
                Some("JMX goes round the sidecar")
            ),
        ]
    );
    for change in &all {
        assert_eq!(change.actor, "admin");
        assert_eq!(
            (
                change.target.kind.as_str(),
                change.target.namespace.as_str(),
                change.target.name.as_str()
            ),
            ("SidecarSetting", namespace.name.as_str(), "default")
        );
        assert_eq!(change.outcome.state, OutcomeState::Succeeded, "{change:?}");
        assert!(change.outcome.at.as_ref() >= Some(&change.at), "{change:?}");
        let one = console
            .api()
            .change(&change.id)
            .await
            .expect("one change can be read");
        assert_eq!(one, *change);
    }
}

#[tokio::test]
async fn a_save_that_changes_nothing_is_no_change() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "same").await;
    put(&world.console, &namespace.level(), &ports("7001"))
        .await
        .expect("saved");
    let again = put(&world.console, &namespace.level(), &ports("7001"))
        .await
        .expect("taken");
    assert!(again.change.is_none() && !again.notices.is_empty(), "{again:?}");
    assert_eq!(changes(&world.console, &namespace.name).await.len(), 1);
}

/// Saves what the cluster refuses: nothing is stored, the problem is a refusal, the outcome says failed.
async fn is_refused(world: &World, namespace: &Namespace, port: &str) -> Problem {
    let problem = eventually("the cluster to refuse the save", || async {
        let Err(problem) = put(&world.console, &namespace.level(), &ports(port)).await else {
            // The rule is not in force yet.
            delete(&world.console, &namespace.level()).await;
            return Err("it was taken");
        };
        Ok(problem)
    })
    .await;
    assert!(matches!(problem.status, 403 | 422), "{problem:?}");
    assert_eq!(
        resource::spec(&world.admin, &namespace.name, "default").await,
        None
    );
    let change = newest(&world.console, &namespace.name).await;
    assert_eq!(change.outcome.state, OutcomeState::Failed, "{change:?}");
    assert_eq!(change.outcome.detail.as_deref(), Some(problem.detail.as_str()));
    assert_eq!(
        change.after,
        Some(json!({ "traffic": { "excludeInboundPorts": [port] } }))
    );
    problem
}

#[tokio::test]
async fn a_save_beyond_a_quota_is_a_problem_and_a_failed_outcome() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "quota").await;
    let hard = json!({ "count/sidecarsettings.sidestep.dev": "0" });
    let quota = json!({ "metadata": { "name": "none" }, "spec": { "hard": hard } });
    let quotas = Api::<ResourceQuota>::namespaced(world.admin.clone(), &namespace.name);
    let quota: ResourceQuota = serde_json::from_value(quota).expect("a quota");
    quotas.create(&PostParams::default(), &quota).await.expect("made");
    let problem = is_refused(&world, &namespace, "7001").await;
    assert!(problem.detail.contains("exceeded quota"), "{problem:?}");
    let way_out = problem.way_out.unwrap_or_default();
    assert!(
        !way_out.contains("role"),
        "no role helps against a quota: {way_out}"
    );
}

#[tokio::test]
async fn a_save_against_a_policy_is_a_problem_and_a_failed_outcome() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "policy").await;
    let name = namespace.name.clone();
    let _undo = policy(&world, &name).await;
    let problem = is_refused(&world, &namespace, "7001").await;
    assert!(problem.is("cluster-refused"), "{problem:?}");
    assert!(problem.detail.contains("not on a Friday"), "{problem:?}");
}

/// A policy that denies settings in one namespace.
async fn policy(world: &World, namespace: &str) -> Undo {
    let name = namespace.to_owned();
    let undo = world.undo(move |admin| {
        Box::pin(async move {
            let all = DeleteParams::default();
            let bindings = Api::<ValidatingAdmissionPolicyBinding>::all(admin.clone());
            resource::ignore_missing(bindings.delete(&name, &all).await);
            let policies = Api::<ValidatingAdmissionPolicy>::all(admin);
            resource::ignore_missing(policies.delete(&name, &all).await);
        })
    });
    let rule = json!({
        "apiGroups": ["sidestep.dev"], "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"], "resources": ["sidecarsettings"],
    });
    let here = json!({ "matchLabels": { "kubernetes.io/metadata.name": namespace } });
    make::<ValidatingAdmissionPolicy>(
        &world.admin,
        json!({
            "metadata": { "name": namespace },
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": { "namespaceSelector": here, "resourceRules": [rule] },
                "validations": [{ "expression": "false", "message": "not on a Friday" }],
            },
        }),
    )
    .await;
    make::<ValidatingAdmissionPolicyBinding>(
        &world.admin,
        json!({
            "metadata": { "name": namespace },
            "spec": { "policyName": namespace, "validationActions": ["Deny"] },
        }),
    )
    .await;
    undo
}

#[tokio::test]
async fn pages_cover_every_change_once_although_new_ones_come() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "pages").await;
    let mut made = Vec::new();
    for port in 7001..7008 {
        let view = put(&world.console, &namespace.level(), &ports(&port.to_string())).await;
        made.push(view.expect("saved").change.expect("a change"));
    }
    made.reverse();
    let mut query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        limit: Some(3),
        ..AuditQuery::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = world.console.api().audit(&query).await.expect("a page");
        assert!(page.items.len() <= 3 && page.total >= 7, "{page:?}");
        seen.extend(page.items.into_iter().map(|change| change.id));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
        put(
            &world.console,
            &namespace.level(),
            &ports(&(8000 + seen.len()).to_string()),
        )
        .await
        .expect("saved meanwhile");
    }
    assert_eq!(seen, made, "those of the first page's time, newest first");
}

#[tokio::test]
async fn of_two_people_who_save_the_second_gets_the_state_as_it_is_now() {
    let world = World::shared().await;
    let api = world.console.api();
    let namespace = Namespace::new(&world, "writers").await;
    let level = namespace.level();
    let made = put(&world.console, &level, &ports("7001")).await.expect("saved");
    let based_on = Precondition::Version(made.stored.expect("stored").version);
    api.save_setting(&level, &based_on, &ports("7002"))
        .await
        .expect("the first one saves");
    let refused = api.save_setting(&level, &based_on, &ports("7003")).await;
    let problem = refused.expect_err("the second one is refused");
    assert!(
        problem.is("changed-meanwhile") && problem.status == 412,
        "{problem:?}"
    );
    let current: SettingView =
        serde_json::from_value(problem.current.clone().expect("the state as it is")).expect("a view");
    let stored = current.stored.expect("something is stored");
    assert_eq!(stored.traffic["excludeInboundPorts"], ["7002"]);

    let created = api
        .save_setting(&level, &Precondition::Absent, &ports("7003"))
        .await;
    assert_eq!(created.expect_err("it is there").status, 412);
    let removed = api
        .delete_setting(&level, &based_on, &DeleteSetting::default())
        .await;
    assert_eq!(removed.expect_err("it has changed").status, 412);
    // With what the problem said, it goes.
    let now = Precondition::Version(stored.version);
    api.save_setting(&level, &now, &ports("7003"))
        .await
        .expect("based on what is there");
}

#[tokio::test]
async fn of_many_who_save_at_once_exactly_one_succeeds() {
    let world = World::shared().await;
    let api = world.console.api();
    let namespace = Namespace::new(&world, "race").await;
    let level = namespace.level();
    let mut based_on = Precondition::Absent;
    for round in 0..5 {
        let bodies: Vec<_> = (0..8)
            .map(|n| ports(&(7000 + round * 10 + n).to_string()))
            .collect();
        let saves = bodies
            .iter()
            .map(|body| api.save_setting(&level, &based_on, body));
        let (won, lost): (Vec<_>, Vec<_>) = join_all(saves).await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "{lost:?}");
        for problem in lost.into_iter().filter_map(Result::err) {
            assert_eq!(problem.status, 412, "{problem:?}");
            assert!(problem.current.is_some(), "{problem:?}");
        }
        let winner = won.into_iter().find_map(Result::ok).expect("one has won");
        based_on = Precondition::Version(winner.stored.expect("stored").version);
    }
    let all = changes(&world.console, &namespace.name).await;
    let succeeded = all.iter().filter(|c| c.outcome.state == OutcomeState::Succeeded);
    assert_eq!(succeeded.count(), 5);
    assert!(
        all.iter().all(|c| c.outcome.state != OutcomeState::Pending),
        "{all:?}"
    );
}

#[tokio::test]
async fn deleting_a_pod_is_a_change_too() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "pod").await;
    let pod = journeys::pods::pod().running(&world.admin, &namespace.name).await;
    let (name, uid) = (
        pod.metadata.name.expect("a name"),
        pod.metadata.uid.expect("a uid"),
    );
    let deleted = world
        .console
        .api()
        .delete_pod(&namespace.name, &name, &uid)
        .await
        .expect("deleted");
    assert_eq!(deleted.replaced_by, None, "nobody makes a bare pod again");
    let change = newest(&world.console, &namespace.name).await;
    assert_eq!((change.id, change.action), (deleted.change, Action::DeletePod));
    assert_eq!((change.target.kind.as_str(), change.target.name), ("Pod", name));
    assert_eq!(change.before.expect("what it was")["uid"], uid);
    assert_eq!(change.outcome.state, OutcomeState::Succeeded);
}

#[tokio::test]
async fn the_etag_of_an_answer_is_the_precondition_of_the_next_write() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "etag").await;
    let (console, url) = (&world.console, namespace.url());
    let body = |port: &str| json!({ "traffic": { "excludeInboundPorts": [port] } });
    let made = console.put(&url, ("if-none-match", "*"), &body("7001")).await;
    assert_eq!(made.status, 201, "{made:?}");
    let etag = made.header("etag").expect("a version").to_owned();
    let read = console.get(&url).await;
    assert_eq!(read.header("etag"), Some(etag.as_str()));
    let version = read.json()["stored"]["version"].clone();
    assert_eq!(
        version.as_str().map(|version| format!("\"{version}\"")),
        Some(etag.clone())
    );

    let saved = console.put(&url, ("if-match", &etag), &body("7002")).await;
    assert_eq!(saved.status, 200, "{saved:?}");
    assert_ne!(saved.header("etag"), Some(etag.as_str()));
    assert_eq!(
        console
            .put(&url, ("if-match", &etag), &body("7003"))
            .await
            .problem()
            .status,
        412
    );

    // The status that the console writes is no change of the setting.
    let etag = saved.header("etag").expect("a version");
    let settings = resource::settings(&world.admin, &namespace.name);
    eventually("the console to write the status", || async {
        let object = settings.get("default").await.map_err(|error| error.to_string())?;
        let seen = &object.data["status"]["observedGeneration"];
        if *seen == json!(2) {
            Ok(())
        } else {
            Err(object.data.to_string())
        }
    })
    .await;
    assert_eq!(
        console.put(&url, ("if-match", etag), &body("7003")).await.status,
        200
    );
}
