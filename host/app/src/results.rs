//! The results feed: events about offers and purchases, for recommenders to learn from and for measuring.
//!
//! Events are made with a calculation and stored with it; confirming only moves them into the feed. They are written
//! once, as JSON, and exported byte for byte.

mod cursor;
pub mod events;
mod export;
mod purchase;

pub use cursor::{Cursor, Start};
pub use export::Export;
pub use purchase::{of_purchase, quantity};
