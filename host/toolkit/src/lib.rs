//! For authors of mechanics: projects that build, admission, case files, cost, signatures, publishing.

pub mod cases;
pub mod compiler;
pub mod mechanic;
pub mod rows;
pub mod sandbox;
