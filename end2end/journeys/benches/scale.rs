//! What the console does with many pods: how long the pages of lists take, and how much memory it has.
//!
//! The pods are real objects of the cluster, injected by istiod and run by kwok. Budgets: 100 pods of a list within 20 ms
//! (p95), 150 MB.

use std::{
    fs,
    time::{Duration, Instant},
};

use api::{Precondition, pod::PodQuery, setting::SaveSetting};
use futures::{StreamExt, stream};
use journeys::{Namespace, World, pods, within};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{ListParams, PostParams},
};

const PODS: usize = 10_000;
const NAMESPACES: usize = 10;
const ASKED: usize = 500;

#[tokio::main]
async fn main() {
    let world = World::shared().await;
    let before = memory();
    let mut namespaces = Vec::new();
    for _ in 0..NAMESPACES {
        namespaces.push(Namespace::new(&world, "bench-scale").await);
    }
    let start = Instant::now();
    let (admin, places) = (&world.admin, &namespaces);
    stream::iter(0..PODS)
        .for_each_concurrent(32, |number| async move {
            let draft = pods::pod()
                .label("app", &format!("web-{}", number % 100))
                .with(|pod| pod["spec"]["nodeName"] = format!("node-{}", 1 + number % 3).into());
            let place = &places[number % NAMESPACES].name;
            let made = serde_json::from_value(draft.json().clone()).expect("a draft is a pod");
            let pods = Api::<Pod>::namespaced(admin.clone(), place);
            pods.create(&PostParams::default(), &made)
                .await
                .expect("the cluster makes the pod");
        })
        .await;
    within(
        Duration::from_mins(10),
        "all pods to run, and the console to see them",
        || async {
            let waiting = ListParams::default().fields("status.phase=Pending").limit(1);
            let waiting = Api::<Pod>::all(admin.clone())
                .list(&waiting)
                .await
                .map_err(|e| e.to_string())?;
            let asked = PodQuery {
                limit: Some(1),
                ..PodQuery::default()
            };
            let seen = world
                .console
                .api()
                .pods(&asked)
                .await
                .map_err(|e| e.to_string())?
                .total;
            if waiting.items.is_empty() && seen >= PODS {
                Ok(())
            } else {
                Err(format!("{seen} pods are seen; waiting: {}", waiting.items.len()))
            }
        },
    )
    .await;
    println!(
        "scale, {PODS} pods in {NAMESPACES} namespaces, all running after {:.0} s:",
        start.elapsed().as_secs_f64()
    );

    // Half of them stale: a state that costs the most to tell.
    for namespace in namespaces.iter().take(NAMESPACES / 2) {
        let setting = SaveSetting {
            traffic: [("excludeInboundPorts".to_owned(), vec!["7001".to_owned()])].into(),
            ..SaveSetting::default()
        };
        let saved = world
            .console
            .api()
            .save_setting(&namespace.level(), &Precondition::Absent, &setting)
            .await;
        saved.expect("the setting is good");
    }
    for (what, url) in [
        ("the first 100", "/api/v1/pods?limit=100".to_owned()),
        (
            "the newest 100",
            "/api/v1/pods?limit=100&sort=-created".to_owned(),
        ),
        ("100 stale ones", "/api/v1/pods?limit=100&state=stale".to_owned()),
        (
            "100 of a namespace",
            format!("/api/v1/pods?limit=100&namespace={}", namespaces[0].name),
        ),
        (
            "100 by a part of the name",
            "/api/v1/pods?limit=100&q=pod-1".to_owned(),
        ),
    ] {
        let mut times = Vec::with_capacity(ASKED);
        for _ in 0..ASKED {
            let start = Instant::now();
            let answer = world.console.get(&url).await;
            times.push(start.elapsed());
            assert_eq!(answer.status, 200);
        }
        times.sort_unstable();
        let at = |percent: usize| times[ASKED * percent / 100].as_secs_f64() * 1e3;
        println!("  {what:<26} p50 {:>7.2} ms   p95 {:>7.2} ms", at(50), at(95));
    }
    if let (Some(before), Some(now)) = (before, memory()) {
        println!(
            "  memory of the console      {} MB before, {} MB with the pods",
            before / 1000,
            now / 1000
        );
    }
}

/// What the console's process has in memory, in kB, where its id is told.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark is told by the environment where it runs"
)]
fn memory() -> Option<usize> {
    let process = std::env::var("SIDESTEP_PID").ok()?;
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
