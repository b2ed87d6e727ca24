use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::date;
use crate::decimal;

/// The value of an attribute, or a part of it. Dates are texts, see [`date::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// An exact number.
    Number(Decimal),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// Values by name.
    Record(BTreeMap<String, Self>),
}

impl Value {
    /// Compares two single values. A number equals a text that writes the same number; two texts are
    /// compared character by character, so that codes keep their leading zeros. Lists and records
    /// equal nothing.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Number(_), Self::Number(_) | Self::Text(_)) | (Self::Text(_), Self::Number(_)) => {
                self.number().is_some_and(|number| other.number() == Some(number))
            }
            _ => false,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Record(fields) => fields.get(name),
            _ => None,
        }
    }

    pub(super) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    pub(super) fn has_part(&self, part: &Self) -> bool {
        match (self, part) {
            (Self::Text(text), Self::Text(part)) => text.contains(part.as_str()),
            (Self::List(elements), _) => elements.iter().any(|element| element.equals(part)),
            _ => false,
        }
    }

    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => decimal::parse(text).ok(),
            _ => None,
        }
    }

    pub(super) fn date(&self) -> Option<Date> {
        match self {
            Self::Text(text) => date::parse(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_equal_texts_that_write_them_and_texts_only_themselves() {
        let text = |text: &str| Value::Text(text.to_owned());
        let number = |text: &str| Value::Number(decimal::parse(text).expect("a number"));
        for (one, other, equal) in [
            (text("Kazan"), text("Kazan"), true),
            (text("Kazan"), text("kazan"), false),
            (text("007"), text("7"), false),
            (number("7"), text("007"), true),
            (number("12.5"), number("12.50"), true),
            (number("12.5"), text("12.51"), false),
            (Value::Bool(true), Value::Bool(true), true),
            (Value::Bool(true), text("true"), false),
            (Value::List(vec![number("1")]), number("1"), false),
        ] {
            assert_eq!(one.equals(&other), equal, "{one:?} {other:?}");
            assert_eq!(other.equals(&one), equal, "{other:?} {one:?}");
        }
    }
}
