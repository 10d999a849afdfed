//! What a person may do is what the cluster lets that person do.

use api::{
    Precondition,
    audit::{AuditQuery, OutcomeState},
    namespace::NamespaceQuery,
    pod::PodQuery,
    setting::DeleteSetting,
    workload::{WorkloadKind, WorkloadQuery},
};
use domain::Level;
use http::Method;
use journeys::{Console, Namespace, User, World, resource};
use serde_json::json;

use crate::setting::{delete, put, reference_page, selecting, traffic};

#[tokio::test]
async fn a_viewer_reads_everything_and_saves_nothing() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "viewer").await;
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("the admin saves");
    let viewer = world.console_as(User::Viewer);
    let api = viewer.api();
    let view = api.setting(&namespace.level()).await.expect("a viewer may read");
    let refused = view.refused.expect("a viewer is told before trying");
    assert!(refused.contains("`viewer` may not update"), "{refused}");
    let stored = view.stored.expect("it is stored");
    api.meshes().await.expect("a viewer may read");
    let pods = api.pods(&PodQuery::default()).await.expect("a viewer may read");
    let all = world
        .console
        .api()
        .pods(&PodQuery::default())
        .await
        .expect("the admin too");
    assert!(
        pods.total > 0 && pods.total + 20 > all.total,
        "{} of {}",
        pods.total,
        all.total
    );

    let version = Precondition::Version(stored.version);
    let saved = api
        .save_setting(&namespace.level(), &version, &traffic(&[]))
        .await;
    let deleted = api
        .delete_setting(&namespace.level(), &version, &DeleteSetting::default())
        .await;
    for refused in [saved, deleted] {
        let problem = refused.expect_err("a viewer may not write");
        assert!(problem.is("forbidden") && problem.status == 403, "{problem:?}");
        assert!(
            problem.detail.contains("sidecarsettings"),
            "it names what is missing: {problem:?}"
        );
        assert!(
            problem.detail.contains("viewer") && problem.detail.contains(&namespace.name),
            "{problem:?}"
        );
        assert!(problem.way_out.is_some(), "{problem:?}");
    }
    let spec = resource::spec(&world.admin, &namespace.name, "default")
        .await
        .expect("it is there");
    assert_eq!(
        spec["traffic"]["excludeInboundPorts"],
        json!(["7001", "7002", "7005"])
    );

    // Whoever tried is in the history, with what came of it.
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        actor: Some("viewer".into()),
        ..AuditQuery::default()
    };
    let tried = world
        .console
        .api()
        .audit(&query)
        .await
        .expect("the history")
        .items;
    assert_eq!(tried.len(), 2, "{tried:?}");
    assert!(
        tried
            .iter()
            .all(|change| change.outcome.state == OutcomeState::Failed),
        "{tried:?}"
    );
}

#[tokio::test]
async fn a_viewer_deletes_no_pod() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "keeps").await;
    let pod = journeys::pods::pod().running(&world.admin, &namespace.name).await;
    let (name, uid) = (
        pod.metadata.name.expect("a name"),
        pod.metadata.uid.expect("a uid"),
    );
    let api = world.console_as(User::Viewer).api();
    let problem = api
        .delete_pod(&namespace.name, &name, &uid)
        .await
        .expect_err("a viewer may not");
    assert_eq!(problem.status, 403, "{problem:?}");
    api.pod(&namespace.name, &name).await.expect("it is still there");
}

#[tokio::test]
async fn an_editor_of_shop_saves_in_shop_and_nowhere_else() {
    let world = World::shared().await;
    let editor = world.console_as(User::ShopEditor);
    let in_shop = |name: &str| Level::Workload {
        namespace: "shop".into(),
        name: name.into(),
    };
    let level = in_shop("j-access");
    let _undo = world.removing(&level).await;
    let setting = selecting(reference_page(), "journey", "access");
    let saved = put(&editor, &level, &setting)
        .await
        .expect("the editor saves in shop");
    assert_eq!(saved.refused, None);
    let change = world
        .console
        .api()
        .change(&saved.change.expect("a change"))
        .await
        .expect("recorded");
    assert_eq!(change.actor, "shop-editor");
    assert_eq!(change.outcome.state, OutcomeState::Succeeded);
    delete(&editor, &level).await;

    let body = serde_json::to_value(reference_page()).expect("JSON");
    let root = world.root_namespace().await;
    for (level, namespace) in [
        (Level::Namespace("payments".into()), "payments"),
        (Level::Global, root.as_str()),
    ] {
        let before = resource::spec(&world.admin, namespace, "default").await;
        let answer = editor
            .put(&api::path::setting(&level), ("if-none-match", "*"), &body)
            .await;
        let problem = answer.problem();
        assert!(problem.is("forbidden") && problem.status == 403, "{problem:?}");
        assert!(problem.detail.contains("shop-editor"), "{problem:?}");
        assert_eq!(resource::spec(&world.admin, namespace, "default").await, before);
    }
}

async fn namespaces_seen(console: &Console) -> [Vec<String>; 4] {
    let api = console.api();
    let sorted = |names: Vec<String>| {
        let mut names = names;
        names.sort_unstable();
        names.dedup();
        names
    };
    let everything = Some(500);
    let namespaces = NamespaceQuery {
        limit: everything,
        ..NamespaceQuery::default()
    };
    let namespaces = api.namespaces(&namespaces).await.expect("a list").items;
    let pods = PodQuery {
        limit: everything,
        ..PodQuery::default()
    };
    let pods = api.pods(&pods).await.expect("a list").items;
    let deployments = WorkloadQuery {
        limit: everything,
        ..WorkloadQuery::default()
    };
    let deployments = api
        .workloads(WorkloadKind::Deployment, &deployments)
        .await
        .expect("a list")
        .items;
    let changes = AuditQuery {
        limit: everything,
        ..AuditQuery::default()
    };
    let changes = api.audit(&changes).await.expect("a list").items;
    [
        sorted(namespaces.into_iter().map(|row| row.name).collect()),
        sorted(pods.into_iter().map(|row| row.namespace).collect()),
        sorted(deployments.into_iter().map(|row| row.namespace).collect()),
        sorted(
            changes
                .into_iter()
                .map(|change| change.target.namespace)
                .collect(),
        ),
    ]
}

#[tokio::test]
async fn lists_show_an_editor_of_shop_nothing_but_shop() {
    let world = World::shared().await;
    let editor = world.console_as(User::ShopEditor);
    let level = Level::Workload {
        namespace: "shop".into(),
        name: "j-lists".into(),
    };
    let _undo = world.removing(&level).await;
    put(
        &world.console,
        &level,
        &selecting(reference_page(), "journey", "lists"),
    )
    .await
    .expect("saved");
    let other = Namespace::new(&world, "hidden").await;
    let hidden = put(&world.console, &other.level(), &reference_page())
        .await
        .expect("saved");

    let seen = namespaces_seen(&editor).await;
    assert!(seen.iter().all(|names| *names == ["shop"]), "{seen:?}");
    let all = namespaces_seen(&world.console).await;
    assert!(all.iter().all(|names| names.len() > 1), "{all:?}");

    let mesh = &editor.api().meshes().await.expect("the mesh").items[0];
    assert_eq!(mesh.namespaces.total, 1, "{mesh:?}");
    let whole = &world.console.api().meshes().await.expect("the mesh").items[0];
    assert!(
        mesh.pods.total > 0 && mesh.pods.total < whole.pods.total,
        "{:?} {:?}",
        mesh.pods,
        whole.pods
    );

    for path in [
        "/api/v1/pods?namespace=payments".to_owned(),
        "/api/v1/deployments?namespace=payments".to_owned(),
        api::path::setting(&Level::Namespace("payments".into())),
        api::path::setting(&Level::Global),
        "/api/v1/settings/namespaces/payments/workloads".to_owned(),
        api::path::pod("payments", "ledger"),
    ] {
        let answer = editor.get(&path).await;
        assert_eq!(answer.problem().status, 403, "{path}: {answer:?}");
    }
    let change = api::path::audit_change(&hidden.change.expect("a change"));
    assert_eq!(world.console.get(&change).await.status, 200);
    assert_eq!(
        editor.get(&change).await.problem().status,
        404,
        "that it exists is not for them to know"
    );
}

#[tokio::test]
async fn credentials_that_the_cluster_does_not_know_are_refused() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "token").await;
    let url = namespace.url();
    for authorization in [
        "Bearer nobodys",
        "Bearer",
        "Bearer ",
        "Basic YWRhOnNlY3JldA==",
        "nonsense",
    ] {
        let headers = [
            ("authorization", authorization),
            ("if-none-match", "*"),
            ("content-type", "application/json"),
        ];
        for (method, path, body) in [
            (Method::GET, api::path::MESHES, ""),
            (Method::GET, api::path::AUDIT, ""),
            (Method::GET, url.as_str(), ""),
            (Method::PUT, url.as_str(), r#"{"traffic":{}}"#),
        ] {
            let answer = world.console.ask(method, path, &headers, body).await;
            let problem = answer.problem();
            assert!(
                problem.is("unauthenticated") && problem.status == 401,
                "{authorization} {path}: {problem:?}"
            );
        }
    }
    assert_eq!(
        resource::spec(&world.admin, &namespace.name, "default").await,
        None
    );
}
