//! Arguments of `istio-init` and `istio-validation`.

use std::collections::BTreeMap;

use domain::{Field, InstallValues, Levels, TrafficArgs, resolve};
use proptest::prelude::*;

use crate::strategy;

fn of(args: &[&str]) -> domain::ParsedArgs {
    TrafficArgs::parse(args)
}

#[test]
fn a_real_init_container_is_read() {
    let parsed = of(&[
        "istio-iptables",
        "-p",
        "15001",
        "-z",
        "15006",
        "-u",
        "1337",
        "-m",
        "REDIRECT",
        "-i",
        "*",
        "-x",
        "",
        "-b",
        "*",
        "-d",
        "15090,15021,9090,15020",
        "-q",
        "",
        "-k",
        "eth1",
        "-c",
        "eth2",
        "--log_output_level=default:info",
    ]);
    assert_eq!(
        parsed.traffic,
        TrafficArgs {
            include_outbound_ip_ranges: "*".into(),
            include_inbound_ports: "*".into(),
            exclude_inbound_ports: "15090,15021,9090,15020".into(),
            include_outbound_ports: Some(String::new()),
            ..TrafficArgs::default()
        }
    );
    assert_eq!(parsed.interception_mode(), Some("REDIRECT"));
    let others: Vec<(&str, &str)> = parsed
        .others
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        others,
        [
            ("envoy-port", "15001"),
            ("inbound-capture-port", "15006"),
            ("istio-exclude-interfaces", "eth2"),
            ("istio-inbound-interception-mode", "REDIRECT"),
            ("kube-virt-interfaces", "eth1"),
            ("log_output_level", "default:info"),
            ("proxy-uid", "1337"),
        ]
    );
    assert_eq!(parsed.words, ["istio-iptables"]);
}

#[test]
fn a_validation_container_means_cni() {
    let tail = [
        "-i",
        "*",
        "--log_as_json",
        "--run-validation",
        "--skip-rule-apply",
        "--native-nftables",
    ];
    let parsed = of(&tail);
    assert!(
        parsed.traffic.cni && parsed.switched_on("run-validation") && parsed.switched_on("native-nftables")
    );
    assert!(!of(&["-i", "*", "--force-apply"]).traffic.cni);
    assert!(!of(&["--skip-rule-apply=false"]).traffic.cni);
}

#[test]
fn flags_may_be_written_in_every_way_that_go_takes() {
    for args in [
        &["-o", "80"][..],
        &["-o80"],
        &["-o=80"],
        &["-no", "80"],
        &["--istio-local-outbound-ports-exclude", "80"],
        &["--istio-local-outbound-ports-exclude=80"],
        &["-o", "1", "-o", "80"],
        &["--some-new-switch", "-o", "80"],
    ] {
        assert_eq!(
            of(args).traffic.exclude_outbound_ports.as_deref(),
            Some("80"),
            "{args:?}"
        );
    }
    assert_eq!(
        of(&["-i", "-x", "-b", "80"]).traffic.include_outbound_ip_ranges,
        "-x",
        "a value may look like a flag"
    );
    assert_eq!(of(&["--", "-o", "80"]).traffic.exclude_outbound_ports, None);
    assert_eq!(of(&["--unknown", "value", "-w", "7"]).others["unknown"], "value");
    assert_eq!(of(&["-w", "7"]).others["w"], "7");
}

#[test]
fn flags_that_we_cannot_judge_are_named() {
    let own = [
        "-p",
        "15001",
        "--probe-timeout",
        "5s",
        "--run-validation",
        "--log_output_level=info",
        "--log_as_json",
    ];
    assert_eq!(of(&own).unknown().count(), 0);
    let odd = [
        "--capture-nothing",
        "-w",
        "7",
        "-i",
        "*",
        "--probe-timeout",
        "-1s",
    ];
    assert!(of(&odd).unknown().eq(["capture-nothing", "w"]));
    assert_eq!(of(&odd).other("probe-timeout"), Some("-1s"));
}

#[test]
fn the_outbound_port_flags_are_passed_if_an_annotation_exists_or_a_value_does() {
    let field = Field::ExcludeOutboundPorts;
    let empty = BTreeMap::from([(field.annotation().to_owned(), String::new())]);
    let nothing = BTreeMap::new();
    let mut namespace = domain::Traffic::default();
    namespace.set(field, domain::Value::empty(field)).unwrap();
    let mut with_value = InstallValues::default();
    with_value.set(field, Some("81".to_owned()));
    let chart = InstallValues::default();
    for (install, namespace, pod, expected) in [
        (&chart, None, &nothing, None),
        (&chart, None, &empty, Some("")),
        (&chart, Some(&namespace), &nothing, Some("")),
        (&with_value, None, &nothing, Some("81")),
        (&with_value, None, &empty, Some("")),
        (&with_value, Some(&namespace), &nothing, Some("")),
    ] {
        let levels = Levels {
            namespace,
            pod,
            ..Levels::installed(install)
        };
        let args = TrafficArgs::expected(&resolve(&levels), install, pod);
        assert_eq!(args.exclude_outbound_ports.as_deref(), expected, "{levels:?}");
        assert_eq!(args.include_outbound_ports, None);
    }
}

#[test]
fn the_environment_of_istio_init_fills_flags_that_are_not_passed() {
    let environment = BTreeMap::from([
        ("ISTIO_OUTBOUND_PORTS".to_owned(), "80".to_owned()),
        ("ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE".to_owned(), "81".to_owned()),
    ]);
    let filled = of(&["-q", ""]).traffic.with_environment(&environment);
    assert_eq!(filled.include_outbound_ports.as_deref(), Some(""));
    assert_eq!(filled.exclude_outbound_ports.as_deref(), Some("81"));
    let cni = of(&["--skip-rule-apply"]).traffic.with_environment(&environment);
    assert_eq!(cni.exclude_outbound_ports, None);
}

proptest! {
    #[test]
    fn expected_arguments_are_read_back(stack in strategy::stack(), pod in strategy::annotations()) {
        let effective = resolve(&stack.levels(&pod));
        let expected = TrafficArgs::expected(&effective, &stack.install, &pod);
        let mut args = vec!["istio-iptables".to_owned(), "-p".to_owned(), "15001".to_owned()];
        args.extend(expected.to_args());
        if expected.cni {
            args.extend(["--run-validation".to_owned(), "--skip-rule-apply".to_owned()]);
        }
        let read = TrafficArgs::parse(&args).traffic;
        let fallback = expected.range_fallback;
        prop_assert_eq!(TrafficArgs { range_fallback: fallback, ..read }, expected);
    }

    #[test]
    fn every_flag_is_found_in_every_way_of_writing(
        written in prop::collection::vec((strategy::field(), "[0-9,*=-]{1,8}", 0..4_usize), 0..10),
    ) {
        let mut args = Vec::new();
        let mut last = BTreeMap::new();
        for (field, value, style) in written {
            let long = match field {
                Field::IncludeOutboundIPRanges => "istio-service-cidr",
                Field::ExcludeOutboundIPRanges => "istio-service-exclude-cidr",
                Field::IncludeInboundPorts => "istio-inbound-ports",
                Field::IncludeOutboundPorts => "istio-outbound-ports",
                Field::ExcludeInboundPorts => "istio-local-exclude-ports",
                Field::ExcludeOutboundPorts => "istio-local-outbound-ports-exclude",
            };
            match style {
                0 => args.extend([field.flag().to_owned(), value.clone()]),
                1 => args.extend([format!("--{long}"), value.clone()]),
                2 => args.push(format!("--{long}={value}")),
                _ => args.push(format!("{}={value}", field.flag())),
            }
            last.insert(field, value);
        }
        let parsed = TrafficArgs::parse(&args);
        for field in Field::ALL {
            let read = parsed.traffic.get(field).unwrap_or_default();
            prop_assert_eq!(read, last.get(&field).map_or("", String::as_str));
        }
        prop_assert!(parsed.words.is_empty() && parsed.others.is_empty());
    }

    #[test]
    fn no_arguments_are_too_odd_to_read(args in prop::collection::vec(prop_oneof!["--?[a-z=-]{0,12}", any::<String>()], 0..12)) {
        let flags = args.iter().take_while(|arg| *arg != "--").filter(|arg| arg.len() > 1 && arg.starts_with('-'));
        let flags = flags.count();
        let parsed = TrafficArgs::parse(&args);
        prop_assert!(parsed.words.len() + flags <= args.len() || args.iter().any(|arg| arg == "--"));
        prop_assert!(flags > 0 || args.iter().any(|arg| arg == "--") || parsed.words == args);
    }

    #[test]
    fn letters_of_a_cluster_never_panic(args in prop::collection::vec("-[a-z=éß*]{1,6}", 1..4)) {
        let parsed = TrafficArgs::parse(&args);
        prop_assert!(parsed.words.len() < args.len(), "the first one is a flag");
    }
}
