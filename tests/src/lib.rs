//! What the workspace's tests share: built-in mechanics, cases, real receipts.

pub mod builtins;
pub mod cases;
pub mod guests;
pub mod native;
pub mod pricing;
pub mod retail;
pub mod scenario;
pub mod workspace;
