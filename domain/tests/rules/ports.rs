//! Ports, ranges and lists of them.

use std::collections::BTreeSet;

use domain::{Port, PortError, PortRange, Ports};
use proptest::prelude::*;

use crate::strategy;

#[test]
fn every_mistake_has_its_own_sentence() {
    let long = "9".repeat(100);
    for (input, message) in [
        ("", "an item is blank: write a port or remove the item"),
        (" \t", "an item is blank: write a port or remove the item"),
        ("*", "`*` is not a port: list the ports"),
        ("8o80", "`8o80` is not a port: ports are numbers from 1 to 65535"),
        ("8_0", "`8_0` is not a port: ports are numbers from 1 to 65535"),
        ("0x50", "`0x50` is not a port: ports are numbers from 1 to 65535"),
        ("80.0", "`80.0` is not a port: ports are numbers from 1 to 65535"),
        ("８０", "`８０` is not a port: ports are numbers from 1 to 65535"),
        ("8 0", "`8 0` is not a port: ports are numbers from 1 to 65535"),
        (
            "\u{a0}80",
            "`\u{a0}80` is not a port: ports are numbers from 1 to 65535",
        ),
        ("80\n", "`80\\n` holds a control character: remove it"),
        ("8\u{0}0", "`8\\u{0}0` holds a control character: remove it"),
        (
            "80,81",
            "`80,81` holds a comma: write each port as an item of its own",
        ),
        ("0", "`0` is not a port: ports start at 1"),
        ("000", "`000` is not a port: ports start at 1"),
        (
            "0070",
            "`0070` starts with a zero and Istio would read `0070` as octal: write `70`",
        ),
        (
            "080",
            "`080` starts with a zero and Istio would read `080` as octal: write `80`",
        ),
        ("65536", "`65536` is not a port: ports end at 65535"),
        ("099999", "`099999` is not a port: ports end at 65535"),
        (
            &long,
            &format!("`{}…` is not a port: ports end at 65535", "9".repeat(64)),
        ),
        ("+80", "`+80` has a sign: write `80`"),
        ("-80", "`-80` has a sign: write `80`"),
        ("80:90", "`80:90` has a colon: write `80-90`"),
        ("90:80", "`90:80` has a colon: write `80-90`"),
        ("http", "`http` is a name: write the port's number"),
        ("http-alt", "`http-alt` is a name: write the port's number"),
        ("80 - 90", "`80 - 90` has a blank beside the dash: write `80-90`"),
        ("80- 90", "`80- 90` has a blank beside the dash: write `80-90`"),
        (
            "80-",
            "`80-` is not a range of ports: write the first and the last port, as in `80-90`",
        ),
        (
            "80-85-90",
            "`80-85-90` is not a range of ports: write the first and the last port, as in `80-90`",
        ),
        ("90-80", "`90-80` ends before it starts: write `80-90`"),
        ("0-80", "`0` is not a port: ports start at 1"),
        ("80-70000", "`70000` is not a port: ports end at 65535"),
        ("80-http", "`http` is a name: write the port's number"),
        (
            "80-090",
            "`090` starts with a zero and Istio would read `090` as octal: write `90`",
        ),
    ] {
        let error = input.parse::<PortRange>().expect_err(input);
        assert_eq!(error.to_string(), message, "{input:?}");
    }
}

#[test]
fn blanks_around_an_item_are_trimmed() {
    assert_eq!(" 80\t".parse::<Port>().unwrap().get(), 80);
    assert_eq!("\t80-90 ".parse::<PortRange>().unwrap().to_string(), "80-90");
    assert_eq!("80-80".parse::<PortRange>().unwrap().to_string(), "80");
}

#[test]
fn lists_are_brought_into_normal_form() {
    for (written, normal) in [
        ("", ""),
        ("  ", ""),
        ("443, 80", "80,443"),
        ("80,80,80", "80"),
        ("7001,7002", "7001,7002"),
        ("80-90,85-95", "80-95"),
        ("80-90,90", "80-90"),
        ("85,80-90,1", "1,80-90"),
        ("80-84,85-90", "80-84,85-90"),
        ("1-100,5-6,50-120", "1-120"),
        ("65535,1", "1,65535"),
    ] {
        assert_eq!(
            written.parse::<Ports>().unwrap().to_string(),
            normal,
            "{written:?}"
        );
    }
}

#[test]
fn a_list_with_a_blank_item_is_refused() {
    for written in ["80,", ",80", "80,,443", ","] {
        assert_eq!(written.parse::<Ports>(), Err(PortError::Blank), "{written:?}");
    }
}

#[test]
fn a_field_takes_256_ports_as_written() {
    assert_eq!("1-256".parse::<Ports>().unwrap().len(), 256);
    assert_eq!("1-257".parse::<Ports>(), Err(PortError::TooMany(257)));
    // Duplicates count: the rule in the custom resource cannot see that they are the same.
    assert_eq!("1-128,1-128".parse::<Ports>().unwrap().len(), 128);
    assert_eq!("1-128,1-128,1".parse::<Ports>(), Err(PortError::TooMany(257)));
    assert_eq!(
        "1-65535,1-65535".parse::<Ports>(),
        Err(PortError::TooMany(131_070))
    );
    let message = PortError::TooMany(257).to_string();
    assert_eq!(
        message,
        "the list names 257 ports, more than the 256 that one field takes: shorten it"
    );
}

proptest! {
    #[test]
    fn ports_and_ranges_print_as_they_parse(port in strategy::port(), range in strategy::range()) {
        prop_assert_eq!(port.to_string().parse::<Port>(), Ok(port));
        prop_assert_eq!(range.to_string().parse::<PortRange>(), Ok(range));
    }

    #[test]
    fn lists_print_as_they_parse(ports in strategy::ports()) {
        prop_assert_eq!(ports.to_string().parse::<Ports>(), Ok(ports));
    }

    #[test]
    fn the_normal_form_keeps_every_port_and_adds_none(ranges in strategy::ranges()) {
        let written: BTreeSet<u16> = ranges.iter().flat_map(|range| range.ports()).collect();
        let ports = Ports::new(ranges).unwrap();
        prop_assert_eq!(ports.len(), written.len());
        prop_assert!(ports.iter().eq(written.iter().copied()));
        prop_assert!(written.iter().all(|port| ports.contains(*port)));
        prop_assert!(ports.ranges().windows(2).all(|pair| pair[0].last() < pair[1].first()));
    }

    #[test]
    fn the_order_of_writing_does_not_matter(ranges in strategy::ranges().prop_flat_map(|ranges| {
        (Just(ranges.clone()), Just(ranges).prop_shuffle())
    })) {
        prop_assert_eq!(Ports::new(ranges.0), Ports::new(ranges.1));
    }

    #[test]
    fn no_text_is_a_port_unless_it_prints_the_same(text in prop_oneof![strategy::almost(), any::<String>()]) {
        if let Ok(port) = text.parse::<Port>() {
            prop_assert_eq!(port.to_string(), text.trim_matches([' ', '\t']));
        }
        if let Err(error) = text.parse::<PortRange>() {
            let message = error.to_string();
            prop_assert!(!message.ends_with('.') && !message.contains(char::is_control), "{}", message);
        }
    }
}
