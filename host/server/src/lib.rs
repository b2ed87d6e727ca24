//! The service and the commands around it: HTTP, configuration, wiring of engine, store and domain.

pub mod commands;
pub mod wire;
