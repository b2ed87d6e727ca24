//! JSON text into a value, in one pass that also finds every name that an object has twice.
//!
//! Own code, because `serde_json` keeps the last of two equal names without a word, and libraries that
//! refuse them stop at the first and do not say where it stands.

use std::fmt;

use serde::Deserialize as _;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::pointer::{Place, ReferenceToken};
use crate::problem::Problem;

/// With the features `arbitrary_precision` and `raw_value`, `serde_json` hands a number, and raw JSON, to a
/// visitor as an object with a name that begins so. In a document such a name would be read as something that it is
/// not, by whatever reads the stored document, so it is refused.
const PRIVATE_NAMES: &str = "$serde_json::private::";

/// The value of a text, and a problem for every name that stands in its object already, or is of the library.
pub(super) fn read(text: &str) -> serde_json::Result<(Value, Vec<Problem>)> {
    let mut problems = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let root = Reader { place: Place::ROOT, problems: &mut problems };
    let value = root.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, problems))
}

/// The problem of a name that means something to the library; none if it does not.
pub(super) fn reserved(name: &str, pointer: impl FnOnce() -> String) -> Option<Problem> {
    name.starts_with(PRIVATE_NAMES).then(|| Problem {
        pointer: pointer(),
        code: "reserved_name".into(),
        detail: format!("names that begin with `{PRIVATE_NAMES}` are reserved: use another one"),
    })
}

/// Reads the value at a place.
struct Reader<'a> {
    place: Place<'a>,
    problems: &'a mut Vec<Problem>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any valid JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        loop {
            let name = match map.next_key_seed(NameReader)? {
                None => return Ok(Value::Object(fields)),
                Some(Name::Written(name)) => name,
                Some(Name::Private(name)) => {
                    return Value::deserialize(MapAccessDeserializer::new(Resumed {
                        first: Some(name),
                        map,
                    }));
                }
            };
            let place = self.place.below(ReferenceToken::Name(&name));
            self.problems.extend(reserved(&name, || place.pointer()));
            if fields.contains_key(&name) {
                self.problems.push(Problem {
                    pointer: place.pointer(),
                    code: "duplicate_name".into(),
                    detail: format!("`{name}` occurs more than once in the same object"),
                });
            }
            let value = map.next_value_seed(Reader { place, problems: self.problems })?;
            fields.insert(name, value);
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let place = self.place.below(ReferenceToken::Index(values.len()));
            match list.next_element_seed(Reader { place, problems: self.problems })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    /// Whole numbers of 64 bits; any other number comes as an object, see [`PRIVATE_NAMES`].
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// A name of an object.
enum Name {
    /// As it stands in the text.
    Written(String),
    /// Of an object that the library made of a number.
    Private(String),
}

/// Reads a name. What stands in the text can be read as a newtype; what the library made up cannot.
struct NameReader;

impl<'de> DeserializeSeed<'de> for NameReader {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_newtype_struct("Name", self)
    }
}

impl<'de> Visitor<'de> for NameReader {
    type Value = Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        String::deserialize(deserializer).map(Name::Written)
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(Name::Private(name.to_owned()))
    }
}

/// An object whose first name has been read already.
struct Resumed<A> {
    first: Option<String>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Resumed<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(name) => seed.deserialize(name.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    /// Values and error texts are those of `serde_json`.
    #[test]
    fn values_and_errors_are_those_of_serde_json() {
        let mut texts: Vec<String> = [
            "null",
            "true",
            " [1, -0, 1.50, 1e400, 12345678901234567890123, \"\\u00e9\\n\"] ",
            r#"{"b":{"a":[{}]},"a":"x","":null}"#,
            "",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1} x",
            "\"open",
            "[01]",
            "nul",
            "{1:2}",
        ]
        .map(str::to_owned)
        .to_vec();
        texts.push("[".repeat(200));
        for text in texts {
            let expected = serde_json::from_str(&text).map_err(|error| error.to_string());
            let found = read(&text).map(|(value, _)| value).map_err(|error| error.to_string());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn every_duplicate_is_found_with_its_pointer() {
        let (_, found) =
            read(r#"{"a":[1,{"x/y":1.5,"x/y":2,"z":{"x/y":3}}],"b":1,"b":{"c":1,"c":2},"b":3}"#).unwrap();
        let pointers: Vec<_> = found.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a/1/x~1y", "/b", "/b/c", "/b"]);
    }

    #[test]
    fn names_of_the_library_are_refused_and_mean_nothing() {
        for name in ["$serde_json::private::Number", "\\u0024serde_json::private::RawValue"] {
            for (text, pointer) in [
                (format!(r#"{{"{name}":"1.5"}}"#), "/$serde_json"),
                (format!(r#"{{"a":1,"{name}":"2"}}"#), "/$serde_json"),
                (format!(r#"[{{"{name}":{{"{name}":"[[1]]"}}}}]"#), "/0/$serde_json"),
            ] {
                let (value, found) = read(&text).unwrap();
                assert!(value.is_object() || value.is_array(), "{text}");
                assert!(found.iter().all(|problem| problem.code == "reserved_name"), "{text}");
                assert!(
                    found.iter().any(|problem| problem.pointer.starts_with(pointer)),
                    "{text}: {found:?}"
                );
            }
        }
    }
}
