//! Rows of the communications database. Instants are milliseconds since 1970.

mod attribution;
mod chains;
mod channels;
mod consents;
mod erasure;
mod events;
mod segments;

pub use attribution::*;
pub use chains::*;
pub use channels::*;
pub use consents::*;
pub use erasure::*;
pub use events::*;
pub use segments::*;
