//! What the workspace's tests share: built-in mechanics, cases, real receipts.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops, and so does what serves it"
)]

pub mod backtest;
pub mod builtins;
pub mod cases;
pub mod flips;
pub mod guests;
pub mod native;
pub mod nodes;
pub mod postgres;
pub mod pricing;
pub mod replay;
pub mod retail;
pub mod scale;
pub mod scenario;
pub mod workspace;
