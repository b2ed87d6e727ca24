//! Reports over what is stored.

mod arm;
mod basis;
mod chart;
mod decisions;
pub mod document;
pub mod page;
mod population;
mod power;
pub mod statistics;
mod stretches;
mod table;
pub mod text;
pub mod uplift;

pub use text::aligned;
