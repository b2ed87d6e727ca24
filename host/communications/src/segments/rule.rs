//! The tree of a rule.

use std::collections::BTreeSet;

use domain::audience;

use super::bounds::Bounds;
use super::measure::Measure;
use crate::rfm::{Cell, Scores};

/// A condition for being in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// All of these rules hold; true if there are none.
    All(Vec<Self>),
    /// At least one of these rules holds.
    Any(Vec<Self>),
    /// The rule does not hold.
    Not(Box<Self>),
    /// A test of one attribute.
    Attribute(AttributeTest),
    /// A test of the events of one kind.
    Events(EventTest),
    /// Points that can be spent, in the smallest step; a member of whom they are not known is not in.
    Points(Bounds),
    /// A test of the scores of RFM; a member without purchases has none and is not in.
    Rfm(RfmTest),
    /// The member is in the segment of this name.
    Segment(String),
}

/// A test of one attribute, as computed audiences have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeTest {
    /// Name of the attribute.
    pub name: String,
    /// The test; it reads no other attribute.
    pub rule: audience::Rule,
}

/// A test of the events that a measure takes from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTest {
    /// Which events, and what is read of them.
    pub measure: Measure,
    /// Only events of this many days, of which today is the last; all events if absent.
    pub within_days: Option<i64>,
    /// The number that is made of them.
    pub fold: Fold,
}

/// The number that is made of the facts of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// How many there are.
    Count(Bounds),
    /// The sum of their values; 0 if there are none.
    Sum(Bounds),
    /// Days since the latest one; a member without any is not in.
    LastDays(Bounds),
    /// Days since the first one; a member without any is not in.
    FirstDays(Bounds),
    /// The value of the latest one; a member without any is not in.
    LastValue(Bounds),
    /// The value of the first one; a member without any is not in.
    FirstValue(Bounds),
}

impl Fold {
    /// The bounds of what is made.
    pub fn bounds(self) -> Bounds {
        match self {
            Self::Count(bounds)
            | Self::Sum(bounds)
            | Self::LastDays(bounds)
            | Self::FirstDays(bounds)
            | Self::LastValue(bounds)
            | Self::FirstValue(bounds) => bounds,
        }
    }
}

/// A test of the scores of RFM: one of these cells, if there are any, and each score within its bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmTest {
    /// Cells that are let in; every cell if empty.
    pub cells: BTreeSet<Cell>,
    /// Bounds of the score of recency.
    pub recency: Bounds,
    /// Bounds of the score of frequency.
    pub frequency: Bounds,
    /// Bounds of the score of money.
    pub monetary: Bounds,
}

impl RfmTest {
    /// True if scores pass.
    pub fn passes(&self, scores: Scores) -> bool {
        (self.cells.is_empty() || self.cells.contains(&scores.cell()))
            && self.recency.contains(i64::from(scores.recency))
            && self.frequency.contains(i64::from(scores.frequency))
            && self.monetary.contains(i64::from(scores.monetary))
    }
}

impl Rule {
    /// The conditions of the tree that are no combinations, from left to right.
    pub fn leaves(&self) -> Vec<&Self> {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().flat_map(Self::leaves).collect(),
            Self::Not(rule) => rule.leaves(),
            leaf => vec![leaf],
        }
    }

    /// The measures of events that the rule reads, with repetitions.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> {
        self.leaves().into_iter().filter_map(|leaf| match leaf {
            Self::Events(test) => Some(&test.measure),
            _ => None,
        })
    }

    /// The segments that the rule reads, with repetitions.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.leaves().into_iter().filter_map(|leaf| match leaf {
            Self::Segment(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The attributes that the rule reads, with repetitions.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.leaves().into_iter().filter_map(|leaf| match leaf {
            Self::Attribute(test) => Some(test.name.as_str()),
            _ => None,
        })
    }

    /// True if the rule reads scores of RFM.
    pub fn reads_rfm(&self) -> bool {
        self.leaves().iter().any(|leaf| matches!(leaf, Self::Rfm(_)))
    }

    /// True if the rule reads points.
    pub fn reads_points(&self) -> bool {
        self.leaves().iter().any(|leaf| matches!(leaf, Self::Points(_)))
    }
}
