//! Verifications that let Envoy refuse what nothing declares meanwhile, and leave nothing behind.

use api::{
    Problem,
    audit::{Action, AuditQuery, OutcomeState},
    verification::{AskVerification, RegistryOnly, ToConfirm, Verification},
};
use domain::verify::{Reason, Verdict};
use journeys::{
    Namespace, World, eventually,
    plane::{self, EXTERNAL, Head},
    pods,
};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{Api, api::ListParams};

use crate::{
    live::{agrees, ask, question, reason, registry_only},
    verify::{answers, replaced, save},
};

/// The question, refusing meanwhile for these.
pub(crate) fn refusing(pod: &Pod, url: &str, meanwhile: RegistryOnly) -> AskVerification {
    AskVerification {
        registry_only: Some(meanwhile),
        ..question(pod, url)
    }
}

/// Asks, reads what has to be confirmed, and confirms it.
async fn confirmed(api: &api::Client, question: &AskVerification) -> Result<Verification, Problem> {
    let problem = ask(api, question).await.expect_err("it has to be confirmed");
    assert!(problem.is("unconfirmed") && problem.status == 409, "{problem:?}");
    let current = problem.current.expect("what to confirm");
    let confirm: ToConfirm = serde_json::from_value(current).expect("it is readable");
    assert!(!confirm.effects.is_empty());
    let question = AskVerification {
        confirm: Some(confirm.confirm),
        ..question.clone()
    };
    ask(api, &question).await
}

/// The names of the Sidecars in a namespace.
pub(crate) async fn sidecars(world: &World, namespace: &str) -> Vec<String> {
    let api = plane::networking(&world.admin, namespace, "v1", "Sidecar");
    let list = api.list(&ListParams::default()).await.expect("they are listed");
    list.items
        .into_iter()
        .filter_map(|sidecar| sidecar.metadata.name)
        .collect()
}

/// The text of the mesh configuration.
pub(crate) async fn mesh(world: &World) -> String {
    let root = world.root_namespace().await;
    let maps = Api::<ConfigMap>::namespaced(world.admin.clone(), &root);
    let map = maps.get("istio").await.expect("the mesh has a configuration");
    map.data.unwrap_or_default()["mesh"].clone()
}

const THROUGH: Head = Head {
    status: 200,
    by_envoy: true,
};

#[tokio::test]
async fn one_workload_is_refused_for_as_long_as_it_takes_and_nobody_else_is() {
    let world = World::shared().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "scoped").await;
    let _undo = world.removing(&namespace.level()).await;
    for name in ["client", "other"] {
        pods::deploy(&world.admin, &namespace.name, name, &plane::pod()).await;
    }
    let old = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let other = pods::pod_of(&world.admin, &namespace.name, "other", &[]).await;
    let (api, url) = (world.console.api(), format!("http://{EXTERNAL}/productpage"));
    answers(&world, &old, &url, THROUGH).await;
    answers(&world, &other, &url, THROUGH).await;

    let question = refusing(&old, &url, RegistryOnly::Workload);
    let blocked = confirmed(&api, &question).await.expect("it is asked");
    // Envoy does not count refusals here: that the same was answered before decides.
    assert_eq!(
        reason(&blocked),
        Some((Verdict::Blocked, Reason::RefusedSince)),
        "{blocked:?}"
    );
    assert_eq!(agrees(&blocked), Some(true), "{blocked:?}");
    assert_eq!(sidecars(&world, &namespace.name).await, Vec::<String>::new());
    answers(&world, &old, &url, THROUGH).await;
    let query = AuditQuery {
        namespace: Some(namespace.name.clone()),
        kind: Some("Sidecar".to_owned()),
        ..AuditQuery::default()
    };
    let recorded = api.audit(&query).await.expect("a history").items;
    let done: Vec<_> = recorded
        .iter()
        .map(|change| (change.action, change.outcome.state))
        .collect();
    let expected = [Action::RemoveTemporarySidecar, Action::AddTemporarySidecar];
    assert_eq!(done, expected.map(|action| (action, OutcomeState::Succeeded)));

    save(
        &world,
        &namespace,
        "excludeOutboundIPRanges",
        &format!("{EXTERNAL}/32"),
    )
    .await;
    let new = replaced(&world, &old).await;
    let round = confirmed(&api, &refusing(&new, &url, RegistryOnly::Workload))
        .await
        .expect("it is asked");
    assert_eq!(
        reason(&round),
        Some((Verdict::WentRound, Reason::NothingForwarded)),
        "{round:?}"
    );
    assert_eq!(sidecars(&world, &namespace.name).await, Vec::<String>::new());

    // Two for one workload would have no defined effect.
    registry_only(&world, &namespace.name, "client").await;
    let problem = ask(&api, &question).await;
    let problem = match problem {
        Err(problem) if problem.is("not-found") => ask(&api, &refusing(&new, &url, RegistryOnly::Workload))
            .await
            .expect_err("it is refused"),
        other => other.expect_err("it is refused"),
    };
    assert!(problem.is("in-the-way"), "{problem:?}");
    assert_eq!(sidecars(&world, &namespace.name).await, ["strict"]);
}

#[tokio::test]
async fn the_way_of_the_reference_page_ends_by_itself() {
    let world = World::alone().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "flipped").await;
    pods::deploy(&world.admin, &namespace.name, "client", &plane::pod()).await;
    let pod = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let (api, url) = (world.console.api(), format!("http://{EXTERNAL}/productpage"));
    answers(&world, &pod, &url, THROUGH).await;
    let before = mesh(&world).await;

    let question = refusing(&pod, &url, RegistryOnly::Mesh);
    let blocked = confirmed(&api, &question).await.expect("it is asked");
    assert_eq!(
        reason(&blocked),
        Some((Verdict::Blocked, Reason::RefusedSince)),
        "{blocked:?}"
    );
    assert_eq!(mesh(&world).await, before, "to the byte");
    answers(&world, &pod, &url, THROUGH).await;
    let query = AuditQuery {
        action: Some(Action::SaveOutboundPolicy),
        ..AuditQuery::default()
    };
    let recorded = api.audit(&query).await.expect("a history").items;
    let reasons: Vec<_> = recorded
        .iter()
        .take(2)
        .filter_map(|change| change.reason.as_deref())
        .collect();
    assert!(
        reasons[0].starts_with("put back after verification"),
        "{reasons:?}"
    );
    eventually("istiod to be as before", || async {
        let policy = api
            .outbound_policy()
            .await
            .map_err(|problem| problem.to_string())?;
        match policy
            .revisions
            .first()
            .and_then(|revision| revision.mode.as_deref())
        {
            Some("ALLOW_ANY") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}
