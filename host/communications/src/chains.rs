//! Chains: what is done for a member step by step, with waits between.
//!
//! A [`Version`] is read once from its document and never changes. [`step()`] moves one member's [`Run`] through it: a pure
//! function of the version, the run, an event, the facts and the time. Live runs, [simulations](simulate()) and replays are this
//! one function.

mod check;
mod control;
mod document;
mod entry;
mod fates;
mod fields;
mod matching;
mod read;
mod read_nodes;
mod read_parts;
mod recipes;
mod run;
mod scenario;
mod simulate;
mod step;
mod tally;
mod when;

pub use check::{Catalogue, Kind, check};
pub use document::{
    Channel, Condition, Control, DATE_REACHED, Date, EFFECT_DONE, EFFECT_FAILED, Leave, Match, Message,
    NODES_MAX, Node, NodeIndex, POINTS_EXPIRING, Place, Points, Reentry, Step, Test, Trigger, Until, Version,
    Way,
};
pub use entry::{Admission, Earlier, Entry, admit, entry};
pub use fields::Problem;
pub use read::{canonical, digest, read};
pub use recipes::{RECIPES, Recipe};
pub use run::{BadState, Run, STATE_BYTES_MAX, Stage};
pub use scenario::{EventOf, Options, Reactions};
pub use simulate::{Anyway, Progress, Simulation, World, simulate};
pub use step::{Action, Effect, Facts, Outcome, Wants, event_concerns, step, wants};
pub use when::{Clock, Span, Unit, of_date};
