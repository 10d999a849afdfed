//! The outbound traffic policy in the text of the mesh configuration: a table of real shapes, and chance around it.

use domain::OutboundTrafficPolicyMode;
use server::mesh_config::{Reason, read, set_mode};

mod chance;
mod shapes;

use shapes::{Change, Means, SHAPES};

const MODES: [&str; 3] = ["REGISTRY_ONLY", "ALLOW_ANY", "ALLOW_ANY_DYNAMIC_DNS"];

fn mode(name: &str) -> OutboundTrafficPolicyMode {
    name.to_owned().into()
}

#[test]
fn every_shape_is_read_as_istiod_reads_it() {
    let mut mistakes = Vec::new();
    for shape in SHAPES {
        let ours = read(shape.text);
        let right = match (shape.mode, &ours) {
            (Means::Mode(name) | Means::Unknown(name), Ok(read)) => *read == mode(name),
            (Means::Nothing(words) | Means::TooOdd(words), Err(error)) => error.to_string().contains(words),
            _ => false,
        };
        if !right {
            mistakes.push(format!("{}: {ours:?}", shape.name));
        }
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn every_shape_is_changed_in_one_value_or_refused_with_a_snippet() {
    let mut mistakes = Vec::new();
    for shape in SHAPES {
        for name in MODES {
            let result = set_mode(shape.text, &mode(name));
            let right = match (shape.change, &result) {
                (Change::To(template), Ok(changed)) => {
                    let expected = *changed == template.replace('@', name) || changed == shape.text;
                    expected
                        && read(changed) == Ok(mode(name))
                        && set_mode(changed, &mode(name)).as_ref() == Ok(changed)
                }
                (Change::Refused(words), Err(refusal)) => {
                    refusal.to_string().contains(words) && read(&refusal.snippet) == Ok(mode(name))
                }
                // Nothing to do is no reason to refuse.
                (Change::Refused(_), Ok(changed)) => changed == shape.text && read(changed) == Ok(mode(name)),
                _ => false,
            };
            if !right {
                mistakes.push(format!("{} to {name}: {result:?}", shape.name));
            }
        }
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn names_are_those_of_the_shapes_and_no_two_are_the_same() {
    let mut names: Vec<_> = SHAPES.iter().map(|shape| shape.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SHAPES.len());
    assert!(names.len() >= 40);
}

#[test]
fn a_mode_that_could_be_something_else_in_yaml_is_not_written() {
    for name in [
        "",
        "allow",
        "NULL",
        "TRUE",
        "YES",
        "1.0",
        "01",
        "A: B",
        "ALLOW ANY",
        "ALLOW_ANY # no",
        "2147483648",
    ] {
        let refusal = set_mode("outboundTrafficPolicy: {}", &mode(name)).unwrap_err();
        assert_eq!(refusal.reason, Reason::Name(name.to_owned()));
    }
    let text = "outboundTrafficPolicy: {mode: \"ALLOW_ANY\"}";
    assert_eq!(
        set_mode(text, &mode("2")).as_deref(),
        Ok("outboundTrafficPolicy: {mode: 2}")
    );
}
