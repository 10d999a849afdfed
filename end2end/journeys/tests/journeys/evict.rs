//! Evictions: a delete that a PodDisruptionBudget can refuse.

use api::{
    access::{AccessQuery, Act},
    audit::{Action, AuditQuery, OutcomeState},
};
use journeys::{Namespace, User, World, eventually, pods};
use k8s_openapi::api::{core::v1::Pod, policy::v1::PodDisruptionBudget};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;

#[tokio::test]
async fn an_eviction_asks_the_budget_and_a_delete_does_not() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "evict").await;
    pods::deploy(&world.admin, &namespace.name, "web", &pods::pod()).await;
    let pod = pods::pod_of(&world.admin, &namespace.name, "web", &[]).await;
    let (name, uid) = (pod.name_any(), pod.uid().expect("a uid"));
    let budgets = Api::<PodDisruptionBudget>::namespaced(world.admin.clone(), &namespace.name);
    let budget = json!({
        "metadata": { "name": "all-of-web" },
        "spec": { "minAvailable": 1, "selector": { "matchLabels": { "app": "web" } } },
    });
    let budget: PodDisruptionBudget = serde_json::from_value(budget).expect("a budget");
    budgets
        .create(&PostParams::default(), &budget)
        .await
        .expect("the budget is made");

    let api = world.console.api();
    eventually("the budget to know its pod", || async {
        let told = api
            .pod(&namespace.name, &name)
            .await
            .map_err(|e| e.to_string())?
            .budgets;
        let known = budgets.get("all-of-web").await.map_err(|e| e.to_string())?.status;
        match told.as_deref() {
            Some([budget]) if budget.name == "all-of-web" && known.is_some_and(|s| s.expected_pods == 1) => {
                assert_eq!(budget.allowed, 0);
                Ok(())
            }
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let refused = api
        .evict_pod(&namespace.name, &name, &uid)
        .await
        .expect_err("the budget says no");
    assert!(
        refused.is("disruption-budget") && refused.status == 409,
        "{refused:?}"
    );
    assert!(refused.detail.contains("all-of-web"), "{refused:?}");
    let wrong = api
        .evict_pod(&namespace.name, &name, "another")
        .await
        .expect_err("another pod");
    assert_eq!(wrong.status, 412, "{wrong:?}");

    let none = Patch::Merge(json!({ "spec": { "minAvailable": 0 } }));
    budgets
        .patch("all-of-web", &PatchParams::default(), &none)
        .await
        .expect("the budget is changed");
    let evicted = eventually("the budget to let it go", || async {
        api.evict_pod(&namespace.name, &name, &uid)
            .await
            .map_err(|problem| problem.detail)
    })
    .await;
    assert_eq!(evicted.replaced_by.expect("an owner").name, "web");
    pods::pod_of(&world.admin, &namespace.name, "web", &[&uid]).await;
    let gone = Api::<Pod>::namespaced(world.admin.clone(), &namespace.name);
    assert!(
        gone.get_opt(&name)
            .await
            .expect("an answer")
            .is_none_or(|pod| pod.metadata.deletion_timestamp.is_some())
    );

    let asked = AuditQuery {
        namespace: Some(namespace.name.clone()),
        action: Some(Action::EvictPod),
        ..AuditQuery::default()
    };
    let changes = api.audit(&asked).await.expect("the history").items;
    let outcomes: Vec<OutcomeState> = changes.iter().map(|change| change.outcome.state).collect();
    assert_eq!(outcomes.first(), Some(&OutcomeState::Succeeded), "{changes:?}");
    assert_eq!(outcomes.last(), Some(&OutcomeState::Failed), "{changes:?}");
}

#[tokio::test]
async fn buttons_are_told_what_the_cluster_allows() {
    let world = World::shared().await;
    let asked = AccessQuery {
        namespace: "shop".to_owned(),
        name: None,
    };
    let admin = world.console.api().access(&asked).await.expect("an answer");
    assert!(
        admin.items.iter().all(|permission| permission.refused.is_none()),
        "{admin:?}"
    );

    let viewer = world
        .console_as(User::Viewer)
        .api()
        .access(&asked)
        .await
        .expect("an answer");
    assert_eq!(viewer.items.len(), admin.items.len());
    for permission in &viewer.items {
        let why = permission
            .refused
            .as_deref()
            .expect("a viewer may do nothing of it");
        assert!(why.contains("viewer") && why.contains("`shop`"), "{why}");
    }
    let why = viewer.refused(Act::EvictPod).expect("refused");
    assert!(why.contains("create pods/eviction"), "{why}");
}
