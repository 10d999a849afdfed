//! Lists are paged by cursor.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The number of items of a page when the request does not say.
pub const DEFAULT_LIMIT: usize = 100;
/// The most items that a page holds.
pub const MAX_LIMIT: usize = 500;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// How many items the whole list has that match the filter.
    pub total: usize,
    /// Pass as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a list can be sorted by, with the name of each in a query.
pub trait Column: Copy + PartialEq + 'static {
    /// Every column and its name.
    const ALL: &[(Self, &str)];

    /// Its name in a query.
    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(column, _)| *column == self)
            .map_or("", |(_, name)| name)
    }
}

/// An order: a column's name, with a `-` before it for descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "C: Column")]
pub struct Order<C> {
    /// By what.
    pub by: C,
    /// Largest first.
    pub descending: bool,
}

impl<C: Column> FromStr for Order<C> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        C::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(by, _)| Self { by: *by, descending })
            .ok_or_else(|| {
                let known: Vec<&str> = C::ALL.iter().map(|(_, name)| *name).collect();
                format!(
                    "`{name}` is nothing to sort by: write one of {}",
                    known.join(", ")
                )
            })
    }
}

impl<C: Column> TryFrom<String> for Order<C> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl<C: Column> fmt::Display for Order<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.descending { "-" } else { "" };
        write!(formatter, "{sign}{}", self.by.name())
    }
}

impl<C: Column> From<Order<C>> for String {
    fn from(order: Order<C>) -> Self {
        order.to_string()
    }
}
