//! What lints say that Istio does, against what it does.

use std::collections::BTreeMap;

use domain::{
    Field, annotation,
    lint::{Outcome, outcome},
};
use futures::{StreamExt, stream};
use journeys::{Namespace, World, pods};

mod cases;
mod seen;
mod shown;

/// Texts that people write, or might: the edge tables of Istio's validators.
const PORTS: [&str; 24] = [
    "", "80", "80,443", "80, 443", " 80 ", " ", "80,", ",80", "80,,443", "0", "65535", "65536", "-1", "+80",
    "80-90", "80:90", "http", "8_0", "0070", "080", "*", "*,80", "80 443", "80;443",
];
const RANGES: [&str; 20] = [
    "",
    "10.0.0.0/8",
    "10.0.0.0/8,11.0.0.0/8",
    "10.0.0.0/8, 11.0.0.0/8",
    " 10.0.0.0/8",
    "10.0.0.0/8,",
    "10.0.0.1",
    "10.0.0.5/8",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "010.0.0.0/8",
    "10.0.0.0/",
    "10.0.0.0/+8",
    "2001:db8::/32",
    "2001:db8::/129",
    "fe80::1%eth0/64",
    "::ffff:10.0.0.0/104",
    "*",
    "*,10.0.0.0/8",
    "47.XX.XX.144/32",
];

#[tokio::test]
async fn istiod_refuses_the_pods_that_a_lint_says_it_refuses_and_no_others() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "refused").await;
    let cases = Field::ALL.into_iter().flat_map(|field| {
        let texts: &[&str] = match field.kind() {
            domain::Kind::Ports => &PORTS,
            domain::Kind::Cidrs => &RANGES,
        };
        texts.iter().map(move |text| (field, *text))
    });
    let answers: Vec<Option<String>> = stream::iter(cases)
        .map(|(field, text)| {
            let (world, namespace) = (&world, &namespace);
            async move {
                let annotations = BTreeMap::from([(field.annotation().to_owned(), text.to_owned())]);
                let pod = pods::pod().annotations(&annotations);
                let made = pod.injected(&world.admin, &namespace.name).await;
                let said = outcome(field, text, true, false) == Outcome::PodRefused;
                (made.is_err() != said).then(|| format!("{field} {text:?}: said {said}, {made:?}"))
            }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    let mistakes: Vec<String> = answers.into_iter().flatten().collect();
    assert_eq!(mistakes, Vec::<String>::new());
}

/// Annotations beside the six that the injector validates, and texts of them.
const OTHERS: [(&str, &[&str]); 8] = [
    (
        annotation::INTERCEPTION_MODE,
        &["REDIRECT", "TPROXY", "NONE", "redirect", "", "NONE "],
    ),
    (
        annotation::STATUS_PORT,
        &["15020", "0", " 80 ", "x", "", "65536", "+80"],
    ),
    (annotation::EXCLUDE_INTERFACES, INTERFACES),
    (annotation::KUBEVIRT_INTERFACES, INTERFACES),
    (annotation::REROUTE_VIRTUAL_INTERFACES, INTERFACES),
    ("prometheus.istio.io/merge-metrics", &["true", "F", "", "yes"]),
    (
        "readiness.status.sidecar.istio.io/periodSeconds",
        &["2", "", "-1", "1.5"],
    ),
    (
        "sidecar.istio.io/proxyCPULimit",
        &["2", "1500m", "x", "1 Gi", "1gi"],
    ),
];
const INTERFACES: &[&str] = &[
    "",
    "eth0",
    " eth0 , net1 ",
    "eth0,",
    "0eth",
    "eth0:1",
    "a123456789012345",
    "*",
];

#[tokio::test]
async fn istiod_refuses_the_other_annotations_that_break_pods_and_no_others() {
    let world = World::shared().await;
    let namespace = Namespace::new(&world, "refused").await;
    let cases = OTHERS
        .iter()
        .flat_map(|(key, texts)| texts.iter().map(move |text| (*key, *text)));
    let answers: Vec<Option<String>> = stream::iter(cases)
        .map(|(key, text)| {
            let (world, namespace) = (&world, &namespace);
            async move {
                let annotations = BTreeMap::from([(key.to_owned(), text.to_owned())]);
                let pod = pods::pod().annotations(&annotations);
                let made = pod.injected(&world.admin, &namespace.name).await;
                let refused = made
                    .as_ref()
                    .is_err_and(|error| format!("{error:?}").contains("for annotation"));
                let said = annotation::stumbles(&annotations, Ok(None), false);
                (refused == said.is_empty()).then(|| format!("{key} {text:?}: said {said:?}, {made:?}"))
            }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    let mistakes: Vec<String> = answers.into_iter().flatten().collect();
    assert_eq!(mistakes, Vec::<String>::new());
}
