//! Lists: pages, filters, counts.

use api::{
    namespace::NamespaceQuery,
    pod::{PodQuery, PodRow, PodStateName},
    workload::{WorkloadKind, WorkloadQuery},
};
use journeys::{Namespace, World, eventually, pods};
use kube::ResourceExt;

use crate::setting::{put, reference_page};

async fn listed(world: &World, query: &PodQuery) -> Vec<PodRow> {
    world.console.api().pods(query).await.expect("a list").items
}

fn of(namespace: &Namespace) -> PodQuery {
    PodQuery {
        namespace: Some(namespace.name.clone()),
        ..PodQuery::default()
    }
}

fn names(rows: &[PodRow]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

/// A namespace with six bare pods and a Deployment's, all of them listed.
async fn seven_pods(world: &World) -> (Namespace, Vec<String>) {
    let namespace = Namespace::new(world, "lists").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let mut made = vec![
        pods::pod_of(&world.admin, &namespace.name, "web", &[])
            .await
            .name_any(),
    ];
    for _ in 0..6 {
        made.push(
            pods::pod()
                .running(&world.admin, &namespace.name)
                .await
                .name_any(),
        );
    }
    made.sort_unstable();
    eventually("the list to have all pods", || async {
        let rows = listed(world, &of(&namespace)).await;
        let runs = rows.iter().all(|row| row.status == "Running");
        if names(&rows) == made && runs {
            Ok(())
        } else {
            Err(format!("{rows:?}"))
        }
    })
    .await;
    (namespace, made)
}

#[tokio::test]
async fn pages_of_pods_cover_each_once_in_order() {
    let world = World::shared().await;
    let (namespace, made) = seven_pods(&world).await;
    for limit in [1, 3, 7, 8] {
        let mut query = PodQuery {
            limit: Some(limit),
            ..of(&namespace)
        };
        let mut seen = Vec::new();
        loop {
            let page = world.console.api().pods(&query).await.expect("a page");
            assert_eq!(page.total, made.len());
            assert!(page.items.len() <= limit, "{page:?}");
            seen.extend(page.items.into_iter().map(|row| row.name));
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, made, "pages of {limit}");
    }
}

#[tokio::test]
async fn filters_and_counts_agree() {
    let world = World::shared().await;
    let (namespace, made) = seven_pods(&world).await;
    let web = PodQuery {
        owner: Some("web".into()),
        ..of(&namespace)
    };
    let owned = listed(&world, &web).await;
    assert_eq!(owned.len(), 1, "{owned:?}");
    let controller = owned[0].owner.as_ref().expect("a Deployment's");
    assert_eq!(
        (controller.kind.as_str(), controller.name.as_str()),
        ("Deployment", "web"),
        "not its ReplicaSet"
    );
    let by_name = PodQuery {
        q: Some(owned[0].name.clone()),
        ..of(&namespace)
    };
    assert_eq!(names(&listed(&world, &by_name).await), [owned[0].name.as_str()]);

    let in_state = |state| PodQuery {
        state: Some(state),
        ..of(&namespace)
    };
    let (stale, current) = (in_state(PodStateName::Stale), in_state(PodStateName::Current));
    assert_eq!(names(&listed(&world, &stale).await), Vec::<&str>::new());
    assert_eq!(names(&listed(&world, &current).await), made);
    put(&world.console, &namespace.level(), &reference_page())
        .await
        .expect("saved");
    // The save is seen: so is what follows from it.
    assert_eq!(names(&listed(&world, &stale).await), made);
    assert_eq!(names(&listed(&world, &current).await), Vec::<&str>::new());

    let query = NamespaceQuery {
        q: Some(namespace.name.clone()),
        ..NamespaceQuery::default()
    };
    let namespaces = world.console.api().namespaces(&query).await;
    let namespaces = namespaces.expect("a list").items;
    let row = namespaces
        .iter()
        .find(|row| row.name == namespace.name)
        .expect("it is listed");
    assert!(row.has_setting, "{row:?}");
    assert_eq!(
        (row.pods.total, row.pods.injected, row.pods.stale),
        (7, 7, 7),
        "{row:?}"
    );
    let query = WorkloadQuery {
        namespace: Some(namespace.name.clone()),
        ..WorkloadQuery::default()
    };
    let deployments = world
        .console
        .api()
        .workloads(WorkloadKind::Deployment, &query)
        .await
        .expect("a list")
        .items;
    assert_eq!(deployments.len(), 1, "{deployments:?}");
    let counts = deployments[0].pods;
    assert_eq!(
        (counts.total, counts.injected, counts.stale),
        (1, 1, 1),
        "{deployments:?}"
    );
}
