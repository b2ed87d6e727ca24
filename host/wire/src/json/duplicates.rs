//! A pass over JSON text that looks at names only.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::place::{Place, Step};
use crate::problem::Problem;

/// Every name that occurs more than once in its object.
pub(super) fn find(text: &str) -> serde_json::Result<Vec<Problem>> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Walk { place: Place::ROOT, found: &mut found }.deserialize(&mut deserializer)?;
    Ok(found)
}

struct Walk<'a> {
    place: Place<'a>,
    found: &'a mut Vec<Problem>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    /// Objects; also numbers with a point or an exponent, which come as an object with one name.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let place = self.place.below(Step::Key(&name));
            if names.contains(&name) {
                self.found.push(Problem {
                    pointer: place.pointer(),
                    code: "duplicate_name".into(),
                    detail: format!("`{name}` occurs more than once in the same object"),
                });
            }
            map.next_value_seed(Walk { place, found: self.found })?;
            names.insert(name);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let place = self.place.below(Step::Index(index));
            if list.next_element_seed(Walk { place, found: self.found })?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
