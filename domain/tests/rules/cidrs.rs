//! Address ranges and lists of them.

use std::{collections::BTreeSet, net::IpAddr};

use domain::{Cidr, CidrError, Cidrs};
use proptest::prelude::*;

use crate::strategy;

#[test]
fn every_mistake_has_its_own_sentence() {
    let not = |input: &str| {
        format!("`{input}` is not an address range: write it as in `10.0.0.0/8` or `2001:db8::/32`")
    };
    let mask = |input: &str| {
        format!("`{input}` has no valid mask: write the prefix length as a number, as in `10.0.0.0/8`")
    };
    let zero = |input: &str| {
        format!("`{input}` has a leading zero, which Istio refuses: write the number without it")
    };
    let masked = |input: &str| {
        format!("`{input}` has digits masked out, as documentation prints addresses: write the real address")
    };
    let name = |input: &str| {
        format!("`{input}` is a host name: the rules know addresses only, write the address range")
    };
    let mapped = |input: &str| {
        format!("`{input}` is IPv4 written as IPv6 and would match nothing: write the IPv4 range")
    };
    let dash = |input: &str| {
        format!("`{input}` is a range with a dash: write it as one or more CIDR blocks, as in `10.0.0.0/28`")
    };
    for (input, message) in [
        (
            "",
            "an item is blank: write an address range or remove the item".to_owned(),
        ),
        ("*", "`*` is not an address range: list the ranges".to_owned()),
        (
            "10.0.0.0/8\r",
            "`10.0.0.0/8\\r` holds a control character: remove it".to_owned(),
        ),
        (
            "10.0.0.0/8,11.0.0.0/8",
            "`10.0.0.0/8,11.0.0.0/8` holds a comma: write each address range as an item of its own"
                .to_owned(),
        ),
        ("47.XX.XX.144/32", masked("47.XX.XX.144/32")),
        ("47.x.x.144", masked("47.x.x.144")),
        ("10.*.*.*/8", masked("10.*.*.*/8")),
        ("10.0.0.1X/8", masked("10.0.0.1X/8")),
        (
            "fe80::1%eth0",
            "`fe80::1%eth0` names a zone: remove everything from the `%` to the mask".to_owned(),
        ),
        ("::ffff:10.0.0.0/104", mapped("::ffff:10.0.0.0/104")),
        ("::ffff:a00:1", mapped("::ffff:a00:1")),
        ("::ffff:10.0.0.0/64", mapped("::ffff:10.0.0.0/64")),
        ("010.0.0.0/8", zero("010.0.0.0/8")),
        ("10.0.0.00/8", zero("10.0.0.00/8")),
        ("10.0.0.0/08", zero("10.0.0.0/08")),
        ("2001:db8::/032", zero("2001:db8::/032")),
        (
            "10.0.0.0/33",
            "`10.0.0.0/33` has too long a mask: it ends at /32".to_owned(),
        ),
        (
            "10.0.0.0/999999",
            "`10.0.0.0/999999` has too long a mask: it ends at /32".to_owned(),
        ),
        (
            "2001:db8::/129",
            "`2001:db8::/129` has too long a mask: it ends at /128".to_owned(),
        ),
        ("10.0.0.0/", mask("10.0.0.0/")),
        ("10.0.0.0/-8", mask("10.0.0.0/-8")),
        ("10.0.0.0/+8", mask("10.0.0.0/+8")),
        ("10.0.0.0/255.0.0.0", mask("10.0.0.0/255.0.0.0")),
        ("10.0.0.0/8/8", mask("10.0.0.0/8/8")),
        ("10.0.0.0 /8", not("10.0.0.0 /8")),
        ("10.0.0.0/ 8", mask("10.0.0.0/ 8")),
        ("10.0.0.1-10.0.0.9", dash("10.0.0.1-10.0.0.9")),
        ("10.0.0.1 - 9", dash("10.0.0.1 - 9")),
        ("example.com", name("example.com")),
        ("my-db.example.com/32", name("my-db.example.com/32")),
        ("localhost", name("localhost")),
        ("10.0.0", not("10.0.0")),
        ("10.0.0.0.0/8", not("10.0.0.0.0/8")),
        ("300.0.0.1", not("300.0.0.1")),
        ("80", not("80")),
        ("/8", not("/8")),
        ("2001:db8:::/32", not("2001:db8:::/32")),
        ("10.0.0.1:80", not("10.0.0.1:80")),
    ] {
        let error = input.parse::<Cidr>().expect_err(input);
        assert_eq!(error.to_string(), message, "{input:?}");
    }
}

#[test]
fn ranges_are_brought_into_normal_form() {
    for (written, normal) in [
        ("10.0.0.5/8", "10.0.0.0/8"),
        (" 10.0.0.1\t", "10.0.0.1/32"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("2001:0db8:0:0::ffff/32", "2001:db8::/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("255.255.255.255/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ] {
        assert_eq!(
            written.parse::<Cidr>().unwrap().to_string(),
            normal,
            "{written:?}"
        );
    }
}

#[test]
fn lists_are_brought_into_normal_form() {
    for (written, normal) in [
        ("", ""),
        ("2001:db8::/32, 10.0.0.0/8", "10.0.0.0/8,2001:db8::/32"),
        ("10.0.0.1/8,10.0.0.2/8", "10.0.0.0/8"),
        ("10.0.0.0/24,10.0.0.0/8", "10.0.0.0/8,10.0.0.0/24"),
        ("9.0.0.0/8,10.0.0.0/8,::1", "9.0.0.0/8,10.0.0.0/8,::1/128"),
    ] {
        assert_eq!(
            written.parse::<Cidrs>().unwrap().to_string(),
            normal,
            "{written:?}"
        );
    }
}

#[test]
fn a_field_takes_256_ranges_as_written() {
    let many = |count: usize| vec!["10.0.0.0/8"; count].join(",").parse::<Cidrs>();
    assert_eq!(many(256).unwrap().len(), 1);
    assert_eq!(many(257), Err(CidrError::TooMany(257)));
}

proptest! {
    #[test]
    fn ranges_print_as_they_parse(range in strategy::cidr()) {
        prop_assert_eq!(range.to_string().parse::<Cidr>(), Ok(range));
    }

    #[test]
    fn lists_print_as_they_parse(ranges in strategy::cidrs()) {
        prop_assert_eq!(ranges.to_string().parse::<Cidrs>(), Ok(ranges));
    }

    #[test]
    fn the_normal_form_keeps_every_range_once(ranges in prop::collection::vec(strategy::cidr(), 0..20)) {
        let written: BTreeSet<String> = ranges.iter().map(ToString::to_string).collect();
        let list = Cidrs::new(ranges).unwrap();
        prop_assert_eq!(list.len(), written.len());
        prop_assert_eq!(list.iter().map(|range| range.to_string()).collect::<BTreeSet<_>>(), written);
        let families: Vec<bool> = list.iter().map(|range| range.net().addr().is_ipv6()).collect();
        prop_assert!(families.is_sorted(), "IPv4 comes first");
    }

    #[test]
    fn a_range_holds_the_address_it_was_written_with(bits in any::<u32>(), prefix in 0..=32_u8) {
        let address = IpAddr::V4(bits.into());
        let range: Cidr = format!("{address}/{prefix}").parse().unwrap();
        prop_assert!(range.contains(address));
        prop_assert!(!range.contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn whatever_is_accepted_has_no_host_bits_and_is_not_ipv4_in_disguise(
        text in prop_oneof![strategy::almost(), "[0-9a-f:.]{0,12}(/[0-9]{1,3})?", any::<String>()],
    ) {
        match text.parse::<Cidr>() {
            Ok(range) => {
                prop_assert_eq!(range.net(), range.net().trunc());
                prop_assert!(!range.to_string().contains("ffff:") || !range.to_string().contains('.'));
            }
            Err(error) => {
                let message = error.to_string();
                prop_assert!(!message.ends_with('.') && !message.contains(char::is_control), "{}", message);
            }
        }
    }
}
