//! Segments: rules, what they read, and their members.

use super::NewEvent;

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// Its name.
    pub name: String,
    /// Name for people.
    pub title: Option<String>,
    /// The rule as JSON text.
    pub rule: String,
    /// Raised when the rule changes, or that of a segment that it reads.
    pub revision: i64,
    /// The revision whose members are worked out; 0 before the first.
    pub built: i64,
    /// True if it is an audience of offers too.
    pub offers: bool,
    /// The revision of the tills that has its members; none before the first.
    pub published: Option<i64>,
    /// When it was changed.
    pub changed_at: i64,
}

/// A measure: which events rules ask for, and what they read of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureRow {
    /// Its number.
    pub measure: i64,
    /// Names the definition.
    pub digest: String,
    /// JSON text.
    pub definition: String,
    /// True if the facts of the events before it are stored.
    pub is_filled: bool,
}

/// The value that a measure reads of one event of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactRow {
    /// Number of the measure.
    pub measure: i64,
    /// Number of the member.
    pub number: u32,
    /// Number of the day in the member's zone.
    pub day: i64,
    /// When it happened.
    pub at: i64,
    /// Number of the event.
    pub seq: i64,
    /// The value that was read.
    pub value: i64,
}

/// Facts of a member that rules read besides events and attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentMember {
    /// Its number.
    pub number: u32,
    /// Name of its time zone.
    pub zone: String,
    /// Points that can be spent, in the smallest step.
    pub points: Option<i64>,
    /// Scores of RFM: recency, frequency, money.
    pub scores: Option<[i64; 3]>,
}

/// An attribute of a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentAttribute {
    /// Number of the member.
    pub number: u32,
    /// Name of the attribute.
    pub name: String,
    /// JSON text.
    pub value: String,
}

/// All that is stored of some members for rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownMembers {
    /// Those that are known.
    pub members: Vec<SegmentMember>,
    /// Their attributes.
    pub attributes: Vec<SegmentAttribute>,
    /// Their facts.
    pub facts: Vec<FactRow>,
}

/// A part of a segment: the members whose numbers, divided by 65,536, give `container`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRow {
    /// Name of the segment.
    pub segment: String,
    /// Revision of the segment.
    pub revision: i64,
    /// Number of the container.
    pub container: i64,
    /// A Roaring bitmap of the whole numbers.
    pub members: Vec<u8>,
    /// How many there are.
    pub size: i64,
}

/// A condition that a database finds the members of. Bounds are included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentCondition {
    /// Members with facts of a measure, made of which comes a number within the bounds, or outside if `outside`.
    Facts {
        /// Number of the measure.
        measure: i64,
        /// Days of the facts that count.
        days: (i64, i64),
        /// The number that is made of them.
        fold: FactFold,
        /// Bounds of what is made.
        bounds: (i64, i64),
        /// True if those are wanted whose number is not within.
        outside: bool,
    },
    /// Members with points within the bounds.
    Points((i64, i64)),
}

/// The number that is made of the facts of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactFold {
    /// Their number.
    Count,
    /// The sum of their values.
    Sum,
    /// The day of the latest one.
    LastDay,
    /// The day of the first one.
    FirstDay,
    /// The value of the latest one.
    LastValue,
    /// The value of the first one.
    FirstValue,
}

/// Counts of a member who has bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuyerRow {
    /// Number of the member.
    pub number: u32,
    /// Day of the last purchase, which may lie before the window.
    pub last_day: i64,
    /// Purchases in the window.
    pub purchases: i64,
    /// Net revenue of purchases in the window.
    pub net: i64,
}

/// Frozen cut points of RFM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmMonth {
    /// As `2027-01`.
    pub month: String,
    /// JSON text.
    pub cuts: String,
    /// How many members had bought.
    pub buyers: i64,
    /// When they were made.
    pub made_at: i64,
}

/// A piece of work on segments, which is written as a whole, if nobody else has written any since it was begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentWork {
    /// The state of segments that the work was made of, see [`crate::Communications::segment_state`].
    pub state: i64,
    /// How far the log is read: the number of the last event before, and after.
    pub events_read: Option<(i64, i64)>,
    /// Members that are new or changed.
    pub members: Vec<SegmentMember>,
    /// Members whose attributes are replaced by those below.
    pub replaced: Vec<u32>,
    /// Attributes of these members.
    pub attributes: Vec<SegmentAttribute>,
    /// Members whose facts are removed before those below are added.
    pub forgotten: Vec<u32>,
    /// New facts.
    pub facts: Vec<FactRow>,
    /// Changed parts of segments.
    pub sets: Vec<SetRow>,
    /// Events to add to the log, in order.
    pub events: Vec<NewEvent>,
    /// Zones, with the day up to which midnights are worked out.
    pub days: Vec<(String, i64)>,
    /// A segment whose members were worked out, with the revision of its rule.
    pub built: Option<(String, i64)>,
    /// New cut points of RFM.
    pub month: Option<RfmMonth>,
    /// The day for which scores of RFM are written.
    pub scored: Option<i64>,
}
