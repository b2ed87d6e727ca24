//! The nightly loop beside a host: read what came of the last assignment, let models compete, assign, upload.
//!
//! ```text
//! results feed ─┐
//! members' file ┴► ingest ► features ► outcomes ► compete ► assign ► report ► upload ─► attributes of the host
//! ```
//!
//! Each stage writes a folder of files, all of them or none, from the folders before it and from earlier runs alone: a
//! run that was killed goes on with the stage that it was at, and [`verify`] does it again and compares. Outcomes are
//! computed over all who were assigned, whether they bought or not (intention to treat), from the learner's own log of
//! who was given what with which probability. If anything fails, the last assignment stays in force.

mod assigned;
mod bought;
mod competed;
mod config;
mod days;
mod drawn;
mod drifted;
mod feed;
mod host;
mod ingest;
mod log;
mod members;
mod night;
mod outcomes;
mod policy;
mod report;
mod state;
mod terms;
mod tonight;
mod uplift;
mod uploaded;
mod verify;

pub use config::{Config, NOBODY};
pub use feed::{Added, Feed, Segment};
pub use night::{Night, Outcome};
pub use state::{Entry, InForce, Run, Stage, State};
pub use uploaded::{Handed, rollback};
pub use verify::verify;
