//! A pod's status, ready containers and restarts: what the API server itself prints for `kubectl get pods` is the judge.

use std::collections::BTreeMap;

use api::pod::PodQuery;
use fastrand::Rng;
use journeys::{Namespace, World, eventually};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

/// How many pods are drawn.
const PODS: usize = 80;
const TIME: &str = "2026-01-01T00:00:00Z";

/// Status, ready containers, restarts.
type Printed = (String, String, String);

#[tokio::test]
async fn a_pod_is_told_as_the_api_server_prints_it() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "printed").await;
    let pods = Api::<Pod>::namespaced(world.admin.clone(), &namespace.name);
    let mut rng = Rng::with_seed(13);
    for number in 0..PODS {
        make(&pods, &mut rng, number).await;
    }
    // Too rare to be drawn: one container is through, and another failed.
    let (done, failed) = (ended("Completed", 0), ended("Error", 1));
    let runs = json!({ "running": { "startedAt": TIME } });
    failed_beside_completed(&pods, "job", &[&done, &failed]).await;
    failed_beside_completed(&pods, "job-going-on", &[&done, &failed, &runs]).await;
    let asked = PodQuery {
        namespace: Some(namespace.name.clone()),
        limit: Some(500),
        ..PodQuery::default()
    };
    let compared = eventually("the console to tell what the API server prints", || async {
        let printed = table(&world.admin, &namespace.name).await;
        let rows = world
            .console
            .api()
            .pods(&asked)
            .await
            .map_err(|e| e.to_string())?
            .items;
        let told: BTreeMap<String, Printed> = rows
            .into_iter()
            .map(|row| {
                let ready = format!("{}/{}", row.ready, row.containers);
                (row.name, (row.status, ready, row.restarts.to_string()))
            })
            .collect();
        if told == printed {
            return Ok(printed);
        }
        let differs = printed
            .iter()
            .find(|(name, as_printed)| told.get(*name) != Some(as_printed));
        Err(format!(
            "{differs:?}, the console says {:?}",
            differs.map(|(name, _)| told.get(name))
        ))
    })
    .await;
    for pod in pods.list(&ListParams::default()).await.expect("the pods").items {
        let free = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
        let _ = pods.patch(&pod.name_any(), &PatchParams::default(), &free).await;
    }
    // The states are worth comparing only if there are many.
    let words: std::collections::BTreeSet<&str> = compared.values().map(|(word, ..)| word.as_str()).collect();
    assert!(compared.len() == PODS + 2 && words.len() >= 12, "{words:?}");
    for name in ["job", "job-going-on"] {
        assert_eq!(compared[name].0, "Error", "{name}");
    }
}

/// What the API server prints of the pods of a namespace.
async fn table(client: &Client, namespace: &str) -> BTreeMap<String, Printed> {
    let request = http::Request::get(format!("/api/v1/namespaces/{namespace}/pods"))
        .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
        .body(Vec::new())
        .expect("a request");
    let table: Value = client.request(request).await.expect("a table");
    let columns: Vec<&str> = table["columnDefinitions"]
        .as_array()
        .expect("columns")
        .iter()
        .filter_map(|column| column["name"].as_str())
        .collect();
    let at = |name: &str| {
        columns
            .iter()
            .position(|column| *column == name)
            .expect("the column is there")
    };
    let (name, ready, status, restarts) = (at("Name"), at("Ready"), at("Status"), at("Restarts"));
    let rows = table["rows"].as_array().expect("rows");
    rows.iter()
        .map(|row| {
            let cell = |column: usize| {
                row["cells"][column]
                    .as_str()
                    .map_or_else(|| row["cells"][column].to_string(), str::to_owned)
            };
            // `3 (5m ago)`
            let count = cell(restarts).split(' ').next().unwrap_or_default().to_owned();
            (cell(name), (cell(status), cell(ready), count))
        })
        .collect()
}

/// A pod that no scheduler takes, in a state of its own.
async fn make(pods: &Api<Pod>, rng: &mut Rng, number: usize) {
    let name = format!("pod-{number}");
    let container =
        |prefix: &str, at: usize| json!({ "name": format!("{prefix}-{at}"), "image": "demo/app:1" });
    let own: Vec<Value> = (0..rng.usize(1..=3)).map(|at| container("own", at)).collect();
    let first: Vec<Value> = (0..rng.usize(0..=3))
        .map(|at| {
            let mut first = container("first", at);
            if rng.bool() {
                first["restartPolicy"] = json!("Always");
            }
            first
        })
        .collect();
    let is_deleted = rng.u8(0..6) == 0;
    let pod = json!({
        "metadata": {
            "name": name,
            "labels": { "sidecar.istio.io/inject": "false" },
            "finalizers": if is_deleted { json!(["sidestep.dev/test"]) } else { Value::Null },
        },
        "spec": { "containers": own, "initContainers": first, "schedulerName": "nobody" },
    });
    let pod: Pod = serde_json::from_value(pod).expect("a pod");
    pods.create(&PostParams::default(), &pod)
        .await
        .expect("the pod is made");

    let statuses = |rng: &mut Rng, prefix: &str, count: usize| -> Vec<Value> {
        (0..count)
            .map(|at| container_status(rng, &format!("{prefix}-{at}")))
            .collect()
    };
    let (of_first, of_own) = (
        statuses(rng, "first", first.len()),
        statuses(rng, "own", own.len()),
    );
    let phase = *rng
        .choice(&["Pending", "Running", "Running", "Running", "Succeeded", "Failed"])
        .expect("one");
    let truth = |rng: &mut Rng| if rng.bool() { "True" } else { "False" };
    let mut conditions = vec![
        json!({ "type": "Initialized", "status": truth(rng) }),
        json!({ "type": "Ready", "status": truth(rng) }),
    ];
    if rng.u8(0..8) == 0 {
        conditions.push(json!({ "type": "PodScheduled", "status": "False", "reason": "SchedulingGated" }));
    }
    let reason = *rng.choice(&["", "", "", "", "Evicted", "NodeLost"]).expect("one");
    let status = json!({ "status": {
        "phase": phase,
        "reason": reason,
        "conditions": conditions,
        "initContainerStatuses": of_first,
        "containerStatuses": of_own,
    } });
    pods.patch_status(&name, &PatchParams::default(), &Patch::Merge(&status))
        .await
        .expect("the status is taken");
    if is_deleted {
        pods.delete(&name, &DeleteParams::default())
            .await
            .expect("the pod is deleted");
    }
}

/// A pod that no scheduler takes, not ready, with containers in these states.
async fn failed_beside_completed(pods: &Api<Pod>, name: &str, states: &[&Value]) {
    let numbered = |at: usize| format!("own-{at}");
    let own: Vec<Value> = (0..states.len())
        .map(|at| json!({ "name": numbered(at), "image": "demo/app:1" }))
        .collect();
    let pod = json!({
        "metadata": { "name": name, "labels": { "sidecar.istio.io/inject": "false" } },
        "spec": { "containers": own, "schedulerName": "nobody" },
    });
    let pod: Pod = serde_json::from_value(pod).expect("a pod");
    pods.create(&PostParams::default(), &pod)
        .await
        .expect("the pod is made");
    let statuses: Vec<Value> = states
        .iter()
        .enumerate()
        .map(|(at, state)| {
            json!({
                "name": numbered(at), "image": "demo/app:1", "imageID": "", "restartCount": 0,
                "ready": state["running"].is_object(), "state": state,
            })
        })
        .collect();
    let reported = json!({ "status": {
        "phase": "Running",
        "conditions": [{ "type": "Ready", "status": "False" }],
        "containerStatuses": statuses,
    } });
    pods.patch_status(name, &PatchParams::default(), &Patch::Merge(&reported))
        .await
        .expect("the status is taken");
}

fn ended(reason: &str, code: u8) -> Value {
    json!({ "terminated": { "exitCode": code, "reason": reason, "startedAt": TIME, "finishedAt": TIME } })
}

fn container_status(rng: &mut Rng, name: &str) -> Value {
    let time = TIME;
    let ended = |rng: &mut Rng| {
        let reason = *rng.choice(&["", "Completed", "Error", "OOMKilled"]).expect("one");
        json!({ "terminated": {
            "exitCode": rng.u8(0..3), "signal": rng.u8(0..2) * 9, "reason": reason, "startedAt": time, "finishedAt": time,
        } })
    };
    let state = match rng.u8(0..6) {
        0 => ended(rng),
        1 => {
            json!({ "waiting": { "reason": *rng.choice(&["CrashLoopBackOff", "PodInitializing", "", "ImagePullBackOff"]).expect("one") } })
        }
        2 if name.starts_with("first") => {
            json!({ "terminated": { "exitCode": 0, "reason": "Completed", "startedAt": time, "finishedAt": time } })
        }
        _ => json!({ "running": { "startedAt": time } }),
    };
    let before = if rng.bool() { ended(rng) } else { json!({}) };
    json!({
        "name": name, "image": "demo/app:1", "imageID": "", "ready": rng.u8(0..4) != 0, "started": rng.u8(0..4) != 0,
        "restartCount": if rng.bool() { 0 } else { rng.u8(1..9) }, "state": state, "lastState": before,
    })
}
