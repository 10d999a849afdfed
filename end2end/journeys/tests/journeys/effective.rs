//! `sidestep effective` says at a terminal what the pages and REST say.

use api::lint::LintQuery;
use journeys::{Namespace, World, pods};
use tokio::process::Command;

use crate::setting::{put, traffic};

/// What the command prints.
async fn printed(world: &World, arguments: &[&str]) -> String {
    let output = Command::new(&world.sandbox.binary)
        .args(["effective", "--server", &world.sandbox.url])
        .args(arguments)
        .output()
        .await
        .expect("the binary starts");
    let (said, wrote) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{arguments:?}: {said}{wrote}");
    said.into_owned()
}

#[tokio::test]
async fn the_command_says_what_is_in_force_from_where_and_what_is_remarkable_about_it() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "effective").await;
    let name = namespace.name.as_str();
    pods::deploy(&world.admin, name, "web", &pods::pod()).await;
    let pod = pods::pod_of(&world.admin, name, "web", &[]).await;
    let setting = traffic(&[("includeOutboundPorts", &["7001"])]);
    put(&world.console, &namespace.level(), &setting)
        .await
        .expect("the setting is good");

    let query = LintQuery {
        namespace: Some(name.to_owned()),
        ..LintQuery::default()
    };
    let lints = world
        .console
        .api()
        .lints(&query)
        .await
        .expect("the console answers");
    let lint = &lints.items[0];
    assert_eq!(lint.code, "include-outbound-ports-without-effect");
    let pod = pod.metadata.name.expect("a pod has a name");
    for arguments in [
        &["--namespace", name][..],
        &["--namespace", name, "--deployment", "web"],
        &["--namespace", name, "--pod", &pod],
    ] {
        let text = printed(&world, arguments).await;
        for words in [
            "includeOutboundPorts",
            "7001",
            "Namespace",
            &lint.code,
            &lint.sentence,
            &lint.way_out,
        ] {
            assert!(
                text.contains(words),
                "{arguments:?} does not say {words:?}: {text}"
            );
        }
    }
    let of_pod = printed(&world, &["--namespace", name, "--pod", &pod]).await;
    assert!(
        of_pod.starts_with("Stale: ") && of_pod.contains("differs"),
        "{of_pod}"
    );
    let of_level = printed(&world, &["--namespace", name]).await;
    assert!(
        of_level.starts_with("1 of 1 pods still run the old setting."),
        "{of_level}"
    );
}
