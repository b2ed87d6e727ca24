//! What a command reads: the configuration, and tables of rows.

pub(crate) mod config;
pub(crate) mod encoded;
pub(crate) mod number;
pub(crate) mod plan;
pub(crate) mod rows;
pub(crate) mod table;
