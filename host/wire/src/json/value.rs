//! JSON text into a value, in one pass that also finds every name that an object has twice.
//!
//! Own code, because `serde_json` keeps the last of two equal names without a word, and libraries that
//! refuse them stop at the first and do not say where it stands.

use std::fmt;

use serde::Deserialize as _;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::TOO_MANY_VALUES;
use crate::pointer::{Place, ReferenceToken};
use crate::problem::{Problem, Problems};

/// With the features `arbitrary_precision` and `raw_value`, `serde_json` hands a number, and raw JSON, to a
/// visitor as an object with a name that begins so. In a document such a name would be read as something that it is
/// not, by whatever reads the stored document, so it is refused.
const PRIVATE_NAMES: &str = "$serde_json::private::";

/// Memory that a value takes at least, with its place in a list that grows.
const VALUE_BYTES: usize = 64;
/// Memory of an object with a field: `serde_json` allocates places for eleven at once.
const OBJECT_BYTES: usize = 640;

/// The value of a text, and a problem for every name that stands in its object already, or is of the library. An error
/// if the text is not JSON, or its values would take more than `memory_bytes`.
pub(super) fn read(text: &str, memory_bytes: usize) -> Result<(Value, Problems), Problems> {
    let mut found = Found { problems: Problems::default(), room: Some(memory_bytes) };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let root = Reader { place: Place::ROOT, found: &mut found };
    let value = root.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    match value {
        Ok(value) => Ok((value, found.problems)),
        Err(_) if found.room.is_none() => {
            let detail = format!(
                "has too many values: they would take more than {memory_bytes} bytes of memory; send it in parts"
            );
            Err(Problems::of_document(TOO_MANY_VALUES, detail))
        }
        Err(error) => Err(Problems::of_document("not_json", error.to_string())),
    }
}

/// Problems that were found, and the memory that is left for values.
struct Found {
    problems: Problems,
    /// In bytes; none if there was too little.
    room: Option<usize>,
}

impl Found {
    fn take<E: Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.room = self.room.and_then(|room| room.checked_sub(bytes));
        if self.room.is_some() { Ok(()) } else { Err(E::custom("too many values")) }
    }
}

/// True for a name that means something to the library.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with(PRIVATE_NAMES)
}

/// The problem of a name that means something to the library.
pub(super) fn reserved(pointer: String) -> Problem {
    Problem {
        pointer,
        code: "reserved_name".into(),
        detail: format!("names that begin with `{PRIVATE_NAMES}` are reserved: use another one"),
    }
}

/// Reads the value at a place.
struct Reader<'a> {
    place: Place<'a>,
    found: &'a mut Found,
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
        self.found.take(VALUE_BYTES)?;
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
            let of_object = if fields.is_empty() { OBJECT_BYTES } else { 0 };
            self.found.take(of_object.saturating_add(name.len()))?;
            if is_reserved(&name) {
                self.found.problems.push_with(|| reserved(place.pointer()));
            }
            if fields.contains_key(&name) {
                self.found.problems.push_with(|| Problem {
                    pointer: place.pointer(),
                    code: "duplicate_name".into(),
                    detail: format!("`{name}` occurs more than once in the same object"),
                });
            }
            let value = map.next_value_seed(Reader { place, found: self.found })?;
            fields.insert(name, value);
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        self.found.take(VALUE_BYTES)?;
        loop {
            let place = self.place.below(ReferenceToken::Index(values.len()));
            match list.next_element_seed(Reader { place, found: self.found })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.found.take(VALUE_BYTES)?;
        Ok(Value::Bool(value))
    }

    /// Whole numbers of 64 bits; any other number comes as an object, see [`PRIVATE_NAMES`].
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.found.take(VALUE_BYTES)?;
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.found.take(VALUE_BYTES)?;
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.found.take(VALUE_BYTES.saturating_add(text.len()))?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.found.take(VALUE_BYTES)?;
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
    use super::*;

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
            let expected = serde_json::from_str(&text).map_err(|error| format!("/: {error} (not_json)"));
            let found =
                read(&text, usize::MAX).map(|(value, _)| value).map_err(|problems| problems.to_string());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn every_duplicate_is_found_with_its_pointer() {
        let (_, found) =
            read(r#"{"a":[1,{"x/y":1.5,"x/y":2,"z":{"x/y":3}}],"b":1,"b":{"c":1,"c":2},"b":3}"#, usize::MAX)
                .unwrap();
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
                let (value, found) = read(&text, usize::MAX).unwrap();
                assert!(value.is_object() || value.is_array(), "{text}");
                assert!(found.iter().all(|problem| problem.code == "reserved_name"), "{text}");
                assert!(
                    found.iter().any(|problem| problem.pointer.starts_with(pointer)),
                    "{text}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn values_that_take_too_much_memory_are_refused() {
        for text in [r#"{"a":1}"#, "[[],[],[]]", r#"["a text"]"#, "[1.5,true,null]"] {
            let bytes = (1..).find(|bytes| read(text, *bytes).is_ok()).unwrap();
            assert!(bytes >= text.len() + 64, "{text}: {bytes}");
            let refused = read(text, bytes - 1).unwrap_err();
            assert!(refused.iter().all(|problem| problem.code == TOO_MANY_VALUES), "{text}: {refused}");
        }
    }
}
