//! Rows of the communications database. Instants are milliseconds since 1970.

mod events;

pub use events::*;
