//! Reads the API's types from JSON, for clients.
//!
//! `serde_json` compiles its whole parser into every type it reads: white space, commas, positions, records written as
//! lists. In the browser that was a tenth of the site. Here the text becomes a [`Value`] first, by a parser that is there
//! once, and of each type only what tells its fields apart is compiled.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess,
        SeqAccess, Unexpected, VariantAccess, Visitor, value::StringDeserializer,
    },
};
use serde_json::{Map, Value};

use crate::unreadable::Unreadable;

/// Reads `text`.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    read_value(serde_json::from_str(text)?)
}

/// Reads `value`.
pub fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Unreadable> {
    T::deserialize(Reader(value))
}

struct Reader(Value);

impl Reader {
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Value::Number(number) = self.0 else {
            return Err(mismatch(&self.0, &visitor));
        };
        match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(natural), ..) => visitor.visit_u64(natural),
            (None, Some(whole), _) => visitor.visit_i64(whole),
            (None, None, Some(fraction)) => visitor.visit_f64(fraction),
            (None, None, None) => Err(mismatch(&Value::Number(number), &visitor)),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            other => Err(mismatch(&other, &visitor)),
        }
    }

    fn list<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            other => Err(mismatch(&other, &visitor)),
        }
    }

    fn record<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Fields::of(fields)),
            other => Err(mismatch(&other, &visitor)),
        }
    }
}

/// `value` is of another kind than what is read.
fn mismatch(value: &Value, expected: &dyn Expected) -> Unreadable {
    let found = match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(is) => Unexpected::Bool(*is),
        Value::Number(_) => Unexpected::Other("number"),
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    };
    Unreadable::invalid_type(found, expected)
}

/// Methods of [`Deserializer`] that all do the same.
macro_rules! all_by {
    ($way:ident: $($method:ident($($ignored:ty),*))*) => {
        $(
            fn $method<V: Visitor<'de>>(self, $(_: $ignored,)* visitor: V) -> Result<V::Value, Unreadable> {
                self.$way(visitor)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Unreadable;

    all_by! { number:
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_u8()
        deserialize_u16() deserialize_u32() deserialize_u64() deserialize_f32() deserialize_f64()
    }
    all_by! { text:
        deserialize_char() deserialize_str() deserialize_string() deserialize_bytes() deserialize_byte_buf()
        deserialize_identifier()
    }
    all_by! { list:
        deserialize_seq() deserialize_tuple(usize) deserialize_tuple_struct(&'static str, usize)
    }
    all_by! { record:
        deserialize_map() deserialize_struct(&'static str, &'static [&'static str])
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(is) => visitor.visit_bool(is),
            Value::Number(_) => self.number(visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(_) => self.list(visitor),
            Value::Object(_) => self.record(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Bool(is) => visitor.visit_bool(is),
            other => Err(mismatch(&other, &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            other => Err(mismatch(&other, &visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_unit(visitor)
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
        let variant = match self.0 {
            Value::String(name) => Variant {
                name,
                content: Value::Null,
            },
            Value::Object(fields) if fields.len() == 1 => match fields.into_iter().next() {
                Some((name, content)) => Variant { name, content },
                None => return Err(Unreadable::custom("an empty record")),
            },
            other => return Err(mismatch(&other, &"a variant")),
        };
        visitor.visit_enum(variant)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unreadable> {
        self.0
            .next()
            .map(|item| seed.deserialize(Reader(item)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields {
    rest: serde_json::map::IntoIter,
    value: Value,
}

impl Fields {
    fn of(fields: Map<String, Value>) -> Self {
        Self {
            rest: fields.into_iter(),
            value: Value::Null,
        }
    }

    fn next(&mut self) -> Option<StringDeserializer<Unreadable>> {
        let (key, value) = self.rest.next()?;
        self.value = value;
        Some(key.into_deserializer())
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Unreadable;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unreadable> {
        self.next().map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unreadable> {
        seed.deserialize(Reader(self.value.take()))
    }
}

struct Variant {
    name: String,
    content: Value,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Unreadable;
    type Variant = Reader;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Reader), Unreadable> {
        let name: StringDeserializer<Unreadable> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Reader(self.content)))
    }
}

/// What stands beside a variant's name.
impl<'de> VariantAccess<'de> for Reader {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        match self.0 {
            Value::Null => Ok(()),
            other => Err(mismatch(&other, &"nothing beside the variant's name")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unreadable> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.list(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.record(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fmt::Debug};

    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Record {
        text_there: String,
        #[serde(default)]
        text_missing: Option<String>,
        counts: Vec<u16>,
        share: f64,
        below: i8,
        labels: BTreeMap<String, bool>,
        pair: (String, u64),
        nothing: (),
        #[serde(flatten)]
        row: Row,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        kinds: Vec<Kind>,
        tagged: Vec<Tagged>,
        beside: Vec<Beside>,
        wrapped: Wrapped,
        any: Option<Value>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapped(String);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        OfNothing,
        OfOne(u16),
        OfTwo(u16, String),
        Named { port: u16 },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Bare,
        Named { port: u16 },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "level", content = "name")]
    enum Beside {
        Bare,
        Named(String),
    }

    fn written() -> Value {
        json!({
            "textThere": "a \"text\"", "counts": [1, 65535], "share": 0.5, "below": -3,
            "labels": {"one": true}, "pair": ["two", 2], "nothing": null,
            "kinds": ["of-nothing", {"of-one": 1}, {"of-two": [2, "two"]}, {"named": {"port": 3}}],
            "tagged": [{"kind": "Bare"}, {"kind": "Named", "port": 4}],
            "beside": [{"level": "Bare"}, {"level": "Named", "name": "shop"}],
            "wrapped": "inside", "any": [1, {"more": null}], "unknown": {"later": []},
        })
    }

    #[test]
    fn every_shape_reads_as_serde_json_reads_it() {
        let text = written().to_string();
        let record: Record = read(&text).unwrap();
        assert_eq!(record, serde_json::from_str::<Record>(&text).unwrap());
        assert_eq!(record.row.kinds.len(), 4);
        assert_eq!(
            read::<Record>(&serde_json::to_string(&record).unwrap()).unwrap(),
            record
        );
    }

    #[test]
    fn what_is_of_another_kind_is_refused() {
        fn refused<T: DeserializeOwned + Debug>(value: Value, words: &str) {
            let error = read_value::<T>(value).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let mut record = written();
        record["counts"] = json!([65536]);
        refused::<Record>(record, "65536");
        refused::<Row>(json!([]), "expected struct Row");
        refused::<Row>(json!({}), "missing field `kinds`");
        refused::<Vec<String>>(json!([1]), "expected a string");
        refused::<String>(json!(null), "invalid type: null");
        refused::<Kind>(json!({"of-nothing": 1}), "nothing beside");
        refused::<Kind>(json!("other"), "unknown variant `other`");
        refused::<Kind>(json!({}), "a variant");
        assert!(read::<String>("\"open").is_err());
    }
}
