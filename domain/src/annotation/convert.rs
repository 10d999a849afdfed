//! `Traffic` ⇄ Istio's six annotations.

use std::collections::BTreeMap;

use crate::{
    field::Field,
    traffic::{FieldError, Traffic},
    value::Value,
};

/// Returns the annotations that say the same as the fields that are set; what inherits is not written.
#[must_use]
pub fn write_annotations(traffic: &Traffic) -> BTreeMap<String, String> {
    traffic
        .iter()
        .map(|(field, value)| (field.annotation().to_owned(), value.to_istio()))
        .collect()
}

/// Reads the six annotations; those we would refuse count as inherit and are reported with the path
/// `annotations[key]`. Other keys are not looked at.
#[must_use]
pub fn read_annotations(annotations: &BTreeMap<String, String>) -> (Traffic, Vec<FieldError>) {
    let mut traffic = Traffic::default();
    let mut errors = Vec::new();
    for field in Field::ALL {
        let Some(text) = annotations.get(field.annotation()) else {
            continue;
        };
        let message = match Value::parse_istio(field, text) {
            Ok(value) => match traffic.set(field, value) {
                Ok(()) => continue,
                Err(misfit) => misfit.to_string(),
            },
            Err(error) => error.to_string(),
        };
        errors.push(FieldError {
            path: format!("annotations[{}]", field.annotation()),
            message,
        });
    }
    (traffic, errors)
}
