//! How receipts are priced: money, catalogue, offers and the pricing pipeline.
//!
//! Pure: no IO, no async, no clock, no randomness, no floats. The same input gives the same
//! answer on any machine. Mechanics, the rules that propose rewards, are reached only through the
//! [`mechanics::Mechanics`] port.

#![deny(missing_docs)]

pub mod audience;
pub mod caseless;
pub mod catalog;
pub mod conditions;
pub mod coupon;
pub mod decimal;
pub mod distribute;
pub mod exploration;
pub mod id;
pub mod ledger;
pub mod locale;
pub mod mechanic_class;
pub mod mechanics;
pub mod member;
pub mod offer;
pub mod placeholder;
pub mod plan;
pub mod pos;
pub mod pricing;
pub mod quantities;
pub mod receipt;
pub mod returns;
pub mod rounding;
pub mod sample;
pub mod time;
pub mod usage;
