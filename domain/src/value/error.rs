//! What can be wrong with a value.

use std::fmt;

use thiserror::Error;

use super::Value;
use crate::{cidr::CidrError, field::Field, port::PortError, text::quote};

/// Why an item, or a whole list, is not a value of its field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Not a port.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Not an address range.
    #[error(transparent)]
    Cidr(#[from] CidrError),
    /// `*` in a field that does not take it.
    #[error("`*` is not a value of {0}: list what is meant")]
    WildcardNotTaken(Field),
    /// `*` together with other items.
    #[error("`*` already means everything: remove the other items, or remove `*`")]
    WildcardNotAlone,
    /// More characters than any item needs.
    #[error("{} is too long: an item has at most {max} characters", quote(.0), max = Value::MAX_ITEM_LENGTH)]
    ItemTooLong(String),
    /// The values of Istio's install lack the key, and the injection template prints Go's nil.
    #[error("the install values have no `global.proxy.{key}` and Istio writes `<nil>` in its place: set it to \"{built_in}\"", key = .0.install_key(), built_in = .0.built_in())]
    MissingInInstall(Field),
}

/// A mistake and the item that has it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct ItemError {
    /// The item's position, from 0; nothing if the list as a whole is at fault.
    pub index: Option<usize>,
    /// The mistake.
    pub error: ValueError,
}

impl fmt::Display for ItemError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}
