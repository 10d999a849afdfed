//! Lists are paged by cursor.

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
