//! What a member may get, and where members are read from.

use crate::AllocateError;

/// The largest cost and the largest gain of a choice, up or down: 10¹².
pub const MOST: i64 = 1_000_000_000_000;

/// The most choices of a member.
pub const MOST_CHOICES: usize = 200;

/// One thing that a member may get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What the cost is, in minor units. Below 0 for a choice that brings money in.
    pub cost: i64,
    /// What the choice brings, in any unit that is the same for all members. Below 0 for one that does harm.
    pub gain: i64,
    /// The number by which the caller knows it; different for each choice of a member.
    pub level: u16,
    /// The category that it is in; 0 = none.
    pub category: u16,
    /// The brand that it is of; 0 = none.
    pub brand: u16,
    /// The number of messages that it sends.
    pub contacts: u16,
}

/// A member and all that they may get. Nothing, at cost 0 and gain 0, may always be given, and is not among the
/// choices.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The number of the member, different for each member.
    pub key: u64,
    /// At most [`MOST_CHOICES`], with ascending levels.
    pub choices: &'a [Choice],
}

/// Members that can be read again and again, always the same.
pub trait Source: Sync {
    /// The number of parts. Different parts are read at the same time.
    fn parts(&self) -> usize;

    /// Hands over each member of a part, in ascending order of keys. All keys of a part are above those of the
    /// parts before it: that is how a member who comes twice is found without remembering all.
    ///
    /// # Errors
    ///
    /// An error of `each` as it is, and [`AllocateError::Source`] if the members cannot be read.
    fn visit(
        &self,
        part: usize,
        each: &mut dyn FnMut(Member<'_>) -> Result<(), AllocateError>,
    ) -> Result<(), AllocateError>;
}
