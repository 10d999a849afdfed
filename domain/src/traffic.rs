//! What one level says: for each of the six fields *inherit*, *explicitly empty* or a value.

mod raw;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{field::Field, value::Value};

/// The six fields at one level, each in one of three states: absent (inherit), explicitly empty, or a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Traffic([Option<Value>; 6]);

/// The JSON form of [`Traffic`]: list items by field name. Absent = inherit, `[]` = explicitly empty.
pub type RawTraffic = BTreeMap<String, Vec<String>>;

/// A mistake in an input document and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{path}: {message}")]
pub struct FieldError {
    /// The path below `spec`, as `traffic.excludeInboundPorts[1]` or `traffic.excludeInboundPorts`.
    pub path: String,
    /// What is wrong and what to change: lower case, no full stop, inputs in backticks.
    pub message: String,
}

/// A value that cannot belong to the field: ports for addresses, or `*` where it is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this value is not one that {0} takes")]
pub struct Misfit(pub Field);

impl Traffic {
    /// Returns what the field is set to, or nothing if it inherits.
    #[must_use]
    pub const fn get(&self, field: Field) -> Option<&Value> {
        self.0[field.index()].as_ref()
    }

    /// Sets the field.
    ///
    /// # Errors
    /// [`Misfit`] if the field does not take such a value; the field stays as it was.
    pub fn set(&mut self, field: Field, value: Value) -> Result<(), Misfit> {
        if !value.fits(field) {
            return Err(Misfit(field));
        }
        self.0[field.index()] = Some(value);
        Ok(())
    }

    /// Makes the field inherit, and returns what it was set to.
    pub fn clear(&mut self, field: Field) -> Option<Value> {
        self.0[field.index()].take()
    }

    /// Lists the fields that are set, in the order of [`Field::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Value)> {
        Field::ALL
            .into_iter()
            .filter_map(|field| self.get(field).map(|value| (field, value)))
    }

    /// Says whether every field inherits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Returns how many fields are set, explicitly empty ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().flatten().count()
    }
}
