//! What an update would do is what it does: the preview's numbers against the cluster after the save, over REST and by the
//! command, with a dry run by the real API server.

use api::{
    audit::{Action, AuditQuery},
    preview::{Preview, PreviewSetting},
    setting::{LevelRef, SaveSetting},
};
use journeys::{Namespace, World, pods};
use tokio::process::Command;

use crate::setting::{put, selecting, traffic};

async fn previewed(world: &World, namespace: &Namespace, setting: Option<SaveSetting>) -> Preview {
    let asked = PreviewSetting {
        level: LevelRef::from(&namespace.level()),
        setting,
        dry_run: true,
        packet: None,
    };
    let preview = world.console.api().preview_setting(&asked).await;
    preview.expect("the console answers")
}

#[tokio::test]
async fn what_a_preview_counts_is_what_is_stale_after_the_save() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "preview").await;
    for name in ["web", "cart", "quiet"] {
        let pod = pods::pod().label("tier", if name == "quiet" { "own" } else { "shared" });
        pods::deploy(&world.admin, &namespace.name, name, &pod).await;
        pods::pod_of(&world.admin, &namespace.name, name, &[]).await;
    }
    // One workload says otherwise, nearer.
    let nearer = selecting(traffic(&[("excludeInboundPorts", &[])]), "tier", "own");
    put(&world.console, &namespace.workload("quiet"), &nearer)
        .await
        .expect("the setting is good");

    let wanted = traffic(&[("excludeInboundPorts", &["7001"])]);
    let preview = previewed(&world, &namespace, Some(wanted.clone())).await;
    assert!(
        preview.dry_run.as_ref().is_some_and(|answer| answer.accepted),
        "{preview:?}"
    );
    let impact = preview.impact;
    assert_eq!(
        (impact.workloads_changed, impact.workloads_shielded),
        (2, 1),
        "{preview:?}"
    );
    assert_eq!((impact.stale_before, impact.newly_stale), (0, 2), "{preview:?}");
    let history = AuditQuery {
        namespace: Some(namespace.name.clone()),
        name: Some("default".to_owned()),
        ..AuditQuery::default()
    };
    let recorded = world
        .console
        .api()
        .audit(&history)
        .await
        .expect("the history answers");
    assert_eq!(recorded.total, 0, "a dry run is no change: {recorded:?}");

    let saved = put(&world.console, &namespace.level(), &wanted)
        .await
        .expect("the setting is good");
    assert_eq!(saved.pods.stale, impact.stale_after, "{saved:?}");
    let removal = previewed(&world, &namespace, None).await.impact;
    assert_eq!((removal.stale_before, removal.stale_after), (2, 0), "{removal:?}");
}

#[tokio::test]
async fn the_command_previews_a_file_and_changes_the_policy_in_the_words_of_the_api() {
    let world = World::alone().await;
    let namespace = Namespace::new(&world, "file").await;
    let folder = std::env::temp_dir().join(format!("sidestep-preview-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
    let file = folder.join("setting.yaml");
    let setting = format!(
        "apiVersion: sidestep.dev/v1alpha1\nkind: SidecarSetting\nmetadata: {{name: default, namespace: {}}}\n\
         spec:\n  traffic:\n    excludeInboundPorts: [\"7001\"]\n",
        namespace.name
    );
    std::fs::write(&file, setting).expect("our own folder can be written");
    let run = async |arguments: &[&str]| {
        let mut command = Command::new(&world.sandbox.binary);
        command.args(arguments).args(["--server", &world.sandbox.url]);
        let output = command.output().await.expect("the binary starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    };
    let told = run(&["preview", &file.display().to_string()]).await;
    assert!(told.contains("excludeInboundPorts   inherit   7001"), "{told}");
    assert!(told.contains("The cluster would take it."), "{told}");
    assert!(
        journeys::resource::spec(&world.admin, &namespace.name, "default")
            .await
            .is_none()
    );

    for (mode, other) in [("REGISTRY_ONLY", "ALLOW_ANY"), ("ALLOW_ANY", "REGISTRY_ONLY")] {
        let told = run(&["outbound-policy", "--set", mode, "--reason", "a journey"]).await;
        assert!(told.starts_with(&format!("default: {mode}\n")), "{told}");
        let shown = run(&["outbound-policy"]).await;
        assert!(shown.contains(mode) && !shown.contains(other), "{shown}");
    }
    let policy = AuditQuery {
        action: Some(Action::SaveOutboundPolicy),
        ..AuditQuery::default()
    };
    let recorded = world
        .console
        .api()
        .audit(&policy)
        .await
        .expect("the history answers");
    assert_eq!(recorded.items[0].reason.as_deref(), Some("a journey"));
    std::fs::remove_dir_all(&folder).expect("our own folder can be removed");
}
