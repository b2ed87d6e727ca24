//! Code that tests, benchmarks and examples share.
//!
//! | module | holds |
//! |---|---|
//! | [`builtins`], [`native`], [`guests`] | mechanics: in the sandbox, linked natively, and made for tests only |
//! | [`cases`] | running the case files of `tests/cases` |
//! | [`pricing`], [`scenario`] | plan files in memory, and random ones |
//! | [`retail`], [`replay`] | a year of real receipts, and selling it on a real host |
//! | [`scale`], [`flips`], [`nodes`], [`backtest`], [`events`], [`mailing`] | measurements for `docs/performance.md` |
//! | [`model`] | a learner's model at the till, in the sandbox and natively |
//! | [`postgres`], [`workspace`] | the database server, the files and the binary |
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on stops, and so does what serves it"
)]

pub mod backtest;
pub mod builtins;
pub mod cases;
pub mod events;
pub mod flips;
pub mod guests;
pub mod half_open;
pub mod mailing;
pub mod model;
pub mod native;
pub mod nodes;
pub mod postgres;
pub mod pricing;
pub mod replay;
pub mod retail;
pub mod scale;
pub mod scenario;
pub mod workspace;
