//! Back-tests: what a candidate would have done on purchases that are long sold. Nothing that prices
//! depend on is written.
//!
//! Each purchase is priced twice with what was known of it then: by the plan that is live, and by the
//! plan that the candidate would make of it. Neither comes from what was answered then, so that the
//! difference is the candidate's alone.

mod candidate;
mod chart;
mod goods;
mod inputs;
mod jobs;
pub mod limit;
mod page;
mod report;
mod run;
mod tally;
mod text;

pub use candidate::Candidate;
pub use jobs::{fail_what_was_begun, find, list, select, start, status};
pub use page::page;
pub use report::Report;
pub use run::{Backtest, Progress};
pub use text::text;
