//! Why what was sent could not be read: for JSON and for queries.

use std::fmt::{self, Display, Formatter};

use serde::de::{Expected, Unexpected};

/// Why a text could not be read, in words.
#[derive(Debug)]
pub struct Unreadable(String);

impl Display for Unreadable {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// Says what `serde_json`'s own error says, but which fraction it was: to write one takes tables of 20 kB, which would be in
/// the browser for this alone.
impl serde::de::Error for Unreadable {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid type: {}, expected {expected}", words(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid value: {}, expected {expected}", words(found)))
    }
}

fn words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(is) => format!("boolean `{is}`"),
        Unexpected::Unsigned(number) => format!("integer `{number}`"),
        Unexpected::Signed(number) => format!("integer `{number}`"),
        Unexpected::Str(text) => format!("string `{text}`"),
        Unexpected::Unit => "null".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a record".to_owned(),
        Unexpected::Other(what) => what.to_owned(),
        _ => "something else".to_owned(),
    }
}
