//! Computed audiences: rules over the attributes of a member, on the day of a receipt.
//!
//! A rule is applied to a value: the record of all attributes at the top, an element of a list inside
//! [`Test::Some`]. An absent value, or one of another type than the test expects, fails the test; only
//! [`Rule::Not`] inverts that.

mod date;
mod range;
mod value;

pub use date::parse as parse_date;
pub use jiff::civil::Date;
pub use range::Range;
pub use value::Value;

use date::{age_on, is_near_birthday};
use rust_decimal::Decimal;

/// A condition for being in an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// All of these rules hold; true if there are none.
    All(Vec<Self>),
    /// At least one of these rules holds.
    Any(Vec<Self>),
    /// The rule does not hold.
    Not(Box<Self>),
    /// A value is present and passes the test.
    Field {
        /// Name of the attribute, or of a field of a list element; `None` for the element itself.
        name: Option<String>,
        /// The test of its value.
        test: Test,
    },
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The value is present.
    Exists,
    /// The value equals one of these, see [`Value::equals`].
    In(Vec<Value>),
    /// A text that contains this text, or a list that has this element.
    Contains(Value),
    /// A number in a range.
    Number(Range<Decimal>),
    /// A date in a range.
    Date(Range<Date>),
    /// A date in this month (1 to 12) of any year; `None` for the month of the receipt.
    Month(Option<u8>),
    /// A date with an anniversary close to the day of the receipt.
    Birthday {
        /// Days that the receipt may precede the anniversary by.
        days_before: i64,
        /// Days that the receipt may follow the anniversary by.
        days_after: i64,
    },
    /// A date whose age in whole years on the day of the receipt is in a range.
    Age(Range<i32>),
    /// A list with at least one element that the rule holds for.
    Some(Box<Rule>),
}

impl Rule {
    /// Evaluates the rule for a value on `today`, the day of the receipt.
    pub fn holds(&self, value: &Value, today: Date) -> bool {
        match self {
            Self::All(rules) => rules.iter().all(|rule| rule.holds(value, today)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(value, today)),
            Self::Not(rule) => !rule.holds(value, today),
            Self::Field { name: None, test } => test.passes(value, today),
            Self::Field { name: Some(name), test } => {
                value.field(name).is_some_and(|value| test.passes(value, today))
            }
        }
    }

    /// Names of the attributes that the rule reads, with repetitions.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().flat_map(Self::names).collect(),
            Self::Not(rule) => rule.names(),
            Self::Field { name, .. } => name.iter().map(String::as_str).collect(),
        }
    }
}

impl Test {
    fn passes(&self, value: &Value, today: Date) -> bool {
        match self {
            Self::Exists => true,
            Self::In(wanted) => wanted.iter().any(|wanted| value.equals(wanted)),
            Self::Contains(part) => value.has_part(part),
            Self::Number(range) => value.number().is_some_and(|number| range.contains(&number)),
            Self::Date(range) => value.date().is_some_and(|date| range.contains(&date)),
            Self::Month(month) => {
                let wanted = month.unwrap_or(today.month().unsigned_abs());
                value.date().is_some_and(|date| date.month().unsigned_abs() == wanted)
            }
            Self::Birthday { days_before, days_after } => {
                value.date().is_some_and(|date| is_near_birthday(date, today, *days_before, *days_after))
            }
            Self::Age(range) => {
                value.date().and_then(|date| age_on(date, today)).is_some_and(|age| range.contains(&age))
            }
            Self::Some(rule) => value.elements().iter().any(|element| rule.holds(element, today)),
        }
    }
}
