//! The outcome for one field.

use serde::{Deserialize, Serialize};

use super::Origin;
use crate::{field::Field, value::Value};

/// What is in force for one field of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", into = "Wire", try_from = "Wire")]
pub struct InForce {
    /// The field.
    pub field: Field,
    /// Exactly what istiod sees: an annotation or an install value verbatim, or [`Value::to_istio`].
    pub text: String,
    /// What the text means, or nothing if we would refuse it.
    pub value: Option<Value>,
    /// Why we would refuse the text; set if and only if `value` is not.
    pub refused: Option<String>,
    /// Where the text comes from.
    pub origin: Origin,
    /// What lower levels said, the nearest first. Istio's default is left out.
    pub overrode: Vec<Overridden>,
    /// The names of other workload settings that wanted another value and lost by priority or name. Empty unless a
    /// workload setting won.
    pub clash: Vec<String>,
}

/// What a level said and did not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overridden {
    /// The level.
    pub origin: Origin,
    /// Its text, in Istio's form.
    pub text: String,
}

/// `InForce` in JSON: the value as list items, which only the field can tell apart.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    field: Field,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    origin: Origin,
    #[serde(default)]
    overrode: Vec<Overridden>,
    #[serde(default)]
    clash: Vec<String>,
}

impl From<InForce> for Wire {
    fn from(
        InForce {
            field,
            text,
            value,
            refused,
            origin,
            overrode,
            clash,
        }: InForce,
    ) -> Self {
        Self {
            field,
            text,
            value: value.map(|value| value.items()),
            refused,
            origin,
            overrode,
            clash,
        }
    }
}

impl TryFrom<Wire> for InForce {
    type Error = String;

    fn try_from(
        Wire {
            field,
            text,
            value,
            refused,
            origin,
            overrode,
            clash,
        }: Wire,
    ) -> Result<Self, String> {
        let value = value
            .map(|items| Value::parse_items(field, &items))
            .transpose()
            .map_err(|errors| {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                lines.join("; ")
            })?;
        Ok(Self {
            field,
            text,
            value,
            refused,
            origin,
            overrode,
            clash,
        })
    }
}
