//! Computed audiences: rules over the attributes of a member, on the day of a receipt.
//!
//! A rule looks at a value: a record of all attributes at the top, an element of a list below
//! [`Test::Some`]. What is absent, or of another type than a test asks for, does not pass it; only
//! [`Rule::Not`] turns that round.

mod date;
mod range;
mod value;

pub use date::parse as parse_date;
pub use jiff::civil::Date;
pub use range::Range;
pub use value::Value;

use date::{age_on, is_near_birthday};
use rust_decimal::Decimal;

/// Who is in an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Whoever all of these hold for.
    All(Vec<Self>),
    /// Whoever any of these holds for.
    Any(Vec<Self>),
    /// Whoever this does not hold for.
    Not(Box<Self>),
    /// Whoever has a value that passes the test.
    Field {
        /// The attribute, or the field of an element; the element itself without one.
        name: Option<String>,
        /// What its value must be.
        test: Test,
    },
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// There.
    Exists,
    /// Equal to one of these, see [`Value::equals`].
    In(Vec<Value>),
    /// A text with this part, or a list with this element.
    Contains(Value),
    /// A number in a range.
    Number(Range<Decimal>),
    /// A date in a range.
    Date(Range<Date>),
    /// A date in this month of any year; in the month of the receipt without one.
    Month(Option<u8>),
    /// A date whose anniversary is at most so many days after or before the receipt's day.
    Birthday {
        /// The receipt may be so many days before the anniversary.
        days_before: i64,
        /// The receipt may be so many days after the anniversary.
        days_after: i64,
    },
    /// A date so many whole years before the receipt's day.
    Age(Range<i32>),
    /// A list with an element that this holds for.
    Some(Box<Rule>),
}

impl Rule {
    /// Whether it holds for a value on the day of a receipt.
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

    /// The names that it looks at.
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
