//! Phones and e-mail addresses, each in one form, so that the same person is found again and nobody is written to twice;
//! and what the number of a phone tells about its owner.

mod email;
mod phone;
mod ranges;
mod zones;

pub use email::{EmailProblem, email};
pub use phone::{Phone, PhoneProblem, phone};
pub use ranges::{NumberRange, NumberRanges, RANGES_MAX, RangeProblem};
pub use zones::{Located, Operator, ZoneSources, locate, operator};
