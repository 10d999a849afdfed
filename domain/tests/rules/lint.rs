//! Every remark has a case in which it is made, and one in which it is silent.

use std::collections::BTreeMap;

use domain::{
    Effective, Field, InstallValues, Levels, Traffic, Value, WorkloadLayer, annotation,
    lint::{Code, Context, Lint, in_order, inbound_bypasses, interception, values},
    resolve,
};

mod mtls;
mod workload;

/// What a level says, field by field as one types it.
pub(crate) fn traffic(fields: &[(Field, &str)]) -> Traffic {
    let mut traffic = Traffic::default();
    for (field, text) in fields {
        let value = Value::parse_text(*field, text).expect("the test's values are good");
        traffic.set(*field, value).expect("they fit");
    }
    traffic
}

/// What is in force where a namespace says this.
pub(crate) fn in_namespace(fields: &[(Field, &str)]) -> Effective {
    let (install, namespace) = (InstallValues::default(), traffic(fields));
    let levels = Levels {
        namespace: Some(&namespace),
        ..Levels::installed(&install)
    };
    resolve(&levels)
}

pub(crate) fn codes(lints: &[Lint]) -> Vec<Code> {
    lints.iter().map(|lint| lint.code).collect()
}

fn remarks(fields: &[(Field, &str)]) -> Vec<Code> {
    let install = InstallValues::default();
    codes(&in_order(values(
        &in_namespace(fields),
        &context(&install, &BTreeMap::new()),
    )))
}

fn context<'a>(install: &'a InstallValues, annotations: &'a BTreeMap<String, String>) -> Context<'a> {
    Context {
        install,
        annotations,
        proxy_interception_mode: None,
        mesh_interception_mode: None,
        mesh_status_port: None,
        dns_capture: Some(false),
    }
}

#[test]
fn values_that_do_what_they_say_are_not_remarked_on() {
    use Field::{
        ExcludeInboundPorts, ExcludeOutboundIPRanges, ExcludeOutboundPorts, IncludeInboundPorts,
        IncludeOutboundIPRanges, IncludeOutboundPorts,
    };
    for fields in [
        &[][..],
        &[
            (ExcludeInboundPorts, "7001,7002"),
            (ExcludeOutboundPorts, "3306"),
            (ExcludeOutboundIPRanges, "10.0.0.0/8"),
        ],
        // An exclude inside of an include is what excludes are for.
        &[
            (IncludeOutboundIPRanges, "10.0.0.0/8"),
            (ExcludeOutboundIPRanges, "10.1.0.0/16"),
        ],
        &[(IncludeOutboundIPRanges, ""), (IncludeOutboundPorts, "7001")],
        &[(IncludeInboundPorts, "80,443")],
        &[(IncludeInboundPorts, "*"), (ExcludeInboundPorts, "80")],
        // Istio excludes these itself: to say so too does no harm.
        &[(ExcludeInboundPorts, "15020,15021,15090")],
        &[(ExcludeOutboundIPRanges, "0.0.0.0/1")],
        &[(ExcludeOutboundPorts, "53")],
        &[
            (IncludeOutboundIPRanges, "10.0.0.0/8"),
            (IncludeOutboundPorts, "80"),
            (ExcludeOutboundPorts, "81"),
        ],
    ] {
        assert_eq!(remarks(fields), [], "{fields:?}");
    }
}

#[test]
fn values_that_do_something_else_are_remarked_on() {
    use Field::{
        ExcludeInboundPorts, ExcludeOutboundIPRanges, ExcludeOutboundPorts, IncludeInboundPorts,
        IncludeOutboundIPRanges, IncludeOutboundPorts,
    };
    for (fields, expected) in [
        // The reference page's own example.
        (
            &[
                (ExcludeInboundPorts, "7001,7002,7005"),
                (IncludeOutboundPorts, "7001,7002,7005"),
            ][..],
            &[Code::IncludeOutboundPortsWithoutEffect][..],
        ),
        (
            &[(IncludeInboundPorts, "80"), (ExcludeInboundPorts, "81")],
            &[Code::ExcludeInboundPortsIgnored],
        ),
        (
            &[
                (IncludeOutboundIPRanges, ""),
                (IncludeOutboundPorts, "80,81"),
                (ExcludeOutboundPorts, "81,82"),
            ],
            &[Code::ExcludeBeatsInclude],
        ),
        (
            &[
                (IncludeOutboundIPRanges, "10.1.0.0/16,192.168.0.0/16"),
                (ExcludeOutboundIPRanges, "10.0.0.0/8"),
            ],
            &[Code::ExcludeBeatsInclude],
        ),
        (
            &[(ExcludeOutboundIPRanges, "0.0.0.0/0")],
            &[Code::EverythingExcluded],
        ),
        (&[(ExcludeOutboundIPRanges, "::/0")], &[Code::EverythingExcluded]),
        (
            &[(ExcludeOutboundIPRanges, "0.0.0.0/1,128.0.0.0/1")],
            &[Code::EverythingExcluded],
        ),
        (&[(IncludeInboundPorts, "")], &[Code::CaptureOff]),
        (&[(IncludeOutboundIPRanges, "")], &[Code::CaptureOff]),
        (&[(ExcludeInboundPorts, "15006")], &[Code::SystemPort]),
        (&[(ExcludeOutboundPorts, "15001")], &[Code::SystemPort]),
    ] {
        assert_eq!(remarks(fields), expected, "{fields:?}");
    }
}

#[test]
fn dns_is_remarked_on_unless_its_capture_is_known_to_be_off() {
    let effective = in_namespace(&[(Field::ExcludeOutboundPorts, "53")]);
    let (install, none) = (InstallValues::default(), BTreeMap::new());
    let of = |dns_capture| {
        let context = Context {
            dns_capture,
            ..context(&install, &none)
        };
        values(&effective, &context)
    };
    assert_eq!(codes(&of(Some(true))), [Code::DnsPortExcluded]);
    assert!(of(Some(true))[0].sentence.starts_with("DNS capture is on"));
    assert!(of(None)[0].sentence.starts_with("Where DNS capture is on"));
    assert_eq!(of(Some(false)), []);
}

#[test]
fn what_istio_would_stumble_over_is_told_with_what_becomes_of_the_pod() {
    let install = InstallValues::default();
    let of = |field: Field, text: &str| {
        let annotations = BTreeMap::from([(field.annotation().to_owned(), text.to_owned())]);
        let levels = Levels {
            pod: &annotations,
            ..Levels::installed(&install)
        };
        values(&resolve(&levels), &context(&install, &annotations))
    };
    // A blank is enough.
    let refused = of(Field::ExcludeOutboundIPRanges, "10.0.0.0/8, 11.0.0.0/8");
    assert_eq!(codes(&refused), [Code::RefusedValue]);
    assert!(
        refused[0].sentence.contains("refuses every new pod"),
        "{refused:?}"
    );
    let crashes = of(Field::ExcludeOutboundPorts, "080");
    assert!(
        crashes[0].sentence.contains("no new pod with it starts"),
        "{crashes:?}"
    );
    assert_eq!(of(Field::ExcludeOutboundPorts, "3306"), []);
}

#[test]
fn the_plugin_makes_something_else_of_nothing_and_of_none() {
    let values_of = |text: &str, cni: bool, mode: Option<&str>| {
        let mut install = InstallValues::default();
        install.set(Field::IncludeOutboundIPRanges, Some(text.to_owned()));
        install.cni_enabled = cni;
        let mode = mode.map(|mode| (annotation::INTERCEPTION_MODE.to_owned(), mode.to_owned()));
        let annotations = mode.into_iter().collect();
        let effective = resolve(&Levels {
            pod: &annotations,
            ..Levels::installed(&install)
        });
        codes(&values(&effective, &context(&install, &annotations)))
    };
    assert_eq!(values_of("", true, None), [Code::EmptyRangesUnderCni]);
    assert_eq!(values_of("", false, None), [Code::CaptureOff]);
    assert_eq!(
        values_of("*", true, Some("NONE")),
        [Code::InterceptionNoneUnderCni]
    );
    assert_eq!(values_of("*", false, Some("NONE")), []);
    assert_eq!(values_of("*", true, Some("TPROXY")), []);
}

#[test]
fn of_the_places_that_say_an_interception_mode_the_nearest_to_the_pod_counts() {
    let mut install = InstallValues::default();
    install.cni_enabled = true;
    let of = |own: Option<&str>, in_config, in_mesh| {
        let own = own.map(|mode| (annotation::INTERCEPTION_MODE.to_owned(), mode.to_owned()));
        let annotations = own.into_iter().collect();
        let context = Context {
            proxy_interception_mode: in_config,
            mesh_interception_mode: in_mesh,
            ..context(&install, &annotations)
        };
        interception(&context).is_some()
    };
    assert!(of(None, None, Some("NONE")));
    assert!(of(None, Some("NONE"), None));
    assert!(!of(None, Some("REDIRECT"), Some("NONE")));
    assert!(!of(Some("REDIRECT"), Some("NONE"), Some("NONE")));
    assert!(of(Some("NONE"), Some("REDIRECT"), None));
}

#[test]
fn loopback_is_told_by_the_address_as_it_is_written() {
    let of = |text: &str| {
        let annotations = BTreeMap::from([(
            Field::IncludeOutboundIPRanges.annotation().to_owned(),
            text.to_owned(),
        )]);
        let install = InstallValues::default();
        let levels = Levels {
            pod: &annotations,
            ..Levels::installed(&install)
        };
        let lints = values(&resolve(&levels), &context(&install, &annotations));
        lints.iter().any(|lint| lint.code == Code::LoopbackIncluded)
    };
    for text in ["127.0.0.0/8", "10.0.0.0/8,::1/128", "127.0.0.1/7", "::1/64"] {
        assert!(of(text), "{text}");
    }
    for text in [
        "*",
        "",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "126.0.0.0/7",
        "::/0",
        "fe80::/10",
    ] {
        assert!(!of(text), "{text}");
    }
}

#[test]
fn an_agent_that_moved_without_its_exclusion_is_remarked_on() {
    let (install, none) = (InstallValues::default(), BTreeMap::new());
    let moved = BTreeMap::from([(annotation::STATUS_PORT.to_owned(), "15999".to_owned())]);
    let effective = in_namespace(&[]);
    let of = |mesh_status_port, annotations| {
        let context = Context {
            mesh_status_port,
            ..context(&install, annotations)
        };
        codes(&values(&effective, &context))
    };
    assert_eq!(of(Some(15999), &none), [Code::StatusPortMismatch]);
    assert_eq!(of(Some(15020), &none), []);
    assert_eq!(of(None, &none), []);
    assert_eq!(of(Some(15999), &moved), []);
}

#[test]
fn an_inbound_port_bypasses_the_sidecar_by_the_lists_that_are_looked_at() {
    let bypasses = |fields: &[(Field, &str)], port| inbound_bypasses(&in_namespace(fields), port);
    assert!(!bypasses(&[], 80));
    assert!(bypasses(&[(Field::ExcludeInboundPorts, "80")], 80));
    assert!(bypasses(&[(Field::IncludeInboundPorts, "81")], 80));
    assert!(!bypasses(
        &[
            (Field::IncludeInboundPorts, "80"),
            (Field::ExcludeInboundPorts, "80")
        ],
        80
    ));
    assert!(bypasses(&[(Field::IncludeInboundPorts, "")], 80));
}

/// Two workload settings that disagree about a field.
pub(crate) fn clashing() -> Effective {
    let install = InstallValues::default();
    let (one, other) = (
        traffic(&[(Field::ExcludeInboundPorts, "80")]),
        traffic(&[(Field::ExcludeInboundPorts, "81")]),
    );
    let layer = |name, traffic| WorkloadLayer {
        name,
        priority: 0,
        traffic,
    };
    resolve(&Levels {
        workloads: vec![layer("a", &one), layer("b", &other)],
        ..Levels::installed(&install)
    })
}
