//! Settings that Git or an operator has written: who owns them is said, and an edit that they would undo is refused.

use api::{
    Precondition,
    owner::RevertsBy,
    setting::{DeleteSetting, SaveSetting},
};
use journeys::{Namespace, World, resource};
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use crate::setting::{put, traffic};

/// Applies the namespace's setting as `manager` would, with these labels and annotations.
async fn apply(world: &World, namespace: &str, manager: &str, marks: &Value) {
    let mut setting = json!({
        "apiVersion": "sidestep.dev/v1alpha1", "kind": "SidecarSetting",
        "metadata": { "name": "default" },
        "spec": { "traffic": { "excludeInboundPorts": ["7001"] } },
    });
    for (name, value) in marks.as_object().expect("an object") {
        setting["metadata"][name] = value.clone();
    }
    let setting: DynamicObject = serde_json::from_value(setting).expect("an object");
    resource::settings(&world.admin, namespace)
        .patch(
            "default",
            &PatchParams::apply(manager).force(),
            &Patch::Apply(&setting),
        )
        .await
        .expect("an administrator may apply it");
}

#[tokio::test]
async fn a_setting_that_its_owner_would_write_again_is_changed_only_when_told_so() {
    let world = World::shared().await;
    let api = world.console.api();
    let edit = traffic(&[("excludeInboundPorts", &["7002"])]);
    let cases = [
        ("argocd-controller", json!({}), "argoCd", RevertsBy::Regularly),
        (
            "kustomize-controller",
            json!({ "labels": { "kustomize.toolkit.fluxcd.io/name": "apps" } }),
            "fluxKustomization",
            RevertsBy::Regularly,
        ),
        (
            "sail",
            json!({ "labels": { "app.kubernetes.io/managed-by": "sail-operator" } }),
            "sail",
            RevertsBy::AtOnce,
        ),
    ];
    for (manager, marks, kind, reverts_by) in cases {
        let namespace = Namespace::new(&world, "owner").await;
        apply(&world, &namespace.name, manager, &marks).await;
        let level = namespace.level();
        let view = api.setting(&level).await.expect("it can be read");
        let owner = view.owner.expect("somebody owns it");
        assert_eq!((owner.kind.as_str(), owner.reverts_by), (kind, reverts_by));

        let refused = put(&world.console, &level, &edit)
            .await
            .expect_err("its owner would undo it");
        assert!(refused.is("owned") && refused.status == 409, "{refused:?}");
        let version = view.stored.expect("stored").version;
        let removed = api
            .delete_setting(&level, &Precondition::Version(version), &DeleteSetting::default())
            .await;
        assert!(removed.expect_err("its owner would bring it back").is("owned"));
        let held = resource::spec(&world.admin, &namespace.name, "default").await;
        assert_eq!(
            held.expect("it is there")["traffic"]["excludeInboundPorts"],
            json!(["7001"])
        );

        let all_the_same = SaveSetting {
            override_owner: true,
            ..edit.clone()
        };
        put(&world.console, &level, &all_the_same).await.expect("told so");
    }
}

#[tokio::test]
async fn a_setting_of_a_helm_release_may_be_edited_and_says_what_the_next_upgrade_does() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "release").await;
    let marks = json!({
        "labels": { "app.kubernetes.io/managed-by": "Helm" },
        "annotations": { "meta.helm.sh/release-name": "policies", "meta.helm.sh/release-namespace": namespace.name },
    });
    apply(&world, &namespace.name, "helm", &marks).await;
    let level = namespace.level();
    let edit = traffic(&[("excludeInboundPorts", &["7002"])]);
    let saved = put(&world.console, &level, &edit)
        .await
        .expect("nothing undoes it by itself");
    let owner = saved.owner.expect("Helm owns it");
    assert_eq!(owner.name.as_deref(), Some("policies"));
    assert!(
        owner.effect.contains("`helm upgrade` of release `policies`"),
        "{owner:?}"
    );
}
