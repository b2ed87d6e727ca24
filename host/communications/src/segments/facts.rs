//! Facts of one member, as rules read them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use domain::audience::Value;
use jiff::tz::TimeZone;

use super::days::day_of;
use super::measure::Measure;
use crate::event::Event;
use crate::member::Profile;
use crate::rfm::Scores;

/// All facts of a member.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The member's time zone.
    pub zone: &'a TimeZone,
    /// Attributes by name.
    pub attributes: &'a BTreeMap<String, Value>,
    /// Points that can be spent, in the smallest step.
    pub points: Option<i64>,
    /// Scores of RFM; none of a member without purchases.
    pub rfm: Option<Scores>,
    /// Names of the segments that the member is in.
    pub segments: &'a BTreeSet<String>,
    /// Events of the member.
    pub history: History<'a>,
}

/// Events of a member.
#[derive(Debug, Clone)]
pub enum History<'a> {
    /// As the log has them, in its order.
    Events(&'a [Event]),
    /// As facts that measures have taken from the log, by the digest of the measure.
    Facts(&'a BTreeMap<String, Vec<Fact>>),
}

/// The fact that a measure takes from one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// Number of the day in the member's zone.
    pub day: i64,
    /// When it happened, in milliseconds since 1970.
    pub at: i64,
    /// Place of the event in the log; orders events of one instant.
    pub seq: i64,
    /// The value that was read.
    pub value: i64,
}

impl<'a> Facts<'a> {
    /// The facts of a member that is in no segment and has no scores.
    pub fn of(profile: &'a Profile, segments: &'a BTreeSet<String>, events: &'a [Event]) -> Self {
        Self {
            zone: &profile.zone,
            attributes: &profile.attributes,
            points: profile.points,
            rfm: None,
            segments,
            history: History::Events(events),
        }
    }

    /// The facts of a measure, the earliest first.
    pub(super) fn of_measure(&self, measure: &Measure) -> Cow<'_, [Fact]> {
        match &self.history {
            History::Events(events) => Cow::Owned(taken(measure, *events, self.zone)),
            History::Facts(by_measure) => match by_measure.get(&measure.digest()) {
                Some(facts) => Cow::Borrowed(facts),
                None => Cow::Owned(Vec::new()),
            },
        }
    }
}

/// The facts that a measure takes from events, which are in the order of the log; the earliest first.
pub fn taken<'e>(
    measure: &Measure,
    events: impl IntoIterator<Item = &'e Event>,
    zone: &TimeZone,
) -> Vec<Fact> {
    let mut facts: Vec<Fact> = (0_i64..)
        .zip(events)
        .filter_map(|(seq, event)| {
            let value = measure.value_of(&event.kind, &event.payload)?;
            Some(Fact { day: day_of(event.at, zone), at: event.at, seq, value })
        })
        .collect();
    facts.sort_unstable_by_key(|fact| (fact.at, fact.seq));
    facts
}
