//! The model at the till: forests that say what each level of an offer brings with a member, as one table of
//! integers that a sandboxed mechanic walks where it lies.
//!
//! * A **level** is an arm of the experiment that the model was trained on: 1 to [`MAX_LEVELS`]; 0 is giving
//!   nothing. Its forest scores the gain over nothing, and the model states its cost.
//! * A **value** is an attribute of the member, or something that only the till knows; see [`Source`].
//! * A **gain** or a **cost** is in millionths of the outcome: of a visit, of a unit of money.
//!
//! [`Model`] is what programs build and store. [`View`] is what walks the bytes, in the mechanic and in tests
//! alike. [`choice`] decides. [`table`] says how the bytes are laid out.

pub mod choice;
mod error;
mod grow;
mod model;
pub mod sample;
mod source;
pub mod table;
mod view;

pub use error::ModelError;
pub use model::{Level, Model, Parts};
pub use source::Source;
pub use view::{Bins, Row, View};

/// Most levels of a model, nothing not counted.
pub const MAX_LEVELS: usize = 16;
/// Most features that the trees of a model ask for.
pub const MAX_FEATURES: usize = 64;
/// Most baskets of goods that a model knows by a label.
pub const MAX_GOODS: usize = 16;
/// Most nodes between the root of a tree, counted, and a leaf: so that a tree has at most 64 leaves.
pub const MAX_DEPTH: usize = 6;
/// Most trees of all levels.
pub const MAX_TREES: usize = 1_000;
/// Most bytes of a name, a version, or a label.
pub const MAX_TEXT: usize = 64;
/// Most bytes of a table: the room that the mechanic keeps for it.
pub const MAX_BYTES: usize = 320 * 1024;
/// Largest size of a cost, in millionths.
pub const MAX_COST: i64 = 1_000_000_000_000_000;
/// Millionths of an outcome.
pub const MILLIONTHS: i64 = 1_000_000;
