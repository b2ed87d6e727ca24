//! Whether the world has moved away from the one that a model was trained on.
//!
//! Two things are watched. [`stability`] compares how features, or scores, are distributed now and then: it
//! sees other members. [`uplift`](fn@uplift) compares the effects that a model predicted with those that
//! came true: it sees other *responses*, the only drift that costs money, and the only one that shows if
//! members stay as they are. Either stops promotion, never payment.

mod error;
mod stability;
mod uplift;

pub use error::DriftError;
pub use stability::{LEAST_ROWS, MOVED, Stability, psi, scores, stability};
pub use uplift::{Departure, Uplift, uplift};
