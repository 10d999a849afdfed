//! Live proof: the console asks from inside a pod, and says what the real Envoy's counters prove.

use api::{
    Problem,
    verification::{AskVerification, Ending, Verification, VerificationQuery, VerificationState},
};
use domain::verify::{Reason, Verdict};
use journeys::{
    Namespace, World, eventually,
    plane::{self, EXTERNAL},
    pods::{self, Draft},
    sandbox::User,
};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    ResourceExt,
    api::{DynamicObject, PostParams},
};
use serde_json::json;

use crate::verify::{replaced, save};

/// What Envoy has to count so that its own refusals can be told from another's.
const COUNTED: &str = "listener,http.outbound,tcp,cluster.BlackHoleCluster";

fn client() -> Draft {
    plane::pod().annotation("sidecar.istio.io/statsInclusionPrefixes", COUNTED)
}

pub(crate) fn question(pod: &Pod, url: &str) -> AskVerification {
    AskVerification {
        namespace: pod.namespace().unwrap_or_default(),
        pod: pod.name_any(),
        url: url.to_owned(),
        ..AskVerification::default()
    }
}

/// Asks, and waits until it is over.
pub(crate) async fn ask(api: &api::Client, question: &AskVerification) -> Result<Verification, Problem> {
    let begun = api.verify(question).await?;
    Ok(eventually("the verification to be over", || async {
        let now = api
            .verification(&begun.row.id)
            .await
            .map_err(|problem| problem.to_string())?;
        if now.row.state == VerificationState::Running {
            Err(format!("{:?}", now.step))
        } else {
            Ok(now)
        }
    })
    .await)
}

async fn proven(world: &World, pod: &Pod, url: &str) -> Verification {
    ask(&world.console.api(), &question(pod, url))
        .await
        .expect("it is asked")
}

pub(crate) fn reason(seen: &Verification) -> Option<(Verdict, Reason)> {
    let result = seen.result.as_ref()?;
    Some((result.verdict, result.reason?))
}

pub(crate) fn agrees(seen: &Verification) -> Option<bool> {
    seen.result.as_ref()?.predicted.as_ref()?.agrees
}

/// Waits for a verdict: a pod's Envoy may not have its last configuration yet.
async fn until_proven(world: &World, pod: &Pod, url: &str, expected: (Verdict, Reason)) -> Verification {
    eventually(&format!("{url} to be {expected:?}"), || async {
        let seen = proven(world, pod, url).await;
        if reason(&seen) == Some(expected) {
            Ok(seen)
        } else {
            Err(format!("{seen:?}"))
        }
    })
    .await
}

/// A `Sidecar` that refuses what nothing declares, for the pods of one application.
pub(crate) async fn registry_only(world: &World, namespace: &str, app: &str) {
    let sidecars = plane::networking(&world.admin, namespace, "v1", "Sidecar");
    let sidecar: DynamicObject = serde_json::from_value(json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "Sidecar",
        "metadata": { "name": "strict" },
        "spec": {
            "workloadSelector": { "labels": { "app": app } },
            "outboundTrafficPolicy": { "mode": "REGISTRY_ONLY" },
            "egress": [{ "hosts": ["*/*"] }],
        },
    }))
    .expect("this is an object");
    let made = sidecars.create(&PostParams::default(), &sidecar).await;
    made.expect("the cluster makes the Sidecar");
}

#[tokio::test]
async fn through_envoy_then_blocked_then_round_it_each_by_the_fact_that_decided() {
    let world = World::shared().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "live").await;
    let _undo = world.removing(&namespace.level()).await;
    pods::deploy(&world.admin, &namespace.name, "client", &client()).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let url = format!("http://{EXTERNAL}/productpage");

    let counted = (Verdict::ThroughEnvoy, Reason::DestinationCounted);
    let through = until_proven(&world, &old, &url, counted).await;
    assert_eq!(agrees(&through), Some(true), "{through:?}");
    let result = through.result.expect("a result");
    assert_eq!(result.ending, Ending::Judged);
    assert_eq!(Some(result.pod_uid), old.uid());
    let decided: Vec<&str> = result
        .facts
        .iter()
        .filter(|fact| fact.decided)
        .map(|fact| fact.what.as_str())
        .collect();
    assert!(
        decided
            .iter()
            .all(|what| what.starts_with("PassthroughCluster to")),
        "{decided:?}"
    );

    registry_only(&world, &namespace.name, "client").await;
    let refused = (Verdict::Blocked, Reason::RefusalCounted);
    let blocked = until_proven(&world, &old, &url, refused).await;
    assert_eq!(agrees(&blocked), Some(true), "{blocked:?}");
    // Without HTTP in it Envoy can only hang up.
    until_proven(&world, &old, &format!("https://{EXTERNAL}/"), refused).await;

    save(
        &world,
        &namespace,
        "excludeOutboundIPRanges",
        &format!("{EXTERNAL}/32"),
    )
    .await;
    let new = replaced(&world, &old).await;
    let round = until_proven(
        &world,
        &new,
        &url,
        (Verdict::WentRound, Reason::NoConnectionTaken),
    )
    .await;
    assert_eq!(agrees(&round), Some(true), "{round:?}");
    assert!(
        round.result.is_some_and(|result| result.settings.is_some()),
        "its marker has a hash"
    );

    let query = VerificationQuery {
        namespace: Some(namespace.name.clone()),
        verdict: Some(Verdict::WentRound),
        ..VerificationQuery::default()
    };
    let listed = world.console.api().verifications(&query).await.expect("a list");
    assert_eq!(listed.items.first().map(|row| &row.id), Some(&round.row.id));
}

#[tokio::test]
async fn an_envoy_that_counts_as_istio_lets_it_still_tells_through_from_round() {
    let world = World::shared().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "live-plain").await;
    let _undo = world.removing(&namespace.level()).await;
    pods::deploy(&world.admin, &namespace.name, "client", &plane::pod()).await;
    let old = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let url = format!("http://{EXTERNAL}/productpage");
    until_proven(
        &world,
        &old,
        &url,
        (Verdict::ThroughEnvoy, Reason::DestinationCounted),
    )
    .await;
    // Its own refusal it does not count: what looks like one is not proven.
    registry_only(&world, &namespace.name, "client").await;
    until_proven(&world, &old, &url, (Verdict::NotProven, Reason::UncountedAnswer)).await;

    save(
        &world,
        &namespace,
        "excludeOutboundIPRanges",
        &format!("{EXTERNAL}/32"),
    )
    .await;
    let new = replaced(&world, &old).await;
    until_proven(&world, &new, &url, (Verdict::WentRound, Reason::NothingForwarded)).await;
}

#[tokio::test]
async fn nothing_that_goes_wrong_is_a_success() {
    let world = World::shared().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "live-wrong").await;
    let with_two = client().with(|pod| {
        pod["spec"]["containers"][0]["securityContext"] = json!({ "runAsUser": 1337 });
    });
    pods::deploy(&world.admin, &namespace.name, "client", &with_two).await;
    let pod = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let url = format!("http://{EXTERNAL}/");
    let ending = |seen: &Verification| seen.result.as_ref().map(|result| (result.ending, result.verdict));

    let as_sidecar = proven(&world, &pod, &url).await;
    assert_eq!(
        ending(&as_sidecar),
        Some((Ending::NoTool, Verdict::NotProven)),
        "{as_sidecar:?}"
    );

    // The same with a container for debugging, whose user is nobody's.
    let question = AskVerification {
        debug_container: true,
        ..question(&pod, &url)
    };
    let seen = ask(&world.console.api(), &question).await.expect("it is asked");
    assert_eq!(
        reason(&seen),
        Some((Verdict::ThroughEnvoy, Reason::DestinationCounted)),
        "{seen:?}"
    );

    // What no address belongs to answers nothing, and Envoy's attempt is no answer of the destination.
    let unknown = proven(&world, &pod, "http://no-such-name.invalid/").await;
    assert_eq!(
        reason(&unknown),
        Some((Verdict::NotProven, Reason::NoAnswer)),
        "{unknown:?}"
    );

    let viewer = world.console.with_token(world.sandbox.token(User::Viewer)).api();
    let refused = ask(&viewer, &question)
        .await
        .expect_err("who may only look runs no commands");
    assert!(refused.is("forbidden"), "{refused:?}");
}
