//! Resolves one field. Runs for every pod at admission and in lists, so it formats only what it returns.

use super::{InForce, Levels, Origin, Overridden, WorkloadLayer};
use crate::{
    field::Field,
    value::{Value, ValueError},
};

/// What Go prints for a values key that is missing; the template passes it on as if it were a value.
const GO_NIL: &str = "<nil>";

pub(super) fn in_force(field: Field, levels: &Levels<'_>, workloads: &[WorkloadLayer<'_>]) -> InForce {
    let mut settings = levels.settings(field, workloads);
    let pod = levels.pod.get(field.annotation());
    let mut in_force = if let Some(text) = pod {
        written(field, text.clone(), Origin::Pod)
    } else if let Some((origin, value)) = settings.next() {
        let clash = match &origin {
            Origin::Workload(winner) => losers(field, winner, value, workloads),
            _ => Vec::new(),
        };
        let text = value.to_istio();
        let value = Some(value.clone());
        InForce {
            field,
            text,
            value,
            refused: None,
            origin,
            overrode: Vec::new(),
            clash,
        }
    } else {
        return installed(field, levels);
    };
    in_force
        .overrode
        .extend(settings.map(|(origin, value)| Overridden {
            origin,
            text: value.to_istio(),
        }));
    let below = installed(field, levels);
    if below.origin == Origin::Install {
        in_force.overrode.push(Overridden {
            origin: below.origin,
            text: below.text,
        });
    }
    in_force
}

/// Names the workload settings that wanted another value than the winner's.
fn losers(field: Field, winner: &str, value: &Value, workloads: &[WorkloadLayer<'_>]) -> Vec<String> {
    workloads
        .iter()
        .filter(|layer| layer.name != winner && layer.traffic.get(field).is_some_and(|other| other != value))
        .map(|layer| layer.name.to_owned())
        .collect()
}

/// Reads the two levels that are Istio's own.
fn installed(field: Field, levels: &Levels<'_>) -> InForce {
    match levels.install.get(field) {
        Some(text) if text == field.built_in() => built_in(field),
        Some(text) => written(field, text.to_owned(), Origin::Install),
        // These two are passed through `valueOrDefault`, which takes a missing key for an empty one.
        None if matches!(field, Field::IncludeOutboundPorts | Field::ExcludeOutboundPorts) => built_in(field),
        None => InForce {
            field,
            text: GO_NIL.to_owned(),
            value: None,
            refused: Some(ValueError::MissingInInstall(field).to_string()),
            origin: Origin::Install,
            overrode: Vec::new(),
            clash: Vec::new(),
        },
    }
}

fn built_in(field: Field) -> InForce {
    written(field, field.built_in().to_owned(), Origin::BuiltIn)
}

/// Takes over a text that somebody else wrote, whatever it is.
fn written(field: Field, text: String, origin: Origin) -> InForce {
    let (value, refused) = match Value::parse_istio(field, &text) {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(error.to_string())),
    };
    InForce {
        field,
        text,
        value,
        refused,
        origin,
        overrode: Vec::new(),
        clash: Vec::new(),
    }
}
