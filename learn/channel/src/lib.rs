//! The best channel for a member, by empirical Bayes: what a channel did for the member, drawn towards what it
//! did for the member's segment, the more so the fewer messages there were.
//!
//! A [`Book`] takes in all messages; what it comes to are priors by segment ([`prior`]) and the advice for each
//! member ([`advise`]). It asks which channel members answer on, not which one makes them buy more: with enough
//! messages sent on a random channel ([`draw`]), channels are better judged as arms of an experiment.

mod advice;
mod book;
mod draw;
mod error;
mod prior;

pub use advice::{Advice, Channel, Estimate, Money, Sent, advise};
pub use book::{Book, Known, MOST_CHANNELS, MOST_SEGMENTS, Message, Total, Worth};
pub use draw::{draw, propensity};
pub use error::ChannelError;
pub use prior::{Prior, prior};
