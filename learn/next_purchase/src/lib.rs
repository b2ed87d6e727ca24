//! Which goods each member buys next: candidates from receipts, and a ranker that orders them.
//!
//! A *good* is whatever a column of the receipts names: a product, or a category of products. What is known on the
//! morning of a day is put into numbers for each pair of member and good (see [`FEATURES`]): own frequency with
//! decay, the repurchase cycle (median gap, and the hazard of the good by days since the last purchase), goods that
//! are bought by the same members (item-kNN), popularity in the chain, in the member's outlet and in the season.
//! Boosted trees learn from windows of the past which of these pairs came to be, and order the candidates of each
//! member by the probability that the good is bought within the horizon.
//!
//! All numbers are integers, so the same receipts give the same ranks, byte for byte, on any machine and any number
//! of threads. Only [`Evaluation`] has floats: means and intervals of what was measured.
//!
//! ```text
//! receipts ─► History ─► Chain (what is known of goods on a day) ─┐
//!                 └────► Profile (what is known of a member) ─────┴─► candidates ─► Ranker ─► Ranked
//! ```
#![forbid(unsafe_code)]

mod candidates;
mod chain;
mod decay;
mod error;
mod evaluate;
mod features;
mod hazard;
mod history;
mod outlets;
mod profile;
mod ranker;
mod receipts;
mod settings;
mod similar;
mod slots;

pub use error::NextPurchaseError;
pub use evaluate::{Estimate, Evaluation, evaluate};
pub use features::FEATURES;
pub use history::{Collector, History, Line, MOST_LINES, Receipt};
pub use ranker::{Guess, Ranked, Ranker};
pub use receipts::{Columns, day_of, read};
pub use settings::Settings;
