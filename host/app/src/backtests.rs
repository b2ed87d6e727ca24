//! Back-tests: confirmed purchases, priced with a candidate. Nothing that prices depend on is written.
//!
//! Each purchase is priced twice with its recorded inputs: by the live plan, and by the candidate's plan. The stored
//! answer is not used, so that all differences come from the candidate.

mod candidate;
mod chart;
mod goods;
mod inputs;
mod jobs;
mod page;
pub mod permits;
mod report;
mod run;
mod tally;
mod text;

pub use candidate::PlanComparison;
pub use jobs::{fail_interrupted, fail_lost, find, list, select, start, status};
pub use page::page;
pub use report::Report;
pub use run::{Backtest, Progress};
pub use text::text;
