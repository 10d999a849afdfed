//! A console that dies in the middle of an update.

use std::time::Duration;

use api::{
    audit::{Action, AuditQuery, Change, OutcomeState},
    manifest::ManifestKind,
};
use journeys::{Console, Listener, Namespace, World, eventually, pods, resource, within};
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::json;

use super::{Edit, annotated, kubectl_patch};

/// The newest edit of a namespace's workloads.
async fn newest(console: &Console, namespace: &str) -> Option<Change> {
    let query = AuditQuery {
        namespace: Some(namespace.to_owned()),
        action: Some(Action::EditWorkload),
        ..AuditQuery::default()
    };
    let page = console.api().audit(&query).await.expect("the history");
    page.items.into_iter().next()
}

#[tokio::test]
async fn after_a_kill_in_the_middle_of_an_update_the_outcome_is_what_the_deployment_says() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "torn").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    pods::pod_of(&world.admin, &namespace.name, "web", &[]).await;
    // A dry run passes it by, and the write itself hangs in it.
    let listener = Listener::start().await;
    let name = namespace.name.clone();
    let _undo = world.undo(move |admin| {
        Box::pin(async move {
            let hooks = Api::<ValidatingWebhookConfiguration>::all(admin);
            resource::ignore_missing(hooks.delete(&name, &DeleteParams::default()).await);
        })
    });
    let hook = json!({
        "metadata": { "name": namespace.name },
        "webhooks": [{
            "name": "hangs.journeys.sidestep.dev", "admissionReviewVersions": ["v1"], "sideEffects": "NoneOnDryRun",
            "timeoutSeconds": 5, "failurePolicy": "Ignore", "clientConfig": { "url": listener.url() },
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace.name } },
            // Our own edits, not what controllers write.
            "matchConditions": [
                { "name": "edit", "expression": "!has(request.dryRun) || !request.dryRun" },
                { "name": "who", "expression": "!request.userInfo.username.startsWith('system:')" },
            ],
            "rules": [{ "apiGroups": ["apps"], "apiVersions": ["*"], "operations": ["UPDATE"], "resources": ["deployments"] }],
        }],
    });
    let hook: ValidatingWebhookConfiguration = serde_json::from_value(hook).expect("a webhook");
    Api::all(world.admin.clone())
        .create(&PostParams::default(), &hook)
        .await
        .expect("an administrator may make webhooks");
    let admin = Edit {
        console: &world.console,
        kind: ManifestKind::Deployments,
        namespace: &namespace.name,
        name: "web",
    };
    eventually("the API server to ask the webhook", || async {
        let patch = json!({ "metadata": { "annotations": { "tried": "yes" } } });
        kubectl_patch(&world, &namespace.name, "web", patch).await;
        if listener.taken() > 0 {
            Ok(())
        } else {
            Err("it does not ask yet")
        }
    })
    .await;
    listener.hang();

    let mut own = world.own();
    let console = own.ready().await;
    namespace.known_to(&console).await;
    let before = listener.taken();
    let view = admin.view().await.expect("it is there");
    let sent = {
        let (console, namespace) = (console.clone(), namespace.name.clone());
        let (version, text) = (view.version.clone(), annotated(&view.yaml, "'7001'"));
        tokio::spawn(async move {
            let edit = Edit {
                console: &console,
                kind: ManifestKind::Deployments,
                namespace: &namespace,
                name: "web",
            };
            edit.put(&version, &text, false).await
        })
    };
    eventually("the update to hang in the API server", || async {
        if listener.taken() > before {
            Ok(())
        } else {
            Err("no connection yet")
        }
    })
    .await;
    let pending = newest(&console, &namespace.name)
        .await
        .expect("it is recorded before it is done");
    assert_eq!(pending.outcome.state, OutcomeState::Pending, "{pending:?}");
    own.kill();
    sent.abort();

    let console = own.ready().await;
    let told = within(Duration::from_secs(40), "the update to be reconciled", || async {
        let change = newest(&console, &namespace.name).await.ok_or("no change")?;
        assert_eq!(change.id, pending.id, "no second change");
        match change.outcome.state {
            OutcomeState::Pending => Err("pending"),
            state => Ok(state),
        }
    })
    .await;
    listener.let_go();
    let now = admin.view().await.expect("it is there");
    let expected = if now.yaml.contains("7001") {
        OutcomeState::Succeeded
    } else {
        OutcomeState::Failed
    };
    assert_eq!(told, expected, "{}", now.yaml);
}
