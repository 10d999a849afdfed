//! Remarks on pod templates, containers and Services.

use std::collections::BTreeMap;

use domain::{
    Effective, Field, InstallValues, Levels,
    lint::{
        Code, Probe, Protocol, Service, ServicePort, TargetPort, Workload, WorkloadPort, in_order, workload,
    },
    resolve,
};

use super::{clashing, codes, in_namespace};

static NONE: BTreeMap<String, String> = BTreeMap::new();

/// A workload that listens on 8080 (`http`), behind the Service `web` on port 80.
pub(crate) fn web(effective: &Effective) -> Workload<'_> {
    Workload {
        effective,
        annotations: &NONE,
        own_annotations: &NONE,
        ports: vec![WorkloadPort {
            name: Some("http".to_owned()),
            number: 8080,
            protocol: Protocol::Tcp,
        }],
        probes: Vec::new(),
        probes_rewritten: true,
        services: vec![Service {
            name: "web".to_owned(),
            ports: vec![ServicePort {
                port: 80,
                target: TargetPort::Name("http".to_owned()),
                protocol: Protocol::Tcp,
            }],
        }],
        not_injected: None,
        namespace_injects: false,
    }
}

fn remarks(it: &Workload<'_>) -> Vec<Code> {
    codes(&in_order(workload(it)))
}

#[test]
fn a_port_of_the_service_is_not_one_of_the_container() {
    for field in [Field::ExcludeInboundPorts, Field::IncludeInboundPorts] {
        let effective = in_namespace(&[(field, "80")]);
        let lints = workload(&web(&effective));
        assert_eq!(codes(&lints), [Code::ServicePortNotContainerPort]);
        assert_eq!(lints[0].way_out, "write 8080 instead of 80");
    }
    // The container's own port, a port that no Service has, and one that a container declares all the same.
    assert_eq!(
        remarks(&web(&in_namespace(&[(Field::ExcludeInboundPorts, "8080")]))),
        []
    );
    assert_eq!(
        remarks(&web(&in_namespace(&[(Field::ExcludeInboundPorts, "9090")]))),
        []
    );
    let effective = in_namespace(&[(Field::ExcludeInboundPorts, "80")]);
    let mut both = web(&effective);
    both.ports.push(WorkloadPort {
        name: None,
        number: 80,
        protocol: Protocol::Tcp,
    });
    assert_eq!(remarks(&both), []);
}

#[test]
fn udp_is_nothing_to_decide_about() {
    let effective = in_namespace(&[(Field::ExcludeInboundPorts, "5353,8080")]);
    let mut dns = web(&effective);
    let udp = WorkloadPort {
        name: None,
        number: 5353,
        protocol: Protocol::Udp,
    };
    dns.ports.push(udp.clone());
    assert_eq!(remarks(&dns), [Code::UdpNeverRedirected]);
    dns.ports.push(WorkloadPort {
        protocol: Protocol::Tcp,
        ..udp
    });
    assert_eq!(remarks(&dns), []);
}

#[test]
fn a_port_excluded_for_its_probe_need_not_be() {
    let probe = |port| Probe {
        kind: "readiness",
        port,
    };
    let effective = in_namespace(&[(Field::ExcludeInboundPorts, "8080")]);
    let mut probed = web(&effective);
    probed.probes = vec![probe(TargetPort::Name("http".to_owned()))];
    assert_eq!(remarks(&probed), [Code::ProbePortExcluded]);
    probed.probes_rewritten = false;
    assert_eq!(remarks(&probed), []);
    probed.probes_rewritten = true;
    probed.probes = vec![probe(TargetPort::Number(9090))];
    assert_eq!(remarks(&probed), []);
}

#[test]
fn an_annotation_in_the_wrong_place_or_spelling_is_remarked_on() {
    let effective = in_namespace(&[]);
    let annotations = |keys: &[&str]| -> BTreeMap<String, String> {
        keys.iter()
            .map(|key| ((*key).to_owned(), "80".to_owned()))
            .collect()
    };
    let own = annotations(&[Field::ExcludeInboundPorts.annotation(), "team"]);
    let misplaced = Workload {
        own_annotations: &own,
        ..web(&effective)
    };
    assert_eq!(remarks(&misplaced), [Code::MisplacedAnnotation]);
    for (key, meant) in [
        (
            "traffic.sidecar.istio.io/includeOutbondPorts",
            Some(Field::IncludeOutboundPorts),
        ),
        (
            "sidecar.istio.io/excludeInboundPorts",
            Some(Field::ExcludeInboundPorts),
        ),
        ("traffic.sidecar.istio.io/somethingElseAltogether", None),
    ] {
        let wrong = annotations(&[key]);
        let lints = workload(&Workload {
            annotations: &wrong,
            ..web(&effective)
        });
        assert_eq!(codes(&lints), [Code::MisspeltAnnotation], "{key}");
        assert_eq!(lints[0].field, meant, "{key}");
    }
    let right = annotations(&[
        "traffic.sidecar.istio.io/excludeInboundPorts",
        "traffic.sidecar.istio.io/excludeInterfaces",
        "sidecar.istio.io/inject",
        "example.com/excludeInboundPorts",
    ]);
    let right = Workload {
        annotations: &right,
        ..web(&effective)
    };
    assert_eq!(remarks(&right), []);
}

#[test]
fn two_settings_that_disagree_are_named_with_the_one_that_wins() {
    let effective = clashing();
    let lints = workload(&web(&effective));
    // Port 80 is the Service's, too.
    let clash = lints
        .iter()
        .find(|lint| lint.code == Code::WorkloadSettingsClash)
        .expect("a clash");
    assert!(
        clash
            .sentence
            .starts_with("The workload settings `a` and `b` want different values"),
        "{clash:?}"
    );
    assert!(!remarks(&web(&in_namespace(&[]))).contains(&Code::WorkloadSettingsClash));
}

#[test]
fn what_is_set_for_pods_without_a_sidecar_is_remarked_on_unless_it_is_for_all() {
    let why = || Some("neither its namespace asks for one nor its template".to_owned());
    let set = in_namespace(&[(Field::ExcludeInboundPorts, "8080")]);
    let bare = Workload {
        not_injected: why(),
        ..web(&set)
    };
    assert_eq!(remarks(&bare), [Code::NotInjected]);
    let chosen = Workload {
        namespace_injects: true,
        ..bare
    };
    assert_eq!(remarks(&chosen), []);
    let install = InstallValues::default();
    let global = super::traffic(&[(Field::ExcludeInboundPorts, "8080")]);
    let for_all = resolve(&Levels {
        global: Some(&global),
        ..Levels::installed(&install)
    });
    let bare = Workload {
        not_injected: why(),
        ..web(&for_all)
    };
    assert_eq!(remarks(&bare), []);
}
