//! What our webhook writes, judged by what Istio's injector then sees.

use std::collections::BTreeMap;

use domain::{Field, Patch, Traffic, TrafficArgs, Value, plan, resolve, user_annotations};
use proptest::prelude::*;

use crate::{
    oracle::{self, Annotations},
    strategy::{self, Stack},
};

const MARKER: &str = "sidestep.dev/applied";
const STATUS: &str = "sidecar.istio.io/status";
const INBOUND: Field = Field::ExcludeInboundPorts;

fn stack(namespace: &[(Field, &str)]) -> Stack {
    let mut traffic = Traffic::default();
    for (field, text) in namespace {
        traffic
            .set(*field, Value::parse_text(*field, text).expect("a value"))
            .expect("fits");
    }
    let install = domain::InstallValues::default();
    Stack {
        install,
        global: None,
        namespace: Some(traffic),
        workloads: Vec::new(),
    }
}

fn planned(annotations: &Annotations, stack: &Stack) -> Patch {
    plan(annotations, &stack.levels(&BTreeMap::new()))
}

fn admitted(annotations: &Annotations, stack: &Stack) -> Annotations {
    let mut after = annotations.clone();
    planned(annotations, stack).apply(&mut after);
    after
}

#[test]
fn absent_keys_are_added_and_marked() {
    let patch = planned(
        &BTreeMap::new(),
        &stack(&[(INBOUND, "7001-7003"), (Field::ExcludeOutboundPorts, "")]),
    );
    assert_eq!(patch.set[INBOUND.annotation()], "7001,7002,7003");
    assert_eq!(patch.set[Field::ExcludeOutboundPorts.annotation()], "");
    assert!(
        patch.set[MARKER].starts_with("excludeInboundPorts=namespace,excludeOutboundPorts=namespace,hash=")
    );
    assert_eq!((patch.set.len(), patch.remove.len(), patch.warning), (3, 0, None));
}

#[test]
fn keys_that_people_wrote_are_not_touched() {
    let pod = BTreeMap::from([(INBOUND.annotation().to_owned(), String::new())]);
    assert!(planned(&pod, &stack(&[(INBOUND, "80")])).is_empty());
}

#[test]
fn a_copied_pod_gets_the_settings_of_today() {
    let copy = admitted(
        &BTreeMap::new(),
        &stack(&[(INBOUND, "80"), (Field::ExcludeOutboundPorts, "81")]),
    );
    let patch = planned(&copy, &stack(&[(INBOUND, "90")]));
    assert_eq!(patch.set[INBOUND.annotation()], "90");
    assert!(patch.remove.iter().eq([Field::ExcludeOutboundPorts.annotation()]));
    let gone = admitted(&copy, &stack(&[]));
    assert_eq!(gone, BTreeMap::new());
}

#[test]
fn a_damaged_marker_protects_what_is_there() {
    let mut copy = admitted(&BTreeMap::new(), &stack(&[(INBOUND, "80")]));
    copy.insert(MARKER.to_owned(), "broken".to_owned());
    let after = admitted(&copy, &stack(&[(INBOUND, "90")]));
    assert_eq!(after[INBOUND.annotation()], "80");
    assert!(!after.contains_key(MARKER));
}

#[test]
fn a_pod_that_istio_has_seen_gets_a_warning_instead() {
    let pod = BTreeMap::from([(STATUS.to_owned(), "{}".to_owned())]);
    let patch = planned(&pod, &stack(&[(INBOUND, "80")]));
    assert!(patch.is_empty());
    let warning = patch.warning.unwrap();
    assert!(
        warning.contains("excludeInboundPorts") && warning.contains(STATUS),
        "{warning}"
    );
    assert_eq!(
        planned(&pod, &stack(&[])),
        Patch::default(),
        "nothing to write, nothing to warn of"
    );
}

proptest! {
    #[test]
    fn planning_twice_changes_nothing(stack in strategy::stack(), pod in strategy::annotations()) {
        let after = admitted(&pod, &stack);
        prop_assert_eq!(planned(&after, &stack), Patch::default());
    }

    #[test]
    fn a_plan_writes_only_what_differs(
        before in strategy::stack(), stack in strategy::stack(), pod in strategy::annotations(),
    ) {
        let copy = admitted(&pod, &before);
        let patch = planned(&copy, &stack);
        prop_assert!(patch.set.iter().all(|(key, text)| copy.get(key) != Some(text)));
        prop_assert!(patch.remove.iter().all(|key| copy.contains_key(key) && !patch.set.contains_key(key)));
    }

    #[test]
    fn what_people_wrote_survives(before in strategy::stack(), stack in strategy::stack(), pod in strategy::annotations()) {
        let after = admitted(&admitted(&pod, &before), &stack);
        prop_assert_eq!(user_annotations(&after), pod);
    }

    #[test]
    fn a_copy_ends_up_like_a_new_pod(before in strategy::stack(), stack in strategy::stack(), pod in strategy::annotations()) {
        prop_assert_eq!(admitted(&admitted(&pod, &before), &stack), admitted(&pod, &stack));
    }

    #[test]
    fn nothing_of_ours_is_written_where_no_level_says_anything(install in strategy::install(), pod in strategy::annotations()) {
        let stack = Stack { install, global: None, namespace: None, workloads: Vec::new() };
        prop_assert_eq!(planned(&pod, &stack), Patch::default());
    }

    #[test]
    fn istio_sees_what_we_say_is_in_force(stack in strategy::stack(), pod in strategy::annotations()) {
        let after = admitted(&pod, &stack);
        let effective = resolve(&stack.levels(&pod));
        for in_force in effective.iter() {
            let annotation = after.get(in_force.field.annotation()).map(String::as_str);
            let value = stack.install.get(in_force.field);
            let optional = matches!(in_force.field, Field::IncludeOutboundPorts | Field::ExcludeOutboundPorts);
            let missing = if optional { "" } else { "<nil>" };
            prop_assert_eq!(in_force.text.as_str(), annotation.or(value).unwrap_or(missing));
        }
        let expected = TrafficArgs::expected(&effective, &stack.install, &pod);
        prop_assert_eq!(expected.to_args(), oracle::template(&after, &stack.install));
    }
}
