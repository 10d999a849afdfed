//! A console that dies while verifications let Envoy refuse: nothing stays behind.

use std::time::Duration;

use api::{
    audit::{AuditQuery, OutcomeState},
    verification::{AskVerification, RegistryOnly, VerificationState},
};
use journeys::{
    Namespace, World, eventually,
    plane::{self, EXTERNAL},
    pods,
};
use kube::ResourceExt;

use crate::registry_only::{mesh, refusing, sidecars};

/// How often the console is killed at least.
const KILLS: usize = 36;
/// How often at most, until it has died with a Sidecar and with a policy of its own in the cluster: when it dies is chance.
const MOST_KILLS: usize = 120;

#[tokio::test]
async fn however_often_the_console_is_killed_no_sidecar_and_no_policy_stays_behind() {
    let world = World::alone().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "killed").await;
    pods::deploy(&world.admin, &namespace.name, "client", &plane::pod()).await;
    let pod = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let url = format!("http://{EXTERNAL}/productpage");
    let before = mesh(&world).await;
    let revision = {
        let policy = world.console.api().outbound_policy().await.expect("a policy");
        policy.revisions.first().expect("a revision").revision.clone()
    };
    let mut rng = fastrand::Rng::with_seed(9);
    let (mut interrupted, mut seen_sidecar, mut seen_policy) = (0, 0, 0);
    let mut own = world.own();
    let mut kills = 0;
    while kills < KILLS || (kills < MOST_KILLS && (seen_sidecar == 0 || seen_policy == 0)) {
        let console = own.ready().await;
        let (meanwhile, confirm) = if kills % 2 == 0 {
            (
                RegistryOnly::Workload,
                format!("Deployment/{}/client", namespace.name),
            )
        } else {
            (RegistryOnly::Mesh, format!("revision/{revision}"))
        };
        let question = AskVerification {
            confirm: Some(confirm),
            ..refusing(&pod, &url, meanwhile)
        };
        // What the one before left behind may be in the way for a moment.
        let begun = eventually("a verification to begin", || async {
            console
                .api()
                .verify(&question)
                .await
                .map_err(|problem| problem.to_string())
        })
        .await;
        // Any moment will do: this is not a wait for something.
        tokio::time::sleep(Duration::from_millis(rng.u64(0..4000))).await;
        own.kill();
        seen_sidecar += usize::from(!sidecars(&world, &namespace.name).await.is_empty());
        seen_policy += usize::from(mesh(&world).await != before);

        let console = own.ready().await;
        let closed = eventually("everything to be as before, and closed", || async {
            let left = sidecars(&world, &namespace.name).await;
            if !left.is_empty() {
                return Err(format!("left behind: {left:?}"));
            }
            if mesh(&world).await != before {
                return Err("the policy is not as it was".to_owned());
            }
            let now = console
                .api()
                .verification(&begun.row.id)
                .await
                .map_err(|problem| problem.to_string())?;
            if now.row.state == VerificationState::Running {
                return Err("the verification is open".to_owned());
            }
            let query = AuditQuery {
                outcome: Some(OutcomeState::Pending),
                ..AuditQuery::default()
            };
            let open = console
                .api()
                .audit(&query)
                .await
                .map_err(|problem| problem.to_string())?;
            if open.total > 0 {
                return Err(format!("open in the history: {open:?}"));
            }
            Ok(now)
        })
        .await;
        interrupted += usize::from(closed.row.state == VerificationState::Interrupted);
        own.kill();
        kills += 1;
    }
    println!(
        "{kills} kills: {interrupted} interrupted, {seen_sidecar} with a Sidecar and {seen_policy} with a policy left behind then"
    );
    assert!(
        seen_sidecar > 0 && seen_policy > 0,
        "some must die at the worst moment: {}",
        pod.name_any()
    );
}

#[tokio::test]
async fn a_console_that_is_asked_to_stop_undoes_it_before_it_ends() {
    let world = World::shared().await;
    plane::ready(&world.sandbox).await;
    let namespace = Namespace::new(&world, "stopped").await;
    pods::deploy(&world.admin, &namespace.name, "client", &plane::pod()).await;
    let pod = pods::pod_of(&world.admin, &namespace.name, "client", &[]).await;
    let mut own = world.own();
    let console = own.ready().await;
    let question = AskVerification {
        confirm: Some(format!("Deployment/{}/client", namespace.name)),
        ..refusing(&pod, &format!("http://{EXTERNAL}/"), RegistryOnly::Workload)
    };
    let begun = eventually("a verification to begin", || async {
        console
            .api()
            .verify(&question)
            .await
            .map_err(|problem| problem.to_string())
    })
    .await;
    eventually("the Sidecar to be made", || async {
        if sidecars(&world, &namespace.name).await.is_empty() {
            Err("not yet")
        } else {
            Ok(())
        }
    })
    .await;
    own.terminate();
    eventually("the console to end", || {
        std::future::ready(if own.runs() { Err("it runs") } else { Ok(()) })
    })
    .await;
    assert_eq!(sidecars(&world, &namespace.name).await, Vec::<String>::new());
    let console = own.ready().await;
    let closed = console
        .api()
        .verification(&begun.row.id)
        .await
        .expect("it is kept");
    assert_ne!(closed.row.state, VerificationState::Running, "{closed:?}");
}
