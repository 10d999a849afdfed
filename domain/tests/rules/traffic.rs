//! What a level says, in its three states and its JSON shapes.

use std::collections::BTreeMap;

use domain::{
    Field, RawTraffic, SidecarSetting, Traffic, Value,
    annotation::{read_annotations, write_annotations},
};
use proptest::prelude::*;

use crate::strategy;

fn raw(pairs: &[(&str, &[&str])]) -> RawTraffic {
    let items = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    pairs
        .iter()
        .map(|(name, list)| ((*name).to_owned(), items(list)))
        .collect()
}

#[test]
fn the_five_json_shapes_are_told_apart() {
    let read = |json: &str| serde_json::from_str::<Traffic>(json);
    let field = Field::ExcludeOutboundPorts;
    assert_eq!(read("{}").unwrap().get(field), None);
    assert_eq!(
        read(r#"{"excludeOutboundPorts":[]}"#).unwrap().get(field),
        Some(&Value::empty(field))
    );
    let listed = read(r#"{"excludeOutboundPorts":["80","81"]}"#).unwrap();
    assert_eq!(
        listed.get(field).map(Value::items),
        Some(vec!["80".to_owned(), "81".to_owned()])
    );
    assert!(read(r#"{"excludeOutboundPorts":null}"#).is_err());
    let blank = read(r#"{"excludeOutboundPorts":[""]}"#).unwrap_err().to_string();
    assert!(
        blank.starts_with("traffic.excludeOutboundPorts[0]: an item is blank"),
        "{blank}"
    );
}

#[test]
fn other_json_shapes_are_refused() {
    for json in [
        "null",
        "[]",
        r#"{"excludeOutboundPorts":"80"}"#,
        r#"{"excludeOutboundPorts":80}"#,
        r#"{"excludeOutboundPorts":[80]}"#,
        r#"{"excludeOutboundPorts":[null]}"#,
        r#"{"excludeOutboundPorts":{}}"#,
        r#"{"excludeOutboundPort":["80"]}"#,
    ] {
        assert!(serde_json::from_str::<Traffic>(json).is_err(), "{json}");
    }
}

#[test]
fn every_mistake_is_reported_at_once_with_its_path() {
    let many: Vec<&str> = vec!["80"; 257];
    let errors = Traffic::parse(&raw(&[
        ("excludeInboundPorts", &["80", "http", "0"]),
        ("excludeOutboundPorts", &many),
        ("includeIPRanges", &["*"]),
        ("excludeOutboundIPRanges", &["47.XX.XX.144/32"]),
        ("includeInboundPorts", &["443"]),
        ("nonsense", &[]),
    ]))
    .unwrap_err();
    let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "traffic.excludeInboundPorts[1]",
            "traffic.excludeInboundPorts[2]",
            "traffic.excludeOutboundIPRanges[0]",
            "traffic.excludeOutboundPorts",
            "traffic.includeIPRanges",
            "traffic.nonsense",
        ]
    );
    assert_eq!(
        errors[4].message,
        "`includeIPRanges` is not a setting: did you mean `includeOutboundIPRanges`?"
    );
    assert!(
        errors[5]
            .message
            .starts_with("`nonsense` is not a setting: write one of includeOutboundIPRanges, ")
    );
}

#[test]
fn a_stored_field_that_is_invalid_counts_as_inherit() {
    let stored = raw(&[
        ("excludeInboundPorts", &["80", "http"]),
        ("excludeOutboundPorts", &["81"]),
        ("other", &[]),
    ]);
    let (traffic, errors) = Traffic::parse_lenient(&stored);
    assert_eq!(traffic.get(Field::ExcludeInboundPorts), None);
    assert_eq!(traffic.to_raw(), raw(&[("excludeOutboundPorts", &["81"])]));
    assert_eq!(errors.len(), 2);
}

#[test]
fn a_field_takes_only_its_kind_of_value() {
    let ports = Value::empty(Field::ExcludeInboundPorts);
    let mut traffic = Traffic::default();
    assert!(
        traffic
            .set(Field::ExcludeOutboundIPRanges, ports.clone())
            .is_err()
    );
    assert!(traffic.set(Field::ExcludeInboundPorts, Value::All).is_err());
    assert!(traffic.is_empty());
    traffic.set(Field::ExcludeInboundPorts, ports.clone()).unwrap();
    assert_eq!((traffic.len(), traffic.is_empty()), (1, false));
    assert_eq!(traffic.clear(Field::ExcludeInboundPorts), Some(ports));
    assert!(traffic.is_empty());
}

#[test]
fn the_specs_example_is_a_setting() {
    let json = r#"{"traffic":{"excludeInboundPorts":["7001","7002","7005","9000-9010"],"includeOutboundIPRanges":["*"],
        "excludeOutboundIPRanges":["47.100.20.144/32"],"excludeOutboundPorts":[]}}"#;
    let setting: SidecarSetting = serde_json::from_str(json).unwrap();
    assert_eq!(
        (setting.selector.as_ref(), setting.priority, setting.traffic.len()),
        (None, 0, 4)
    );
    let written: serde_json::Value = serde_json::to_value(&setting).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(json).unwrap());
}

#[test]
fn a_setting_refuses_what_it_does_not_know() {
    for json in [
        r#"{"traffics":{}}"#,
        r#"{"selector":{}}"#,
        r#"{"traffic":null}"#,
        r#"{"priority":"1"}"#,
    ] {
        assert!(serde_json::from_str::<SidecarSetting>(json).is_err(), "{json}");
    }
    let full = r#"{"selector":{"matchLabels":{"app":"cart"}},"priority":-3,"traffic":{}}"#;
    let setting: SidecarSetting = serde_json::from_str(full).unwrap();
    assert_eq!(serde_json::to_string(&setting).unwrap(), full);
}

#[test]
fn annotations_that_we_would_refuse_count_as_inherit() {
    let annotations = BTreeMap::from([
        (
            Field::ExcludeInboundPorts.annotation().to_owned(),
            "80, 81".to_owned(),
        ),
        (
            Field::ExcludeOutboundPorts.annotation().to_owned(),
            "80-90".to_owned(),
        ),
        ("sidecar.istio.io/inject".to_owned(), "true".to_owned()),
    ]);
    let (traffic, errors) = read_annotations(&annotations);
    assert_eq!(traffic.to_raw(), raw(&[("excludeInboundPorts", &["80", "81"])]));
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].path,
        "annotations[traffic.sidecar.istio.io/excludeOutboundPorts]"
    );
}

proptest! {
    #[test]
    fn traffic_prints_as_it_parses(traffic in strategy::traffic()) {
        prop_assert_eq!(Traffic::parse(&traffic.to_raw()), Ok(traffic.clone()));
        let json = serde_json::to_string(&traffic).unwrap();
        prop_assert_eq!(serde_json::from_str::<Traffic>(&json).unwrap(), traffic.clone());
        prop_assert_eq!(serde_json::to_value(&traffic).unwrap(), serde_json::to_value(traffic.to_raw()).unwrap());
    }

    #[test]
    fn annotations_say_the_same_as_the_fields(traffic in strategy::traffic()) {
        let annotations = write_annotations(&traffic);
        let (read, errors) = read_annotations(&annotations);
        prop_assert_eq!(errors, vec![]);
        prop_assert_eq!(write_annotations(&read), annotations);
        prop_assert!(Field::ALL.into_iter().all(|field| read.get(field).is_some() == traffic.get(field).is_some()));
    }

    #[test]
    fn strict_and_lenient_reading_agree(
        raw in prop::collection::btree_map(
            prop_oneof![strategy::field().prop_map(|field| field.name().to_owned()), any::<String>()],
            prop::collection::vec(strategy::almost(), 0..3),
            0..5,
        ),
    ) {
        let (lenient, errors) = Traffic::parse_lenient(&raw);
        match Traffic::parse(&raw) {
            Ok(strict) => {
                prop_assert!(errors.is_empty());
                prop_assert_eq!(strict, lenient);
            }
            Err(strict) => prop_assert_eq!(strict, errors),
        }
    }
}
