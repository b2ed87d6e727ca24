//! Mechanics: their versions, roll-outs, health and status.

pub mod compiler;
pub mod faults;
pub mod form;
pub mod guard;
pub mod health;
pub mod instrumented;
pub mod lineup;
mod loaded;
pub mod registry;
pub mod rollout;
pub mod signatures;
pub mod status;
pub mod trials;
pub mod versions;
