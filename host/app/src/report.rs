//! Reports over what is stored.

mod arm;
mod chart;
pub mod document;
pub mod page;
mod population;
pub mod statistics;
mod table;
pub mod text;
pub mod uplift;

pub use text::aligned;
