//! Answers with their reasons.

use std::collections::BTreeMap;

use domain::{
    Field, TrafficArgs,
    iptables::{Config, Host, Origin, RuleError, Rules},
    trace::{Outcome, Packet, Protocol, Reason, Verdict, trace},
};

use super::{rules, to};

const USUAL: [&str; 16] = [
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
    "47.100.20.144/32",
    "-b",
    "*",
    "-d",
    "15090,15021,7001,15020",
];

#[test]
fn an_excluded_range_is_the_reason_and_shadows_what_is_included() {
    let rules = rules(&USUAL);
    let answer = trace(&rules, &to([47, 100, 20, 144], 80));
    assert_eq!(answer.verdict, Verdict::Bypass);
    assert_eq!(
        answer.reason,
        Reason::Rule(Origin::Field(Field::ExcludeOutboundIPRanges))
    );
    assert_eq!(answer.reason.setting(), Some("excludeOutboundIPRanges"));
    assert_eq!(
        answer.rule.unwrap().to_string(),
        "-A ISTIO_OUTPUT -d 47.100.20.144/32 -j RETURN"
    );
    let shadowed: Vec<String> = answer.shadowed.iter().map(ToString::to_string).collect();
    assert_eq!(shadowed, ["-A ISTIO_OUTPUT -j ISTIO_REDIRECT"]);

    assert_eq!(
        answer.sentence(&to([47, 100, 20, 144], 80)),
        "TCP to 47.100.20.144:80 goes round the sidecar, because its destination is in `excludeOutboundIPRanges`"
    );

    let other = trace(&rules, &to([47, 100, 20, 145], 80));
    assert_eq!(other.verdict, Verdict::OutboundProxy);
    assert_eq!(
        other.rule.unwrap().to_string(),
        "-A ISTIO_OUTPUT -j ISTIO_REDIRECT"
    );
    assert!(other.shadowed.is_empty());
}

#[test]
fn the_way_is_told_step_by_step() {
    let rules = rules(&USUAL);
    let packet = to([47, 100, 20, 144], 80);
    let steps = |packet| {
        let steps = trace(&rules, packet).steps(&rules, packet);
        steps
            .into_iter()
            .map(|step| (step.origin, step.rules.len(), step.outcome))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        steps(&packet),
        [
            (Origin::Passthrough, 1, Outcome::Passed),
            (Origin::ProxyToItself, 1, Outcome::Passed),
            (Origin::Loopback, 1, Outcome::Passed),
            (Origin::ProxyItself, 1, Outcome::Passed),
            (Origin::ProxyToItself, 1, Outcome::Passed),
            (Origin::Loopback, 1, Outcome::Passed),
            (Origin::ProxyItself, 1, Outcome::Passed),
            (Origin::LoopbackAddress, 1, Outcome::Passed),
            (Origin::Field(Field::ExcludeOutboundIPRanges), 1, Outcome::Decided),
            (
                Origin::Field(Field::IncludeOutboundIPRanges),
                1,
                Outcome::Shadowed
            ),
        ]
    );
    let inbound = Packet::inbound(Protocol::Tcp, [10, 0, 0, 5].into(), 7001);
    assert_eq!(
        steps(&inbound),
        [
            (Origin::TunnelPort, 1, Outcome::Passed),
            (Origin::Field(Field::ExcludeInboundPorts), 4, Outcome::Decided),
            (Origin::Field(Field::IncludeInboundPorts), 1, Outcome::Shadowed),
        ]
    );
}

#[test]
fn an_excluded_inbound_port_bypasses_and_any_other_does_not() {
    let rules = rules(&USUAL);
    let at = |port| {
        trace(
            &rules,
            &Packet::inbound(Protocol::Tcp, [10, 0, 0, 5].into(), port),
        )
    };
    assert_eq!(at(7001).verdict, Verdict::Bypass);
    assert_eq!(at(7001).reason.setting(), Some("excludeInboundPorts"));
    assert_eq!(at(8080).verdict, Verdict::InboundProxy);
    assert_eq!(at(8080).reason.setting(), Some("includeInboundPorts"));
    assert_eq!(
        (at(15008).verdict, at(15008).reason),
        (Verdict::Bypass, Reason::Rule(Origin::TunnelPort))
    );
}

#[test]
fn what_no_rule_matches_has_its_reason_too() {
    let listed = rules(&["-i", "10.0.0.0/8", "-b", "80"]);
    let answer = trace(&listed, &to([8, 8, 8, 8], 80));
    assert_eq!(
        (answer.verdict, answer.reason, answer.rule),
        (Verdict::Bypass, Reason::NotIncluded, None)
    );
    let inbound = |rules| trace(rules, &Packet::inbound(Protocol::Tcp, [10, 0, 0, 5].into(), 81)).reason;
    assert_eq!(inbound(&listed), Reason::InboundNotIncluded);
    assert_eq!(inbound(&rules(&["-i", "*", "-b", ""])), Reason::InboundCaptureOff);
    let udp = trace(
        &listed,
        &Packet::outbound(Protocol::Udp, [10, 0, 0, 9].into(), 443),
    );
    assert_eq!((udp.verdict, udp.reason), (Verdict::Bypass, Reason::NotTcp));
    let six = trace(
        &listed,
        &Packet::outbound(Protocol::Tcp, "2001:db8::1".parse().unwrap(), 443),
    );
    assert_eq!(
        (six.verdict, six.reason),
        (Verdict::Bypass, Reason::Ipv6NotCaptured)
    );
    let none = rules(&["-m", "NONE", "-i", "*"]);
    assert_eq!(
        trace(&none, &to([10, 0, 0, 9], 80)).reason,
        Reason::NoInterception
    );
}

#[test]
fn the_environment_tells_where_the_command_line_does_not() {
    let environment = |pairs: &[(&str, &str)]| {
        let environment: BTreeMap<String, String> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let args = TrafficArgs::parse(&["-i", "*", "-x", "", "-b", "*", "-d", ""]);
        let config = Config::read(&args, &environment, &Host::default()).unwrap();
        Rules::of(config).unwrap()
    };
    let excluded = environment(&[("ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE", "3306")]);
    assert_eq!(
        trace(&excluded, &to([10, 0, 0, 9], 3306)).verdict,
        Verdict::Bypass
    );
    let passed = environment(&[("ISTIO_SERVICE_CIDR", "10.0.0.0/8"), ("ENVOY_PORT", "1")]);
    assert_eq!(
        trace(&passed, &to([8, 8, 8, 8], 80)).verdict,
        Verdict::OutboundProxy,
        "-i was passed"
    );
    let group = environment(&[("ISTIO_OUTBOUND_OWNER_GROUPS", "2000")]);
    let mut packet = to([10, 0, 0, 9], 80);
    assert_eq!(trace(&group, &packet).verdict, Verdict::Bypass);
    packet.gid = Some(2000);
    assert_eq!(trace(&group, &packet).verdict, Verdict::OutboundProxy);
}

#[test]
fn the_plugin_has_defaults_of_its_own() {
    let cni = rules(&[
        "-i",
        "*",
        "-x",
        "",
        "-b",
        "*",
        "-d",
        "80",
        "--run-validation",
        "--skip-rule-apply",
    ]);
    let answer = trace(&cni, &to([10, 0, 0, 9], 15020));
    assert_eq!(
        (answer.verdict, answer.reason.setting()),
        (Verdict::Bypass, Some("excludeOutboundPorts"))
    );
    let inbound = trace(&cni, &Packet::inbound(Protocol::Tcp, [10, 0, 0, 5].into(), 15090));
    assert_eq!(inbound.verdict, Verdict::Bypass);
}

#[test]
fn the_plugin_takes_the_sidecars_user_from_the_pod() {
    let cni = ["-i", "*", "-b", "*", "--skip-rule-apply", "-u", "1000680000"];
    let rules = rules(&cni);
    let mut packet = to([10, 0, 0, 9], 80);
    packet.uid = Some(1_000_680_000);
    assert_eq!(trace(&rules, &packet).reason, Reason::Rule(Origin::ProxyItself));
    assert!(trace(&rules, &packet).uncertain[0].contains("group"));
}

#[test]
fn what_the_plugin_refuses_is_told_as_its_refusal() {
    for args in [
        ["-m", "NONE"],
        ["-q", "80:90"],
        ["-o", "80,,81"],
        ["-d", "+80"],
        ["-x", "*"],
        ["-i", "10.0.0.1"],
        ["-c", "eth+"],
        ["-k", "0eth"],
    ] {
        let mut cni = args.to_vec();
        cni.push("--skip-rule-apply");
        let refused = Config::read(&TrafficArgs::parse(&cni), &BTreeMap::new(), &Host::default());
        assert!(
            matches!(refused, Err(RuleError::Plugin { .. })),
            "{args:?}: {refused:?}"
        );
    }
}

#[test]
fn a_program_that_writes_no_rules_intercepts_nothing() {
    for switch in ["--dry-run", "--cleanup-only"] {
        let rules = rules(&["-i", "*", switch]);
        assert_eq!(
            trace(&rules, &to([10, 0, 0, 9], 80)).reason,
            Reason::NoInterception,
            "{switch}"
        );
    }
}

#[test]
fn what_is_not_known_is_named() {
    let odd = rules(&["-i", "*", "--new-switch", "--native-nftables", "-w", "7"]);
    let answer = trace(&odd, &to([10, 0, 0, 9], 80));
    let named = answer.uncertain.join("\n");
    assert!(
        named.contains("`--new-switch`") && named.contains("nftables") && named.contains("`-w`"),
        "{named}"
    );
    assert!(trace(&rules(&USUAL), &to([10, 0, 0, 9], 80)).uncertain.is_empty());
    let dns = rules(&["-i", "*", "--redirect-dns"]);
    assert!(trace(&dns, &to([10, 0, 0, 9], 53)).uncertain[0].contains("name servers"));
}

#[test]
fn what_makes_istio_init_fail_is_told_with_its_flag() {
    let refused = |args: &[&str]| {
        let config = Config::read(&TrafficArgs::parse(args), &BTreeMap::new(), &Host::default());
        config.and_then(Rules::of).map(drop).unwrap_err()
    };
    assert_eq!(refused(&["-x", "*"]), RuleError::EverythingExcluded);
    for (args, flag) in [
        (["-i", "10.0.0.1"], "-i"),
        (["-q", "80-90"], "-q"),
        (["-o", "080"], "-o"),
        (["-b", " "], "-b"),
        (["-c", "an-interface-name"], "-c"),
        (["-u", "istio-proxy"], "-u"),
        (["-g", "x"], "-g"),
    ] {
        let words = refused(&args).to_string();
        assert!(words.contains(&format!("`{flag}`")), "{args:?}: {words}");
    }
}
