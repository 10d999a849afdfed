//! `Traffic` ⇄ JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{FieldError, RawTraffic, Traffic};
use crate::{
    field::Field,
    value::{ItemError, Value},
};

impl Traffic {
    /// Reads the JSON form, strictly: any mistake refuses the whole.
    ///
    /// # Errors
    /// Every mistake, by field name and then in the order of the items; unknown names with the nearest right one.
    pub fn parse(raw: &RawTraffic) -> Result<Self, Vec<FieldError>> {
        let (traffic, errors) = Self::parse_lenient(raw);
        if errors.is_empty() {
            Ok(traffic)
        } else {
            Err(errors)
        }
    }

    /// Reads a stored value that may be invalid all the same (an older version, a cluster without our rules): a field
    /// with a mistake counts as inherit, and its mistakes are reported.
    #[must_use]
    pub fn parse_lenient(raw: &RawTraffic) -> (Self, Vec<FieldError>) {
        let mut traffic = Self::default();
        let mut errors = Vec::new();
        for (name, items) in raw {
            match name.parse::<Field>() {
                Err(unknown) => {
                    errors.push(FieldError {
                        path: format!("traffic.{name}"),
                        message: unknown.to_string(),
                    });
                }
                Ok(field) => match Value::parse_items(field, items) {
                    Ok(value) => traffic.0[field.index()] = Some(value),
                    Err(found) => errors.extend(found.into_iter().map(|error| located(field, &error))),
                },
            }
        }
        (traffic, errors)
    }

    /// Returns the JSON form.
    #[must_use]
    pub fn to_raw(&self) -> RawTraffic {
        self.iter()
            .map(|(field, value)| (field.name().to_owned(), value.items()))
            .collect()
    }
}

fn located(field: Field, error: &ItemError) -> FieldError {
    let path = error.index.map_or_else(
        || format!("traffic.{field}"),
        |index| format!("traffic.{field}[{index}]"),
    );
    FieldError {
        path,
        message: error.to_string(),
    }
}

impl Serialize for Traffic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(field, value)| (field.name(), value)))
    }
}

impl<'de> Deserialize<'de> for Traffic {
    /// Reads strictly; `null` and `[""]` are refused, because neither says which of the three states is meant.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = RawTraffic::deserialize(deserializer)?;
        Self::parse(&raw).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            de::Error::custom(lines.join("; "))
        })
    }
}
