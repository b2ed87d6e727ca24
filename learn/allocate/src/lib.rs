//! Who gets which level of an offer, so that the whole brings the most and no limit is passed.
//!
//! This is the multiple-choice knapsack: of each member's choices at most one is taken, and the sum of their
//! costs is at most the budget. All members face one price λ, in units of gain per unit of cost, and each gets
//! the choice with the largest gain − λ·cost (Sinha and Zoltners: The Multiple-Choice Knapsack Problem, 1979).
//! Caps on categories, brands and messages are further prices (Zhang and others: Solving Billion-Scale Knapsack
//! Problems, arXiv 2002.00352).
//!
//! There are integers only, and members are read as a stream, several times: the memory does not depend on
//! their number. The same members, limits and salt give the same plan, whatever their order, their division
//! into parts and the number of threads.

mod around;
mod choice;
mod cut;
mod error;
mod explore;
mod fill;
mod hash;
mod hull;
mod limits;
mod plan;
mod prices;
mod rule;
mod scan;
mod slope;
mod survey;
mod table;
mod totals;

pub use choice::{Choice, MOST, MOST_CHOICES, Member, Source};
pub use error::AllocateError;
pub use explore::{Draw, Drawer, Exploration, Explored, explore, probabilities};
pub use limits::{Cap, Limits, MOST_CAPS, Measure, Of};
pub use plan::{Chooser, Plan, Settings, Summary, allocate};
pub use table::Table;
