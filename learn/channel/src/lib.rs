//! The best channel for a member, by empirical Bayes: what a channel did for the member, drawn towards what it
//! did for the member's segment, the more so the fewer messages there were.
//!
//! It asks which channel members answer on, not which one makes them buy more: with enough messages sent on a
//! random channel, channels are better judged as arms of an experiment.

mod advice;
mod error;
mod prior;

pub use advice::{Advice, Channel, Estimate, Money, Sent, advise};
pub use error::ChannelError;
pub use prior::{Prior, prior};
