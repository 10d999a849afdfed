//! Changes that are put back, and the history as a file.

use api::{
    audit::{Action, AuditQuery, Change, RevertChange},
    path,
    pod::PodState,
};
use journeys::{Namespace, User, World, eventually, pods, resource};
use serde_json::json;
use tokio::process::Command;

use super::{changes, ports};
use crate::setting::{in_force, put};

/// What `sidestep audit` prints.
async fn audit(world: &World, arguments: &[&str]) -> String {
    let output = Command::new(&world.sandbox.binary)
        .arg("audit")
        .args(arguments)
        .args(["--server", &world.sandbox.url])
        .output()
        .await
        .expect("the binary starts");
    let wrote = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {wrote}");
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
async fn the_last_change_is_put_back_for_new_pods_too_and_an_older_one_is_not() {
    let world = World::shared().await;
    let (console, api) = (&world.console, world.console.api());
    let namespace = Namespace::new(&world, "revert").await;
    let (name, level) = (namespace.name.as_str(), namespace.level());
    let save = async |port| {
        let saved = put(console, &level, &ports(port)).await.expect("saved");
        saved.change.expect("it is recorded")
    };
    let first = save("7001").await;
    let pod = pods::pod().running(&world.admin, name).await;
    let pod = pod.metadata.name.expect("a pod has a name");
    let second = save("7002").await;

    let how = RevertChange::default();
    let refused = api.revert_change(&first, &how).await;
    let refused = refused.expect_err("it was changed since");
    assert!(
        refused.is("changed-since") && refused.status == 409,
        "{refused:?}"
    );
    assert_eq!(refused.current.expect("the later change")["id"], json!(second));
    let viewer = world.console_as(User::Viewer).api();
    let refused = viewer.revert_change(&second, &how).await;
    assert_eq!(refused.expect_err("a viewer may not").status, 403);

    let how = RevertChange {
        reason: Some("INC-1".to_owned()),
        ..how
    };
    let back = api.revert_change(&second, &how).await.expect("put back");
    let spec = |port: &str| json!({ "traffic": { "excludeInboundPorts": [port] } });
    assert_eq!(
        resource::spec(&world.admin, name, "default").await,
        Some(spec("7001"))
    );
    let seen = eventually("the pod to be judged by what was put back", || async {
        let seen = api.pod(name, &pod).await.map_err(|problem| problem.to_string())?;
        if seen.row.state == PodState::Current {
            Ok(seen)
        } else {
            Err(format!("{:?}", seen.row.state))
        }
    })
    .await;
    assert_eq!(
        in_force(&seen.desired, "excludeInboundPorts"),
        ("7001", "namespace")
    );
    let next = pods::pod().injected(&world.admin, name).await.expect("a pod");
    assert!(pods::flag(&next, "-d").is_some_and(|ports| ports.contains("7001") && !ports.contains("7002")));

    let id = back.change.expect("it is recorded");
    let made = api.change(&id).await.expect("it can be read");
    assert_eq!(
        (made.action, made.reverts, made.reason),
        (
            Action::SaveSetting,
            Some(second.clone()),
            Some("INC-1".to_owned())
        )
    );
    assert_eq!(
        (made.before, made.after),
        (Some(spec("7002")), Some(spec("7001")))
    );

    // What was put back can be, too: at a terminal.
    let said = audit(&world, &["revert", &id]).await;
    assert!(said.starts_with("Put back by change "), "{said}");
    assert_eq!(
        resource::spec(&world.admin, name, "default").await,
        Some(spec("7002"))
    );
}

#[tokio::test]
async fn the_file_has_every_change_that_the_list_shows_a_line_each() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "export").await;
    for port in ["7001", "7002"] {
        let saved = put(&world.console, &namespace.level(), &ports(port)).await;
        saved.expect("saved");
    }
    let listed = changes(&world.console, &namespace.name).await;
    assert_eq!(listed.len(), 2);
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        ..AuditQuery::default()
    };
    let url = path::with_query(path::AUDIT_EXPORT, &query);
    let file = world.console.get(&url).await;
    assert_eq!(file.header("content-type"), Some("application/x-ndjson"));
    let text = file.text();
    let lines: Vec<Change> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a change"))
        .collect();
    assert_eq!(lines, listed);
    assert_eq!(
        audit(&world, &["export", "--namespace", &namespace.name]).await,
        text
    );
}
