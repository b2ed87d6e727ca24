//! The only place that knows HTTP: addresses, what they take and answer, who may call them, and pages.

pub mod actor;
pub mod auth;
pub mod body;
pub mod error;
pub mod idempotency;
pub mod routes;
