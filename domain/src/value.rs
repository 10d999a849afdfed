//! The value of one field, and its three written forms: list items (JSON), typed text, and Istio's own text.

mod error;
mod read;

use std::fmt;

use serde::{Serialize, Serializer};

pub use self::error::{ItemError, ValueError};
use crate::{
    cidr::Cidrs,
    field::{Field, Kind},
    port::Ports,
};

/// What a field is set to. Which variants a field takes, [`Field::kind`] and [`Field::takes_wildcard`] say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `*`: everything.
    All,
    /// Ports; an empty list is *explicitly empty*.
    Ports(Ports),
    /// Address ranges; an empty list is *explicitly empty*.
    Cidrs(Cidrs),
}

impl Value {
    /// Returns the explicitly empty value of a field.
    #[must_use]
    pub fn empty(field: Field) -> Self {
        match field.kind() {
            Kind::Ports => Self::Ports(Ports::default()),
            Kind::Cidrs => Self::Cidrs(Cidrs::default()),
        }
    }

    /// Says whether this can be a value of the field.
    #[must_use]
    pub const fn fits(&self, field: Field) -> bool {
        match self {
            Self::All => field.takes_wildcard(),
            Self::Ports(_) => matches!(field.kind(), Kind::Ports),
            Self::Cidrs(_) => matches!(field.kind(), Kind::Cidrs),
        }
    }

    /// Says whether this is an empty list, which is not the same as a field that is not set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::All => false,
            Self::Ports(ports) => ports.is_empty(),
            Self::Cidrs(cidrs) => cidrs.is_empty(),
        }
    }

    /// Returns the JSON form: one string an item, `["*"]` for all, `[]` for explicitly empty.
    #[must_use]
    pub fn items(&self) -> Vec<String> {
        match self {
            Self::All => vec!["*".to_owned()],
            Self::Ports(ports) => ports.ranges().iter().map(ToString::to_string).collect(),
            Self::Cidrs(cidrs) => cidrs.iter().map(|range| range.to_string()).collect(),
        }
    }

    /// Returns the form of Istio's annotations and install values: comma separated, no blanks, port ranges expanded.
    #[must_use]
    pub fn to_istio(&self) -> String {
        match self {
            Self::All => "*".to_owned(),
            Self::Ports(ports) => ports.expanded(),
            Self::Cidrs(cidrs) => cidrs.to_string(),
        }
    }
}

impl fmt::Display for Value {
    /// Writes the items, comma separated, port ranges as ranges; [`Value::parse_text`] reads it back.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("*"),
            Self::Ports(ports) => ports.fmt(formatter),
            Self::Cidrs(cidrs) => cidrs.fmt(formatter),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.items())
    }
}
