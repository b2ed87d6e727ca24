//! Mechanics: which versions there are, and which of them price what.

pub mod compiler;
pub mod form;
pub mod guard;
pub mod health;
pub mod lineup;
pub mod registry;
pub mod rollout;
pub mod signatures;
pub mod status;
pub mod versions;
pub mod instrumented;
