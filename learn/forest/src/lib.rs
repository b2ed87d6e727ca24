//! A forest of decision trees over integers: its format, its check and its walk.
//!
//! A model is trained anywhere, stored as these bytes, and scores at the till inside a sandbox. So this crate
//! has no floats, no dependencies and no `std`: the same bytes and values give the same score on any machine.
//!
//! * A **value** is an `i64` or missing. A feature's cuts turn it into a **bin**: 0 is missing, otherwise
//!   1 + the number of cuts that are not above the value.
//! * A **node** asks for one feature whether the value is below one cut, or missing, and goes left or right.
//! * A **leaf** is an `i32`. A **score** is the base and one leaf of each tree, in the unit of the training
//!   target, which the trainer chose (millionths, say).
//!
//! [`Forest`] is what programs work with. [`View`] walks stored bytes as they are, for a guest that has no
//! time to read them first. [`format`] says how the bytes are laid out.
#![no_std]

extern crate alloc;

mod check;
mod checksum;
mod error;
mod feature;
pub mod format;
mod model;
mod tree;
mod view;

pub use error::ForestError;
pub use feature::Feature;
pub use model::Forest;
pub use tree::{Child, Node, Tree};
pub use view::View;

/// Most features of a forest.
pub const MAX_FEATURES: usize = 16_384;
/// Most cuts of a feature: with missing and the bin above the last cut that is 256 bins, a byte.
pub const MAX_CUTS: usize = 254;
/// Most bytes of a feature's name.
pub const MAX_NAME: usize = 255;
/// Most trees of a forest.
pub const MAX_TREES: usize = 10_000;
/// Most nodes of a tree, leaves not counted; leaves are one more.
pub const MAX_NODES: usize = 65_535;
/// Most nodes between the root of a tree, counted, and a leaf.
pub const MAX_DEPTH: usize = 255;
/// Most nodes of a forest, leaves not counted: 200 MB of bytes.
pub const MAX_FOREST_NODES: usize = 16_777_216;
/// Largest size of a base. With the most trees and the largest leaves a score still fits an `i64`.
pub const MAX_BASE: i64 = 1 << 62;
