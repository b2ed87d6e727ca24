//! Rows of the communications database. Instants are milliseconds since 1970.

mod erasure;
mod events;

pub use erasure::*;
pub use events::*;
