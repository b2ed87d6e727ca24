//! Segments: rules over everything that is known of a member, and the sets of members that they hold for.
//!
//! A [`Rule`] is grown from [`domain::audience::Rule`]: its tests of attributes are those of computed audiences, in the
//! same JSON. It adds events (how many, how much, how long ago), points, cells of RFM, and other segments. Three
//! evaluators give the same answer: [`evaluate()`] over the facts of one member, the statements that `store` makes for
//! each [`Rule::leaves`] with the set algebra of [`members`], and the work after each event, which asks [`evaluate()`]
//! again for the rules that [`index`] names.
//!
//! Days are calendar days in the member's time zone, so that what a rule says changes at the member's midnight and at
//! no other time without an event; [`boundary`] says which midnights.

pub mod boundary;
mod bounds;
pub mod days;
pub mod evaluate;
pub mod facts;
pub mod index;
pub mod measure;
pub mod members;
pub mod order;
mod parse;
mod rule;

pub use boundary::next_boundary;
pub use bounds::Bounds;
pub use evaluate::evaluate;
pub use facts::{Fact, Facts, History, taken};
pub use measure::Measure;
pub use parse::{Limits, Parsed, Reference, parse, read};
pub use rule::{AttributeTest, EventTest, Fold, RfmTest, Rule};

/// Source of the events that segments write themselves.
pub const SOURCE: &str = "segments";
/// Kind of the event of a member that came into a segment.
pub const ENTERED: &str = "segment_entered";
/// Kind of the event of a member that left a segment.
pub const LEFT: &str = "segment_left";
/// Kind of the event of a member that came into another cell of RFM.
pub const RFM_ENTERED: &str = "rfm_entered";
