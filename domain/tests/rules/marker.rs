//! The marker annotation.

use std::collections::BTreeMap;

use domain::{Field, Marker, Origin, user_annotations};
use proptest::{collection::btree_map, prelude::*, sample};

use crate::strategy;

fn written() -> impl Strategy<Value = BTreeMap<Field, (Origin, String)>> {
    let origin = prop_oneof![
        Just(Origin::Global),
        Just(Origin::Namespace),
        "[a-z]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z]{1,3})?".prop_map(Origin::Workload),
    ];
    btree_map(strategy::field(), (origin, any::<String>()), 1..=6)
}

#[test]
fn a_marker_reads_well() {
    let written = BTreeMap::from([
        (Field::ExcludeInboundPorts, (Origin::Namespace, "80".to_owned())),
        (
            Field::ExcludeOutboundPorts,
            (Origin::Workload("cart".to_owned()), String::new()),
        ),
        (Field::IncludeInboundPorts, (Origin::Pod, "*".to_owned())),
    ]);
    let marker = Marker::new(&written).unwrap();
    // The hash is FNV-1a of `excludeInboundPorts=80\nexcludeOutboundPorts=\n`: stable across versions, since pods keep it.
    assert_eq!(
        marker.to_string(),
        "excludeInboundPorts=namespace,excludeOutboundPorts=workload/cart,hash=2b81d6efae0a8fe8"
    );
    assert!(marker.lists(Field::ExcludeInboundPorts) && !marker.lists(Field::IncludeInboundPorts));
}

#[test]
fn nothing_written_needs_no_marker() {
    assert_eq!(Marker::new(&BTreeMap::new()), None);
    assert_eq!(
        Marker::new(&BTreeMap::from([(
            Field::IncludeInboundPorts,
            (Origin::Install, "*".to_owned())
        )])),
        None
    );
}

#[test]
fn damaged_markers_count_as_absent() {
    let hash = "hash=0123456789abcdef";
    for text in [
        String::new(),
        hash.to_owned(),
        "excludeInboundPorts=namespace".to_owned(),
        format!("excludeInboundPorts=namespace,{hash},{hash}"),
        format!("excludeInboundPorts=namespace,excludeInboundPorts=global,{hash}"),
        format!("excludeInboundPorts=pod,{hash}"),
        format!("excludeInboundPorts=workload/,{hash}"),
        format!("excludeInboundPorts=workload/A,{hash}"),
        format!("excludeinboundports=global,{hash}"),
        format!("excludeInboundPorts=global, {hash}"),
        "excludeInboundPorts=global,hash=0123456789ABCDEF".to_owned(),
        "excludeInboundPorts=global,hash=+123456789abcdef".to_owned(),
        "excludeInboundPorts=global,hash=123".to_owned(),
    ] {
        let annotations = BTreeMap::from([("sidestep.dev/applied".to_owned(), text.clone())]);
        assert_eq!(Marker::among(&annotations), None, "{text}");
    }
    assert!(
        format!("excludeInboundPorts=global,{hash}")
            .parse::<Marker>()
            .is_ok()
    );
}

#[test]
fn user_annotations_leave_out_what_we_wrote() {
    let (ours, theirs) = (
        Field::ExcludeInboundPorts.annotation(),
        Field::ExcludeOutboundPorts.annotation(),
    );
    let pod: BTreeMap<String, String> = [
        (ours, "80"),
        (theirs, "81"),
        ("example.com/owner", "shop"),
        (
            "sidestep.dev/applied",
            "excludeInboundPorts=global,hash=0123456789abcdef",
        ),
    ]
    .map(|(key, text)| (key.to_owned(), text.to_owned()))
    .into();
    assert!(user_annotations(&pod).keys().eq(["example.com/owner", theirs]));
}

proptest! {
    #[test]
    fn markers_print_as_they_parse(written in written()) {
        let marker = Marker::new(&written).unwrap();
        prop_assert_eq!(marker.to_string().parse::<Marker>(), Ok(marker));
    }

    #[test]
    fn another_text_has_another_hash(written in written(), more in "[0-9]{1,3}", which in any::<sample::Index>()) {
        let mut changed = written.clone();
        let field = *which.get(&changed.keys().copied().collect::<Vec<_>>());
        changed.get_mut(&field).unwrap().1.push_str(&more);
        prop_assert_ne!(Marker::new(&written).unwrap().hash(), Marker::new(&changed).unwrap().hash());
    }

    #[test]
    fn whatever_is_read_as_a_marker_prints_to_one(text in "([a-zA-Z]{0,24}=[a-z/.-]{0,12},?){0,3}(hash=[0-9a-f]{15,17})?|\\PC*") {
        if let Ok(marker) = text.parse::<Marker>() {
            prop_assert_eq!(marker.to_string().parse::<Marker>(), Ok(marker));
        }
    }
}
