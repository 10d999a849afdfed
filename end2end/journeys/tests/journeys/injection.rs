//! What `domain` expects against what the real istiod writes, for settings and annotations that chance made.

use std::collections::BTreeMap;

use api::setting::{SaveSetting, SelectorBody};
use domain::{
    Field, InstallValues, Level, Levels, Selector, Traffic, TrafficArgs, Value, WorkloadLayer, annotation,
    difference, resolve,
};
use fastrand::Rng;
use futures::{StreamExt, future::join_all, stream};
use journeys::{Namespace, Revision, World, eventually, pods, random};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use crate::setting::put;

/// How often the Global setting changes; each time every namespace gets a combination of its own.
const ROUNDS: u64 = 30;
const NAMESPACES: usize = 8;
/// Pods that are compared for each combination of settings.
const PODS_EACH: usize = 5;
/// Pods with six values each.
const PODS: u64 = 360;
/// How many requests are under way at once.
const AT_ONCE: usize = 8;

/// The second revision's `global.proxy`: each field differs from the default revision's, as an installer might write it.
const CANARY: [(&str, &str); 6] = [
    ("includeIPRanges", "10.0.0.0/8,fd00::/8"),
    ("excludeIPRanges", "10.96.0.1/32"),
    ("includeInboundPorts", "80,8080, 8443"),
    ("includeOutboundPorts", "7000"),
    ("excludeInboundPorts", "9000, 9001"),
    ("excludeOutboundPorts", "3306"),
];

/// The install values in a ConfigMap of the control plane.
async fn install_values(world: &World, config_map: &str) -> InstallValues {
    let root = world.root_namespace().await;
    let config_maps = Api::<ConfigMap>::namespaced(world.admin.clone(), &root);
    let injector = config_maps.get(config_map).await.expect("istiod has its values");
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

/// A namespace, and the install values of the revision that injects it.
struct Place {
    namespace: Namespace,
    install: InstallValues,
}

/// Saves the combination, asks istiod for its pods, and compares. Returns how many there were.
async fn compare(world: &World, global: &Traffic, place: &Place, seed: u64) -> usize {
    let Place { namespace, install } = place;
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

/// Waits until the console shows the second revision with its install values.
async fn the_console_knows(world: &World, revision: &Revision) {
    let api = world.console.api();
    eventually("the console to show the second revision", || async {
        let meshes = api.meshes().await.map_err(|problem| problem.to_string())?;
        let revisions = &meshes.items[0].revisions;
        let found = revisions.iter().find(|shown| shown.name == revision.name);
        let found = found.ok_or_else(|| format!("{revisions:?}"))?;
        for (key, text) in CANARY {
            let shown = found.install.iter().find(|value| value.key == key);
            if shown.and_then(|value| value.text.as_deref()) != Some(text) {
                return Err(format!("{key} of {found:?}"));
            }
        }
        Ok::<_, String>(())
    })
    .await;
}

/// Waits until pods of a place come back with a sidecar: the API server notices a new webhook after a moment.
async fn injects(world: &World, place: &Place) {
    eventually("the second revision to inject", || async {
        let pod = pods::pod().injected(&world.admin, &place.namespace.name).await;
        match pod.as_ref().ok().and_then(pods::init_args) {
            Some(_) => Ok(()),
            None => Err(format!("{pod:?}")),
        }
    })
    .await;
}

#[tokio::test]
async fn what_istiod_injects_is_what_domain_expects() {
    let world = World::alone().await;
    let _undo = world.removing(&Level::Global).await;
    let canary = Revision::start(&world, "canary", &CANARY).await;
    let labels = [
        [("istio-injection", "enabled")],
        [("istio.io/rev", canary.name.as_str())],
    ];
    let mut places = Vec::new();
    for number in 0..NAMESPACES {
        let config_map = ["istio-sidecar-injector", "istio-sidecar-injector-canary"][number % 2];
        places.push(Place {
            namespace: Namespace::labelled(&world, "random", &labels[number % 2]).await,
            install: install_values(&world, config_map).await,
        });
    }
    the_console_knows(&world, &canary).await;
    injects(&world, &places[1]).await;
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
            places
                .iter()
                .zip(seeds)
                .map(|(place, seed)| compare(&world, &global, place, seed)),
        );
        compared += of_round.await.into_iter().sum::<usize>();
    }
    assert!(compared >= 1000, "{compared} combinations");
}

#[tokio::test]
async fn istiod_rejects_nothing_that_domain_accepts() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "values").await;
    let install = install_values(&world, "istio-sidecar-injector").await;
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
