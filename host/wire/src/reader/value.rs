//! Single values: texts, exact numbers, names, lists.

use std::borrow::Cow;

use domain::decimal;
use domain::mechanics::Unit;
use domain::quantities::{MAX_AMOUNT, MAX_QUANTITY, Percent};
use serde_json::Value;

use super::{Node, Object};
use crate::pointer::ReferenceToken;

/// The most characters of a number. More would only end up in error texts.
const MAX_NUMBER_LENGTH: usize = 64;

/// Digits after the point of a plan's money and points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scales {
    /// Of money.
    pub money: u32,
    /// Of points.
    pub points: u32,
}

impl Scales {
    fn places(self, unit: Unit) -> u32 {
        match unit {
            Unit::Money => self.money,
            Unit::Points => self.points,
            Unit::Quantity => 3,
            Unit::Percent => 2,
            Unit::Count | Unit::Boolean => 0,
        }
    }
}

impl<'v, 'r> Node<'v, 'r> {
    /// A text that is not empty.
    pub fn text(self) -> Option<&'v str> {
        match self.value {
            Value::String(text) if text.is_empty() => self.refuse("empty", "must not be empty"),
            Value::String(text) => Some(text),
            _ => self.wrong_type("a string"),
        }
    }

    /// A text that something is stored under.
    pub fn name(self) -> Option<&'v str> {
        let name = self.text()?;
        if self.report.checks_ids {
            self.check_id(name)?;
        }
        Some(name)
    }

    /// An id: a text, or a whole number as its digits.
    pub fn id(self) -> Option<Cow<'v, str>> {
        match self.value {
            Value::String(_) => self.name().map(Cow::Borrowed),
            Value::Number(number) if number.is_i64() => Some(Cow::Owned(number.to_string())),
            _ => self.wrong_type("an id: a string or a whole number"),
        }
    }

    /// Refuses a text that nothing should be stored under.
    pub fn check_id(&self, text: &str) -> Option<()> {
        match domain::id::check(text) {
            Ok(()) => Some(()),
            Err(error) => self.refuse(error.code(), error.to_string()),
        }
    }

    /// A whole number.
    pub fn integer(self) -> Option<i64> {
        match self.value.as_i64() {
            Some(number) => Some(number),
            None => self.wrong_type("a whole number"),
        }
    }

    /// True or false.
    pub fn boolean(self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(*value),
            _ => self.wrong_type("true or false"),
        }
    }

    /// An exact number with at most `places` digits after the point, of any sign, as a count of units of the
    /// last place.
    pub fn scaled(self, places: u32) -> Option<i64> {
        let text = match self.value {
            Value::String(text) => text.as_str(),
            Value::Number(number) => number.as_str(),
            _ => return self.wrong_type("a decimal number, such as \"12.50\""),
        };
        if text.len() > MAX_NUMBER_LENGTH {
            return self.refuse("not_a_decimal", "is too long for a decimal number");
        }
        match decimal::parse_scaled(text, places) {
            Ok(value) => Some(value),
            Err(error) => self.refuse(error.code(), error.to_string()),
        }
    }

    /// A number in a unit, as a count of its smallest steps: not negative, and at most the largest of the
    /// unit.
    pub fn measure(self, unit: Unit, scales: Scales) -> Option<i64> {
        if unit == Unit::Boolean {
            return self.boolean().map(i64::from);
        }
        let value = self.scaled(scales.places(unit))?;
        let most = match unit {
            Unit::Percent => i64::from(Percent::HUNDRED.0),
            Unit::Quantity => MAX_QUANTITY,
            Unit::Money | Unit::Points | Unit::Count | Unit::Boolean => MAX_AMOUNT,
        };
        if value < 0 {
            return self.refuse("out_of_range", "must not be negative");
        }
        if value > most {
            let most = decimal::format_trimmed(most, scales.places(unit));
            return self.refuse("out_of_range", format!("must be at most {most}"));
        }
        Some(value)
    }

    /// Points that a member has, or owes if below zero, as a count of smallest steps.
    pub fn balance(self, scales: Scales) -> Option<i64> {
        let value = self.scaled(scales.points)?;
        if (-MAX_AMOUNT..=MAX_AMOUNT).contains(&value) {
            return Some(value);
        }
        let most = decimal::format_trimmed(MAX_AMOUNT, scales.points);
        self.refuse("out_of_range", format!("must be from -{most} to {most}"))
    }

    /// A percentage from 0 to 100.
    pub fn percent(self) -> Option<Percent> {
        let value = self.measure(Unit::Percent, Scales { money: 0, points: 0 })?;
        i32::try_from(value).ok().map(Percent)
    }

    /// One of some names.
    pub fn choice<T: Copy>(self, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.or_else(|| {
            let names = choices.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            self.refuse("unknown_value", format!("`{text}` is none of {names}"))
        })
    }

    /// An object.
    pub fn object(self) -> Option<Object<'v, 'r>> {
        match self.value {
            Value::Object(fields) => Some(Object::new(self, fields)),
            _ => self.wrong_type("an object"),
        }
    }

    /// A list.
    pub fn list(self) -> Option<List<'v, 'r>> {
        match self.value {
            Value::Array(values) => Some(List { node: self, values }),
            _ => self.wrong_type("a list"),
        }
    }

    fn wrong_type<T>(&self, expected: &str) -> Option<T> {
        let found = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.refuse("wrong_type", format!("must be {expected}, not {found}"))
    }
}

/// A list.
pub struct List<'v, 'r> {
    node: Node<'v, 'r>,
    values: &'v [Value],
}

impl<'v, 'r> List<'v, 'r> {
    /// The list as a value.
    pub fn node(&self) -> &Node<'v, 'r> {
        &self.node
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True if there are no entries.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The entries.
    pub fn iter<'b>(&'b self) -> impl Iterator<Item = Node<'v, 'b>> {
        self.values
            .iter()
            .enumerate()
            .map(|(index, value)| self.node.child(value, ReferenceToken::Index(index)))
    }

    /// The entries that can be read.
    pub fn read<T>(&self, mut read: impl FnMut(Node<'v, '_>) -> Option<T>) -> Vec<T> {
        self.values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| read(self.node.child(value, ReferenceToken::Index(index))))
            .collect()
    }
}
