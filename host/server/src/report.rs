//! Reports over what is stored.

mod arm;
mod chart;
mod document;
mod page;
mod population;
pub mod statistics;
mod table;
mod text;

pub(crate) use text::aligned;
pub mod uplift;
