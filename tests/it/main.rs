//! Tests of the whole, through public doors: one binary, one module for each subject.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops"
)]

mod admission;
mod audiences;
mod audit;
mod backtests;
mod browser;
mod cases;
mod communications;
mod console;
mod contracts;
mod control_group;
mod database;
mod documents;
mod explanations;
mod exploration;
mod hostile_bodies;
mod http;
mod ids;
mod imports;
mod keys;
mod listener;
mod members;
mod nightly_files;
mod offer_docs;
mod offers;
mod openapi;
mod outages;
mod partners;
mod personal;
mod postgres;
mod program;
mod properties;
mod purchases;
mod recommendations;
mod recommender;
mod replay;
mod replay_purchases;
mod report_pages;
mod retail;
mod retention;
mod returns;
mod rollout;
mod sandbox;
mod scales;
mod shop;
mod slow_uploads;
mod spelling;
mod tidy;
mod waiting;

/// Where the hosts of all tests keep compiled mechanics: the built-in ones are compiled once, not at every start.
pub(crate) const CODE_CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/code");
