//! What a command reads: the configuration, and tables of rows.

pub mod config;
pub mod encoded;
pub mod number;
pub mod plan;
pub mod rows;
pub mod table;
