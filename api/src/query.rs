//! Reads the API's queries from the text of a URL, for clients.
//!
//! `serde_urlencoded` reads the same. What it says of a mistake can hold a fraction, and the code and the tables that write
//! fractions were 10 kB of the site; nothing of ours has one.

use serde::{
    Deserializer,
    de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor, value::MapDeserializer},
    forward_to_deserialize_any,
};

use crate::unreadable::Unreadable;

/// Reads `query`, which begins after the question mark.
pub fn read<T: DeserializeOwned>(query: &str) -> Result<T, Unreadable> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.map(|(name, value)| (name.into_owned(), Part(value.into_owned())));
    T::deserialize(MapDeserializer::<_, Unreadable>::new(pairs))
}

/// What stands behind one name.
struct Part(String);

impl IntoDeserializer<'_, Unreadable> for Part {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Part {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_string(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.as_str() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            other => Err(Unreadable::custom(format_args!(
                "`{other}` is neither true nor false"
            ))),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0.parse() {
            Ok(number) => visitor.visit_u64(number),
            Err(_) => Err(Unreadable::custom(format_args!(
                "`{}` is no whole number",
                self.0
            ))),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_enum(IntoDeserializer::<Unreadable>::into_deserializer(self.0))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::AuditQuery, pod::PodQuery, restart::RestartQuery, trace::TraceQuery,
        verification::VerificationQuery, workload::WorkloadQuery,
    };

    /// `query` reads as the server reads it.
    fn as_the_server<T: DeserializeOwned + PartialEq + std::fmt::Debug>(query: &str) {
        let theirs = serde_urlencoded::from_str::<T>(query).unwrap();
        assert_eq!(read::<T>(query).unwrap(), theirs, "{query}");
    }

    #[test]
    fn every_query_reads_as_the_server_reads_it() {
        as_the_server::<PodQuery>("");
        as_the_server::<PodQuery>("namespace=shop&q=a%20b%26c&state=stale&limit=50");
        as_the_server::<WorkloadQuery>("namespace=shop&q=%C3%A4+1&limit=7");
        as_the_server::<AuditQuery>("actor=ann&limit=10");
        as_the_server::<RestartQuery>("cursor=abc");
        as_the_server::<VerificationQuery>("namespace=shop&limit=3");
        as_the_server::<TraceQuery>("namespace=shop&pod=web-1&direction=inbound&port=80");
    }

    #[test]
    fn what_cannot_be_read_is_told_in_words() {
        let told = |query: &str| read::<PodQuery>(query).unwrap_err().to_string();
        assert_eq!(told("limit=many"), "`many` is no whole number");
        assert!(
            told("state=odd").contains("unknown variant `odd`"),
            "{}",
            told("state=odd")
        );
    }
}
