//! What runs against what would run.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Capture, Difference, Field, Reading, Running, TrafficArgs, Value, difference, plan, resolve};
use proptest::prelude::*;

use crate::{oracle, strategy};

fn chart() -> TrafficArgs {
    TrafficArgs {
        include_outbound_ip_ranges: "*".into(),
        include_inbound_ports: "*".into(),
        exclude_inbound_ports: "15090,15021,15020".into(),
        ..TrafficArgs::default()
    }
}

fn differing(expected: &TrafficArgs, running: &TrafficArgs) -> Vec<(Field, String, String)> {
    let differences = difference(expected, running);
    differences
        .into_iter()
        .map(
            |Difference {
                 field,
                 desired,
                 running,
             }| (field, desired, running),
        )
        .collect()
}

#[test]
fn order_duplicates_host_bits_and_blanks_do_not_matter() {
    let written = TrafficArgs {
        exclude_outbound_ip_ranges: "10.0.0.5/8,2001:DB8::/32".into(),
        exclude_inbound_ports: "15090,15021,81, 80,15020".into(),
        exclude_outbound_ports: Some("443,80".into()),
        include_outbound_ports: Some(String::new()),
        ..chart()
    };
    let same = TrafficArgs {
        exclude_outbound_ip_ranges: "2001:db8::/32,10.0.0.0/8,10.1.0.0/8".into(),
        exclude_inbound_ports: "15090,15021,80,81,80,15020,15020".into(),
        exclude_outbound_ports: Some("80,443,443,".into()),
        include_outbound_ports: None,
        ..chart()
    };
    assert_eq!(differing(&written, &same), []);
}

#[test]
fn a_difference_is_told_without_the_system_ports() {
    let expected = TrafficArgs {
        exclude_inbound_ports: "15090,15021,9090,80,15020".into(),
        ..chart()
    };
    assert_eq!(
        differing(&expected, &chart()),
        [(Field::ExcludeInboundPorts, "80,9090".to_owned(), String::new())]
    );
    let other_status_port = TrafficArgs {
        exclude_inbound_ports: "15090,15021".into(),
        ..chart()
    };
    assert_eq!(
        differing(&chart(), &other_status_port),
        [(
            Field::ExcludeInboundPorts,
            "15020,15021,15090".to_owned(),
            "15021,15090".to_owned()
        )]
    );
}

#[test]
fn everything_is_not_the_same_as_every_address() {
    let all = chart();
    let every_v4 = TrafficArgs {
        include_outbound_ip_ranges: "0.0.0.0/0".into(),
        ..chart()
    };
    let none = TrafficArgs {
        include_outbound_ip_ranges: String::new(),
        ..chart()
    };
    assert_eq!(differing(&all, &every_v4).len(), 1);
    assert_eq!(
        differing(&all, &none),
        [(Field::IncludeOutboundIPRanges, "*".to_owned(), String::new())]
    );
}

#[test]
fn what_cannot_be_read_is_compared_as_text() {
    let odd = |text: &str| TrafficArgs {
        include_outbound_ports: Some(text.into()),
        ..chart()
    };
    assert_eq!(differing(&odd("80:90,http"), &odd("http, 80:90")), []);
    assert_eq!(
        differing(&odd("0070"), &odd("70")).len(),
        1,
        "one is octal to iptables"
    );
    let bare = |text: &str| TrafficArgs {
        exclude_outbound_ip_ranges: text.into(),
        ..chart()
    };
    assert_eq!(
        differing(&bare("10.0.0.1"), &bare("10.0.0.1/32")).len(),
        1,
        "Istio does not complete a mask"
    );
}

#[test]
fn cni_excludes_its_status_port_outbound_until_told_otherwise() {
    let cni = |ports: Option<&str>| TrafficArgs {
        cni: true,
        exclude_outbound_ports: ports.map(Into::into),
        ..chart()
    };
    let outbound = |args: &TrafficArgs| Capture::of(args).get(Field::ExcludeOutboundPorts).to_string();
    assert_eq!(outbound(&cni(None)), "15020");
    assert_eq!(outbound(&cni(Some(""))), "");
    assert_eq!(outbound(&chart()), "");
    assert_eq!(
        differing(&cni(Some("")), &cni(None)),
        [(Field::ExcludeOutboundPorts, String::new(), "15020".to_owned())]
    );
}

#[test]
fn the_same_arguments_mean_something_else_under_cni() {
    let cni = TrafficArgs { cni: true, ..chart() };
    assert_eq!(
        differing(&cni, &chart()),
        [(Field::ExcludeOutboundPorts, "15020".to_owned(), String::new())]
    );
}

#[test]
fn with_cni_an_empty_range_from_the_install_values_means_all() {
    let empty = TrafficArgs {
        cni: true,
        include_outbound_ip_ranges: String::new(),
        ..chart()
    };
    let ranges = |args: &TrafficArgs| Capture::of(args).get(Field::IncludeOutboundIPRanges).clone();
    let nothing = BTreeMap::new();
    let annotated = BTreeMap::from([(
        Field::IncludeOutboundIPRanges.annotation().to_owned(),
        String::new(),
    )]);
    assert_eq!(ranges(&empty.clone().seen_with(&nothing)), Reading::All);
    assert_eq!(
        ranges(&empty.clone().seen_with(&annotated)),
        Reading::Items(BTreeSet::new())
    );
    let init = TrafficArgs { cni: false, ..empty };
    assert_eq!(ranges(&init.seen_with(&nothing)), Reading::Items(BTreeSet::new()));
}

#[test]
fn settings_of_a_running_pod_are_as_people_wrote_them() {
    let args = TrafficArgs {
        cni: true,
        exclude_inbound_ports: "15090,15021,9090,123".into(),
        exclude_outbound_ip_ranges: "10.0.0.0/8".into(),
        ..chart()
    };
    let settings = Running {
        args,
        status_port: Some(123),
    }
    .settings();
    let texts = Field::ALL.map(|field| settings.get(field).to_string());
    assert_eq!(texts, ["*", "10.0.0.0/8", "*", "", "9090", ""]);
    let values = Field::ALL.map(|field| settings.get(field).value(field).map(|value| value.to_istio()));
    assert_eq!(values, texts.map(Some));
    assert_eq!(
        Reading::of(Field::ExcludeInboundPorts, "80,http").value(Field::ExcludeInboundPorts),
        None
    );
}

/// The same list, turned round and with its first part twice.
fn rewritten(text: &str) -> String {
    let mut parts: Vec<&str> = text.split(',').collect();
    parts.reverse();
    if text != "*" {
        parts.push(parts[0]);
    }
    parts.join(",")
}

proptest! {
    #[test]
    fn a_pod_does_not_differ_from_itself_however_its_lists_are_written(
        stack in strategy::stack(), pod in strategy::annotations(),
    ) {
        let args = TrafficArgs::expected(&resolve(&stack.levels(&pod)), &stack.install, &pod);
        prop_assert_eq!(difference(&args, &args), vec![]);
        let other = TrafficArgs {
            include_outbound_ip_ranges: rewritten(&args.include_outbound_ip_ranges),
            exclude_outbound_ip_ranges: rewritten(&args.exclude_outbound_ip_ranges),
            include_inbound_ports: rewritten(&args.include_inbound_ports),
            exclude_inbound_ports: rewritten(&args.exclude_inbound_ports),
            include_outbound_ports: args.include_outbound_ports.as_deref().map(rewritten),
            exclude_outbound_ports: args.exclude_outbound_ports.as_deref().map(rewritten),
            ..args.clone()
        };
        prop_assert_eq!(difference(&args, &other), vec![]);
    }

    #[test]
    fn pods_differ_in_a_field_exactly_if_its_values_do((field, one) in strategy::field_and_value(), seed in any::<u64>()) {
        let other = if seed.is_multiple_of(2) { one.clone() } else { Value::empty(field) };
        let args = |value: &Value| {
            let mut stack = strategy::Stack {
                install: domain::InstallValues::default(), global: None, namespace: None, workloads: Vec::new(),
            };
            let mut traffic = domain::Traffic::default();
            traffic.set(field, value.clone()).unwrap();
            stack.namespace = Some(traffic);
            let none = BTreeMap::new();
            TrafficArgs::expected(&resolve(&stack.levels(&none)), &stack.install, &none)
        };
        let differences = difference(&args(&one), &args(&other));
        // The system ports are excluded anyway: to exclude them once more makes no difference.
        let of_users = |value: &Value| {
            let system = |part: &str| field == Field::ExcludeInboundPorts && ["15020", "15021", "15090"].contains(&part);
            let text = value.to_istio();
            text.split(',').filter(|part| !part.is_empty() && !system(part)).map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let expected = if of_users(&one) == of_users(&other) { vec![] } else { vec![field] };
        prop_assert_eq!(differences.iter().map(|found| found.field).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn with_cni_we_read_what_the_plugin_reads(stack in strategy::stack(), pod in strategy::annotations()) {
        let mut stack = stack;
        stack.install.cni_enabled = true;
        let args = TrafficArgs::expected(&resolve(&stack.levels(&pod)), &stack.install, &pod);
        let mut after = pod.clone();
        plan(&pod, &stack.levels(&pod)).apply(&mut after);
        let plugin = oracle::cni(&after, &stack.install);
        let capture = Capture::of(&args);
        for field in Field::ALL {
            let ours = Reading::of(field, &capture.get(field).to_string());
            let theirs: Vec<String> = plugin[&field].iter().cloned().collect();
            prop_assert_eq!(ours, Reading::of(field, &theirs.join(",")), "{}", field);
        }
    }

    #[test]
    fn a_live_pod_says_whether_its_empty_range_was_meant(stack in strategy::stack(), pod in strategy::annotations()) {
        let expected = TrafficArgs::expected(&resolve(&stack.levels(&pod)), &stack.install, &pod);
        let mut live = pod.clone();
        plan(&pod, &stack.levels(&pod)).apply(&mut live);
        let read = TrafficArgs { range_fallback: false, ..expected.clone() };
        prop_assert_eq!(read.seen_with(&live), expected);
    }
}
