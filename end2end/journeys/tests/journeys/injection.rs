//! What `domain` expects against what the real istiod writes, for settings and annotations that chance made.

use std::collections::BTreeMap;

use api::setting::{SaveSetting, SelectorBody};
use domain::{
    Field, InstallValues, Level, Levels, Selector, Traffic, TrafficArgs, Value, WorkloadLayer, annotation,
    difference, resolve,
};
use fastrand::Rng;
use futures::{StreamExt, future::join_all, stream};
use journeys::{Namespace, World, pods};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use crate::{random, setting::put};

/// How often the Global setting changes; each time every namespace gets a combination of its own.
const ROUNDS: u64 = 30;
const NAMESPACES: usize = 8;
/// Pods that are compared for each combination of settings.
const PODS_EACH: usize = 5;
/// Pods with six values each.
const PODS: u64 = 360;
/// How many requests are under way at once.
const AT_ONCE: usize = 8;

async fn install_values(world: &World) -> InstallValues {
    let root = world.root_namespace().await;
    let config_maps = Api::<ConfigMap>::namespaced(world.admin.clone(), &root);
    let injector = config_maps
        .get("istio-sidecar-injector")
        .await
        .expect("istiod has its values");
    let values = &injector.data.expect("there is data")["values"];
    serde_json::from_str(values).expect("the values can be read")
}

/// What chance made of one namespace and the pods in it.
struct Combination {
    namespace: Option<SaveSetting>,
    workloads: Vec<(String, SaveSetting)>,
    pods: Vec<RandomPod>,
}

struct RandomPod {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

/// Labels that selectors and pods share at times.
fn labels(rng: &mut Rng) -> BTreeMap<String, String> {
    let app = if rng.bool() { "web" } else { "other" };
    let mut labels = BTreeMap::from([("app".to_owned(), app.to_owned())]);
    if rng.u8(0..3) == 0 {
        labels.insert("tier".to_owned(), "front".to_owned());
    }
    labels
}

impl Combination {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let save = |rng: &mut Rng, inherits| SaveSetting {
            traffic: random::traffic(rng, inherits),
            ..SaveSetting::default()
        };
        let namespace = (rng.u8(0..5) > 0).then(|| save(&mut rng, 5));
        let workloads = (0..rng.u8(0..4)).map(|number| {
            let setting = SaveSetting {
                selector: Some(SelectorBody {
                    match_labels: labels(&mut rng),
                }),
                priority: rng.bool().then(|| rng.i32(-3..=3)),
                ..save(&mut rng, 7)
            };
            (format!("w{number}"), setting)
        });
        let workloads = workloads.collect();
        let pods = (0..PODS_EACH).map(|_| RandomPod {
            labels: labels(&mut rng),
            annotations: annotations(&mut rng),
        });
        Self {
            namespace,
            workloads,
            pods: pods.collect(),
        }
    }
}

/// Annotations as people write them: Istio takes blanks between ports, and duplicates.
fn annotations(rng: &mut Rng) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::new();
    for field in Field::ALL {
        if rng.u8(0..10) < 7 {
            continue;
        }
        let value = Value::parse_items(field, &random::items(rng, field)).expect("chance makes valid items");
        let mut text = value.to_istio();
        let repeats = field.kind() == domain::Kind::Ports && !value.is_empty() && value != Value::All;
        if repeats && rng.u8(0..4) == 0 {
            text = format!("{text}, {}", text.split(',').next().unwrap_or_default());
        }
        annotations.insert(field.annotation().to_owned(), text);
    }
    if rng.u8(0..8) == 0 {
        let port = *rng
            .choice(&["0", "15020", "1234", "15090"])
            .expect("there are some");
        annotations.insert(annotation::STATUS_PORT.to_owned(), port.to_owned());
    }
    annotations
}

fn read(setting: &SaveSetting) -> Traffic {
    Traffic::parse(&setting.traffic).expect("chance makes valid settings")
}

/// Saves the combination, asks istiod for its pods, and compares. Returns how many there were.
async fn compare(
    world: &World,
    install: &InstallValues,
    global: &Traffic,
    namespace: &Namespace,
    seed: u64,
) -> usize {
    let it = Combination::new(seed);
    for name in ["w0", "w1", "w2"] {
        journeys::resource::remove(&world.admin, &namespace.name, name).await;
    }
    for (name, setting) in &it.workloads {
        let saved = put(&world.console, &namespace.workload(name), setting).await;
        saved.unwrap_or_else(|problem| panic!("seed {seed}: {problem:?}"));
    }
    // Saved last: its answer means that our own store has seen everything before it.
    let own = it.namespace.clone().unwrap_or_default();
    let saved = put(&world.console, &namespace.level(), &own).await;
    saved.unwrap_or_else(|problem| panic!("seed {seed}: {problem:?}"));

    let own = read(&own);
    let workloads: Vec<_> = it
        .workloads
        .iter()
        .map(|(name, setting)| (name, setting, read(setting)))
        .collect();
    for RandomPod { labels, annotations } in &it.pods {
        let selects = |setting: &SaveSetting| {
            let selector = setting.selector.clone().expect("a workload setting has one");
            let selector = Selector::new(selector.match_labels).expect("chance makes valid labels");
            selector.matches(labels)
        };
        let layers = workloads.iter().filter(|(_, setting, _)| selects(setting));
        let layers = layers.map(|(name, setting, traffic)| WorkloadLayer {
            name,
            priority: setting.priority.unwrap_or_default(),
            traffic,
        });
        let levels = Levels {
            install,
            global: Some(global),
            namespace: Some(&own),
            workloads: layers.collect(),
            pod: annotations,
        };
        let expected = TrafficArgs::expected(&resolve(&levels), install, annotations);
        let draft = labels
            .iter()
            .fold(pods::pod(), |draft, (key, value)| draft.label(key, value));
        let pod = draft
            .annotations(annotations)
            .injected(&world.admin, &namespace.name)
            .await
            .unwrap_or_else(|error| panic!("seed {seed}: istiod refuses {annotations:?}: {error}"));
        assert_eq!(
            pods::traffic_flags(&pod),
            expected.to_args(),
            "seed {seed}: istiod's arguments (left) and ours (right); global {global:?}, namespace {own:?}, workloads \
             {:?}, labels {labels:?}, annotations {annotations:?}",
            it.workloads,
        );
        assert_eq!(
            difference(&expected, &pods::traffic_args(&pod)),
            [],
            "seed {seed}"
        );
    }
    it.pods.len()
}

#[tokio::test]
async fn what_istiod_injects_is_what_domain_expects() {
    let world = World::alone().await;
    let _undo = world.removing(&Level::Global).await;
    let install = install_values(&world).await;
    let mut namespaces = Vec::new();
    for _ in 0..NAMESPACES {
        namespaces.push(Namespace::new(&world, "random").await);
    }
    let mut compared = 0;
    for round in 0..ROUNDS {
        let mut rng = Rng::with_seed(round);
        let global = SaveSetting {
            traffic: random::traffic(&mut rng, 4),
            ..SaveSetting::default()
        };
        let saved = put(&world.console, &Level::Global, &global).await;
        saved.unwrap_or_else(|problem| panic!("round {round}: {problem:?}"));
        let global = read(&global);
        let seeds = (0..).map(|number| 1000 + round * 100 + number);
        let of_round = join_all(
            namespaces
                .iter()
                .zip(seeds)
                .map(|(namespace, seed)| compare(&world, &install, &global, namespace, seed)),
        );
        compared += of_round.await.into_iter().sum::<usize>();
    }
    assert!(compared >= 1000, "{compared} combinations");
}

#[tokio::test]
async fn istiod_rejects_nothing_that_domain_accepts() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "values").await;
    let install = install_values(&world).await;
    let values: usize = stream::iter(0..PODS)
        .map(|seed| accepted(&world, &namespace, &install, seed))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .sum();
    assert!(values >= 2000, "{values} values");
}

/// Makes a pod with six annotations that `domain` accepts; how many there were.
async fn accepted(world: &World, namespace: &Namespace, install: &InstallValues, seed: u64) -> usize {
    let mut rng = Rng::with_seed(50_000 + seed);
    let mut traffic = Traffic::default();
    for field in Field::ALL {
        // What is refused is another topic's: agreement.
        let value = loop {
            let parsed = if rng.bool() {
                Value::parse_text(field, &random::typed(&mut rng, field))
            } else {
                Value::parse_items(field, &random::items(&mut rng, field))
            };
            if let Ok(value) = parsed {
                break value;
            }
        };
        traffic.set(field, value).expect("the value is the field's");
    }
    let annotations = annotation::write_annotations(&traffic);
    let pod = pods::pod()
        .annotations(&annotations)
        .injected(&world.admin, &namespace.name)
        .await
        .unwrap_or_else(|error| panic!("seed {seed}: istiod refuses {annotations:?}: {error}"));
    let levels = Levels {
        pod: &annotations,
        ..Levels::installed(install)
    };
    let expected = TrafficArgs::expected(&resolve(&levels), install, &annotations);
    assert_eq!(
        pods::traffic_flags(&pod),
        expected.to_args(),
        "seed {seed}: {annotations:?}"
    );
    annotations.len()
}
