//! Values of a field in their three written forms.

use domain::{Field, Kind, Value};
use proptest::prelude::*;

use crate::{oracle, strategy};

fn messages<T: std::fmt::Debug>(result: Result<T, Vec<domain::ItemError>>) -> Vec<(Option<usize>, String)> {
    result
        .expect_err("a mistake")
        .into_iter()
        .map(|error| (error.index, error.to_string()))
        .collect()
}

#[test]
fn each_item_is_one_port_or_range() {
    let value = Value::parse_items(Field::ExcludeInboundPorts, &["7002", " 7001", "9000-9002"]).unwrap();
    assert_eq!(value.items(), ["7001", "7002", "9000-9002"]);
    assert_eq!(value.to_istio(), "7001,7002,9000,9001,9002");
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let errors = messages(Value::parse_items(
        Field::ExcludeInboundPorts,
        &["80", "8o80", "443", "*", ""],
    ));
    assert_eq!(
        errors[0],
        (
            Some(1),
            "`8o80` is not a port: ports are numbers from 1 to 65535".to_owned()
        )
    );
    assert_eq!(
        errors[1],
        (
            Some(3),
            "`*` is not a value of excludeInboundPorts: list what is meant".to_owned()
        )
    );
    assert_eq!(
        errors[2],
        (
            Some(4),
            "an item is blank: write a port or remove the item".to_owned()
        )
    );
    assert_eq!(errors.len(), 3);
    let whole = messages(Value::parse_items(
        Field::ExcludeInboundPorts,
        &["1-200", "201-300"],
    ));
    assert_eq!(whole[0].0, None);
}

#[test]
fn an_item_has_at_most_64_characters_blanks_included() {
    for (field, item) in [
        (Field::ExcludeInboundPorts, "80"),
        (Field::ExcludeOutboundIPRanges, "10.0.0.0/8"),
        (Field::IncludeInboundPorts, "*"),
    ] {
        let padded = |length: usize| format!("{item:>length$}");
        assert!(Value::parse_items(field, &[padded(64)]).is_ok(), "{field}");
        let errors = messages(Value::parse_items(field, &[padded(65)]));
        assert!(errors[0].1.contains("too long"), "{errors:?}");
    }
}

#[test]
fn only_two_fields_take_the_wildcard_and_only_alone() {
    for field in Field::ALL {
        let takes = matches!(field, Field::IncludeInboundPorts | Field::IncludeOutboundIPRanges);
        let alone = Value::parse_items(field, &["*"]);
        assert_eq!(alone.is_ok(), takes, "{field}");
        assert_eq!(alone == Ok(Value::All), takes, "{field}");
        let other = if field.kind() == Kind::Ports {
            "80"
        } else {
            "10.0.0.0/8"
        };
        let errors = messages(Value::parse_items(field, &[other, "*"]));
        assert_eq!((errors.len(), errors[0].0), (1, Some(1)), "{field}");
        assert!(Value::parse_items(field, &["*", "*"]).is_err(), "{field}");
    }
}

#[test]
fn people_separate_items_as_they_like() {
    let ports = |text| {
        Value::parse_text(Field::ExcludeOutboundPorts, text)
            .unwrap()
            .to_string()
    };
    assert_eq!(ports("80, 443\n8000-8002\r\n\t90"), "80,90,443,8000-8002");
    assert_eq!(ports("80，81"), "80,81");
    assert_eq!(ports("80,"), "80");
    let ranges = Value::parse_text(Field::ExcludeOutboundIPRanges, "10.0.0.1 172.16.0.0/12").unwrap();
    assert_eq!(ranges.to_istio(), "10.0.0.1/32,172.16.0.0/12");
    assert_eq!(
        Value::parse_text(Field::IncludeInboundPorts, " *\n"),
        Ok(Value::All)
    );
    let errors = messages(Value::parse_text(Field::ExcludeOutboundPorts, "80 x1 443 0"));
    assert_eq!(
        errors.iter().map(|(index, _)| *index).collect::<Vec<_>>(),
        [Some(1), Some(3)]
    );
}

#[test]
fn no_text_is_explicitly_empty() {
    for field in Field::ALL {
        for text in ["", " \n"] {
            assert_eq!(Value::parse_text(field, text), Ok(Value::empty(field)), "{field}");
        }
        assert_eq!(
            Value::parse_items::<&str>(field, &[]),
            Ok(Value::empty(field)),
            "{field}"
        );
        assert!(
            Value::empty(field).is_empty() && Value::empty(field).fits(field),
            "{field}"
        );
        assert_eq!(Value::empty(field).to_istio(), "", "{field}");
    }
    assert!(!Value::All.is_empty());
}

#[test]
fn the_pages_examples_are_values() {
    for field in Field::ALL {
        assert!(
            !Value::parse_text(field, field.example()).unwrap().is_empty(),
            "{field}"
        );
    }
}

#[test]
fn annotations_are_read_as_istio_reads_them() {
    let accepted = [
        (Field::ExcludeInboundPorts, "80, 443", "80,443"),
        (Field::ExcludeInboundPorts, "", ""),
        (Field::IncludeInboundPorts, "*", "*"),
        (
            Field::IncludeOutboundIPRanges,
            "10.0.0.5/8,2001:db8::/32",
            "10.0.0.0/8,2001:db8::/32",
        ),
    ];
    for (field, text, normal) in accepted {
        assert_eq!(
            Value::parse_istio(field, text).unwrap().to_string(),
            normal,
            "{field}: {text:?}"
        );
    }
    for (field, text) in [
        (Field::ExcludeInboundPorts, "*"),
        (Field::ExcludeInboundPorts, " "),
        (Field::ExcludeInboundPorts, "80 443"),
        (Field::ExcludeInboundPorts, "80-90"),
        (Field::ExcludeInboundPorts, "0070"),
        (Field::ExcludeInboundPorts, "80,"),
        (Field::IncludeInboundPorts, " *"),
        (Field::IncludeInboundPorts, "*,80"),
        (Field::IncludeOutboundPorts, "80:90"),
        (Field::IncludeOutboundIPRanges, "10.0.0.1"),
        (Field::IncludeOutboundIPRanges, "10.0.0.0/8, 11.0.0.0/8"),
        (Field::IncludeOutboundIPRanges, "10.0.0.0/8,"),
        (Field::ExcludeOutboundIPRanges, "*"),
        (Field::ExcludeOutboundIPRanges, "<nil>"),
    ] {
        assert!(Value::parse_istio(field, text).is_err(), "{field}: {text:?}");
    }
}

proptest! {
    #[test]
    fn values_print_as_they_parse((field, value) in strategy::field_and_value()) {
        prop_assert!(value.fits(field));
        prop_assert_eq!(Value::parse_items(field, &value.items()), Ok(value.clone()));
        prop_assert_eq!(Value::parse_text(field, &value.to_string()), Ok(value.clone()));
    }

    #[test]
    fn istio_reads_the_same_ports_and_ranges_as_we((field, value) in strategy::field_and_value()) {
        let istio = Value::parse_istio(field, &value.to_istio()).unwrap();
        prop_assert_eq!(istio.to_istio(), value.to_istio());
        prop_assert_eq!(istio.is_empty(), value.is_empty());
    }

    #[test]
    fn whatever_we_accept_istio_accepts_and_reads_alike(
        field in strategy::field(),
        text in prop_oneof![strategy::almost(), any::<String>()],
        items in prop::collection::vec(strategy::almost(), 0..4),
    ) {
        for value in [Value::parse_text(field, &text), Value::parse_items(field, &items)].into_iter().flatten() {
            let istio = value.to_istio();
            prop_assert!(oracle::injector_accepts(field, &istio), "{}: {}", field, istio);
            prop_assert!(istio.bytes().all(|byte| byte.is_ascii_hexdigit() || b"*,.:/".contains(&byte)), "{}", istio);
            if let Value::Ports(ports) = &value {
                let read: Option<Vec<u16>> = istio.split_terminator(',').map(oracle::iptables_port).collect();
                prop_assert_eq!(read, Some(ports.iter().collect()));
            }
        }
    }

    #[test]
    fn a_written_text_that_we_read_istio_accepts(field in strategy::field(), text in prop_oneof![strategy::almost(), any::<String>()]) {
        if let Ok(value) = Value::parse_istio(field, &text) {
            prop_assert!(oracle::injector_accepts(field, &text), "{}: {:?}", field, text);
            prop_assert!(value.fits(field));
        }
    }

    #[test]
    fn a_written_value_is_read((field, text) in strategy::field_and_value().prop_map(|(field, value)| (field, value.to_istio()))) {
        prop_assert!(oracle::injector_accepts(field, &text));
        prop_assert!(Value::parse_istio(field, &text).is_ok());
    }
}
