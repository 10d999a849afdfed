//! The merge of the levels.

use std::collections::BTreeMap;

use domain::{Effective, Field, InstallValues, Levels, Origin, Traffic, Value, WorkloadLayer, resolve};
use proptest::prelude::*;

use crate::strategy::{self, Stack};

const FIELD: Field = Field::ExcludeInboundPorts;

fn traffic(text: &str) -> Traffic {
    let mut traffic = Traffic::default();
    traffic
        .set(FIELD, Value::parse_text(FIELD, text).expect("a value"))
        .expect("fits");
    traffic
}

fn pod(text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(FIELD.annotation().to_owned(), text.to_owned())])
}

fn install(text: &str) -> InstallValues {
    let mut install = InstallValues::default();
    install.set(FIELD, Some(text.to_owned()));
    install
}

#[test]
fn without_settings_istios_default_is_in_force() {
    let install = InstallValues::default();
    let effective = resolve(&Levels::installed(&install));
    for field in Field::ALL {
        let in_force = effective.get(field);
        assert_eq!(
            (in_force.text.as_str(), &in_force.origin),
            (field.built_in(), &Origin::BuiltIn),
            "{field}"
        );
        assert!(
            in_force.value.is_some() && in_force.overrode.is_empty(),
            "{field}"
        );
    }
}

#[test]
fn each_level_replaces_the_ones_below_it() {
    let (install, pod) = (install("1"), pod("6"));
    let (global, namespace, low, high) = (traffic("2"), traffic("3"), traffic("4"), traffic("5"));
    let full = Levels {
        install: &install,
        global: Some(&global),
        namespace: Some(&namespace),
        workloads: vec![
            WorkloadLayer {
                name: "low",
                priority: 0,
                traffic: &low,
            },
            WorkloadLayer {
                name: "high",
                priority: 1,
                traffic: &high,
            },
        ],
        pod: &pod,
    };
    let names = |effective: &Effective| {
        let in_force = effective.get(FIELD);
        let below: Vec<String> = in_force
            .overrode
            .iter()
            .map(|lower| format!("{}: {}", lower.origin, lower.text))
            .collect();
        (
            format!("{}: {}", in_force.origin, in_force.text),
            below.join("; "),
        )
    };
    let (top, below) = names(&resolve(&full));
    assert_eq!(top, "pod annotation: 6");
    assert_eq!(
        below,
        "workload setting `high`: 5; workload setting `low`: 4; namespace setting: 3; global setting: 2; install values: 1"
    );
    assert_eq!(resolve(&full).get(FIELD).clash, Vec::<String>::new());
    let without_pod = Levels {
        pod: &BTreeMap::new(),
        ..full.clone()
    };
    let effective = resolve(&without_pod);
    assert_eq!(names(&effective).0, "workload setting `high`: 5");
    assert_eq!(effective.get(FIELD).clash, ["low"]);
    let without_workloads = Levels {
        workloads: Vec::new(),
        ..without_pod
    };
    assert_eq!(names(&resolve(&without_workloads)).0, "namespace setting: 3");
    let without_namespace = Levels {
        namespace: None,
        ..without_workloads
    };
    assert_eq!(names(&resolve(&without_namespace)).0, "global setting: 2");
    let without_global = Levels {
        global: None,
        ..without_namespace
    };
    assert_eq!(
        names(&resolve(&without_global)),
        ("install values: 1".to_owned(), String::new())
    );
}

#[test]
fn explicitly_empty_replaces_and_inherit_does_not() {
    let (install, none) = (install("1"), BTreeMap::new());
    let (global, empty, inherit) = (traffic("2"), traffic(""), Traffic::default());
    let levels = |namespace| Levels {
        install: &install,
        global: Some(&global),
        namespace: Some(namespace),
        workloads: Vec::new(),
        pod: &none,
    };
    let emptied = resolve(&levels(&empty));
    assert_eq!(
        (emptied.get(FIELD).text.as_str(), &emptied.get(FIELD).origin),
        ("", &Origin::Namespace)
    );
    assert_eq!(resolve(&levels(&inherit)).get(FIELD).text, "2");
    let pod = pod("");
    let by_pod = resolve(&Levels {
        pod: &pod,
        ..levels(&inherit)
    });
    assert_eq!(
        (by_pod.get(FIELD).text.as_str(), &by_pod.get(FIELD).origin),
        ("", &Origin::Pod)
    );
}

#[test]
fn equal_priorities_are_decided_by_name() {
    let (install, none) = (InstallValues::default(), BTreeMap::new());
    let (one, other) = (traffic("1"), traffic("2"));
    let mut levels = Levels::installed(&install);
    levels.pod = &none;
    levels.workloads = vec![
        WorkloadLayer {
            name: "b",
            priority: 7,
            traffic: &other,
        },
        WorkloadLayer {
            name: "a",
            priority: 7,
            traffic: &one,
        },
        WorkloadLayer {
            name: "c",
            priority: 7,
            traffic: &one,
        },
    ];
    let effective = resolve(&levels);
    let in_force = effective.get(FIELD);
    assert_eq!(in_force.origin, Origin::Workload("a".to_owned()));
    assert_eq!(in_force.clash, ["b"], "who wants the same does not clash");
}

#[test]
fn a_text_we_would_refuse_stays_verbatim_with_the_reason() {
    let install = install("80, 0081");
    let effective = resolve(&Levels::installed(&install));
    let in_force = effective.get(FIELD);
    assert_eq!(in_force.text, "80, 0081");
    assert_eq!(in_force.value, None);
    assert_eq!(
        in_force.refused.as_deref(),
        Some("`0081` starts with a zero and Istio would read `0081` as octal: write `81`")
    );
}

#[test]
fn a_key_missing_in_the_install_values_is_what_go_prints() {
    let install: InstallValues = serde_json::from_str("{}").unwrap();
    let effective = resolve(&Levels::installed(&install));
    for field in Field::ALL {
        let in_force = effective.get(field);
        if matches!(field, Field::IncludeOutboundPorts | Field::ExcludeOutboundPorts) {
            assert_eq!(
                (in_force.text.as_str(), &in_force.origin),
                ("", &Origin::BuiltIn),
                "{field}"
            );
        } else {
            assert_eq!(
                (in_force.text.as_str(), &in_force.origin),
                ("<nil>", &Origin::Install),
                "{field}"
            );
            assert!(in_force.value.is_none() && in_force.refused.is_some(), "{field}");
        }
    }
}

#[test]
fn origins_are_ordered_and_readable() {
    let workload = || Origin::Workload("cart".to_owned());
    let rising = [
        Origin::BuiltIn,
        Origin::Install,
        Origin::Global,
        Origin::Namespace,
        workload(),
        Origin::Pod,
    ];
    assert!(rising.is_sorted_by(|low, high| low < high));
    assert_eq!(
        serde_json::to_string(&workload()).unwrap(),
        r#"{"level":"workload","name":"cart"}"#
    );
    for origin in rising {
        let json = serde_json::to_string(&origin).unwrap();
        assert_eq!(serde_json::from_str::<Origin>(&json).unwrap(), origin);
    }
}

/// What a field should be, found by walking up from the bottom instead of down from the top.
fn walk_up(stack: &Stack, pod: &BTreeMap<String, String>, field: Field) -> Option<(Origin, String)> {
    let mut found = None;
    let mut say =
        |origin: Origin, text: Option<String>| found = text.map(|text| (origin, text)).or(found.take());
    let istio = |traffic: Option<&Traffic>| {
        traffic
            .and_then(|traffic| traffic.get(field))
            .map(Value::to_istio)
    };
    say(Origin::Install, stack.install.get(field).map(str::to_owned));
    say(Origin::Global, istio(stack.global.as_ref()));
    say(Origin::Namespace, istio(stack.namespace.as_ref()));
    for priority in -1..=1 {
        for (name, _, traffic) in stack
            .workloads
            .iter()
            .rev()
            .filter(|(_, found, _)| *found == priority)
        {
            say(Origin::Workload(name.clone()), istio(Some(traffic)));
        }
    }
    say(Origin::Pod, pod.get(field.annotation()).cloned());
    found
}

proptest! {
    #[test]
    fn the_nearest_level_that_sets_a_field_wins(stack in strategy::stack(), pod in strategy::annotations()) {
        let effective = resolve(&stack.levels(&pod));
        for in_force in effective.iter() {
            let Some((origin, text)) = walk_up(&stack, &pod, in_force.field) else { continue };
            prop_assert_eq!(&in_force.text, &text);
            let default = origin == Origin::Install && text == in_force.field.built_in();
            prop_assert_eq!(&in_force.origin, if default { &Origin::BuiltIn } else { &origin });
        }
    }

    #[test]
    fn a_level_that_inherits_everything_changes_nothing(stack in strategy::stack(), pod in strategy::annotations()) {
        let silent = Traffic::default();
        let mut levels = stack.levels(&pod);
        let before = resolve(&levels);
        levels.workloads.insert(0, WorkloadLayer { name: "0-first", priority: i32::MAX, traffic: &silent });
        levels.namespace = levels.namespace.or(Some(&silent));
        levels.global = levels.global.or(Some(&silent));
        prop_assert_eq!(resolve(&levels), before);
    }

    #[test]
    fn the_order_in_which_workload_settings_are_given_does_not_matter(
        stack in strategy::stack(), pod in strategy::annotations(), turn in 0..3_usize,
    ) {
        let mut levels = stack.levels(&pod);
        let before = resolve(&levels);
        let turn = turn.min(levels.workloads.len());
        levels.workloads.rotate_left(turn);
        prop_assert_eq!(resolve(&levels), before);
    }

    #[test]
    fn a_value_or_a_reason_is_always_there(stack in strategy::stack(), pod in strategy::annotations()) {
        for in_force in resolve(&stack.levels(&pod)).iter() {
            prop_assert_ne!(in_force.value.is_some(), in_force.refused.is_some());
            prop_assert!(in_force.value.as_ref().is_none_or(|value| value.fits(in_force.field)));
            let mut below: Vec<&Origin> = in_force.overrode.iter().map(|lower| &lower.origin).collect();
            prop_assert!(below.iter().all(|origin| **origin < in_force.origin || matches!(origin, Origin::Workload(_))));
            below.retain(|origin| !matches!(origin, Origin::Workload(_)));
            prop_assert!(below.is_sorted_by(|near, far| near > far), "{:?}", below);
        }
    }

    #[test]
    fn what_is_in_force_survives_json(stack in strategy::stack(), pod in strategy::annotations()) {
        let effective = resolve(&stack.levels(&pod));
        let json = serde_json::to_string(&effective).unwrap();
        prop_assert_eq!(serde_json::from_str::<Effective>(&json).unwrap(), effective);
    }
}
