//! The results feed: what came of offers, for recommenders to learn from and for measuring.
//!
//! Events are worked out with a calculation and stored with it; confirming only moves them into the
//! feed. They are written once, as JSON, and handed out as they are.

mod cursor;
pub mod events;
mod export;
mod purchase;

pub use cursor::{Cursor, Start};
pub use export::Export;
pub use purchase::{of_purchase, quantity};
