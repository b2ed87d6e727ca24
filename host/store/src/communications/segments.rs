//! Segments.

use super::{Backend, Communications};
use crate::{
    BuyerRow, FactRow, KnownMembers, MeasureRow, RfmMonth, SegmentCondition, SegmentRow, SegmentWork, SetRow,
    StoreFuture,
};

impl Communications {
    /// A number that every piece of work on segments raises.
    pub fn segment_state(&self) -> StoreFuture<'_, i64> {
        on_backend!(self, segment_state())
    }

    /// All segments, by name.
    pub fn segments(&self) -> StoreFuture<'_, Vec<SegmentRow>> {
        on_backend!(self, segments())
    }

    /// Stores a segment, unless another one was changed since `state`, and raises the revisions of those that `readers`
    /// names. False, and nothing is written, if so.
    pub fn put_segment<'a>(
        &'a self,
        state: i64,
        segment: &'a SegmentRow,
        readers: &'a [String],
        measures: &'a [(String, String)],
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, put_segment(state, segment, readers, measures))
    }

    /// Removes a segment and its members, unless another one was changed since `state`. False if so.
    pub fn delete_segment<'a>(&'a self, state: i64, name: &'a str) -> StoreFuture<'a, bool> {
        on_backend!(self, delete_segment(state, name))
    }

    /// All measures, by number.
    pub fn measures(&self) -> StoreFuture<'_, Vec<MeasureRow>> {
        on_backend!(self, measures())
    }

    /// Adds measures by digest and definition; those that are there already stay as they are. False, and nothing is
    /// written, if segments were changed since `state`.
    pub fn add_measures<'a>(&'a self, state: i64, measures: &'a [(String, String)]) -> StoreFuture<'a, bool> {
        on_backend!(self, add_measures(state, measures))
    }

    /// Removes measures with their facts. False, and nothing is written, if segments were changed since `state`.
    pub fn remove_measures<'a>(&'a self, state: i64, measures: &'a [i64]) -> StoreFuture<'a, bool> {
        on_backend!(self, remove_measures(state, measures))
    }

    /// Adds facts of events that happened before their measure was there.
    pub fn add_facts<'a>(&'a self, facts: &'a [FactRow]) -> StoreFuture<'a, ()> {
        on_backend!(self, add_facts(facts))
    }

    /// Notes that the facts of a measure are complete.
    pub fn measure_filled(&self, measure: i64) -> StoreFuture<'_, ()> {
        on_backend!(self, measure_filled(measure))
    }

    /// All that is stored of some members for rules.
    pub fn known_segment_members<'a>(&'a self, numbers: &'a [u32]) -> StoreFuture<'a, KnownMembers> {
        on_backend!(self, known_segment_members(numbers))
    }

    /// The members from one number to another, both included, by their time zones.
    pub fn zones_between(&self, first: u32, last: u32) -> StoreFuture<'_, Vec<(String, Vec<u32>)>> {
        on_backend!(self, zones_between(first, last))
    }

    /// The members from one number to another that a condition holds for.
    pub fn members_with<'a>(
        &'a self,
        condition: &'a SegmentCondition,
        first: u32,
        last: u32,
    ) -> StoreFuture<'a, Vec<u32>> {
        on_backend!(self, members_with(condition, first, last))
    }

    /// The values of an attribute of the members from one number to another, as JSON texts.
    pub fn attribute_between<'a>(
        &'a self,
        name: &'a str,
        first: u32,
        last: u32,
    ) -> StoreFuture<'a, Vec<(u32, String)>> {
        on_backend!(self, attribute_between(name, first, last))
    }

    /// The largest number of a member that rules know of; none if there is no member.
    pub fn last_segment_member(&self) -> StoreFuture<'_, Option<u32>> {
        on_backend!(self, last_segment_member())
    }

    /// The part of a segment that has a container.
    pub fn segment_set<'a>(
        &'a self,
        segment: &'a str,
        revision: i64,
        container: i64,
    ) -> StoreFuture<'a, Option<SetRow>> {
        on_backend!(self, segment_set(segment, revision, container))
    }

    /// All parts of a segment, by container.
    pub fn segment_sets<'a>(&'a self, segment: &'a str, revision: i64) -> StoreFuture<'a, Vec<SetRow>> {
        on_backend!(self, segment_sets(segment, revision))
    }

    /// How many members a segment has.
    pub fn segment_size<'a>(&'a self, segment: &'a str, revision: i64) -> StoreFuture<'a, i64> {
        on_backend!(self, segment_size(segment, revision))
    }

    /// Zones of members, with the day up to which midnights are worked out.
    pub fn segment_days(&self) -> StoreFuture<'_, Vec<(String, i64)>> {
        on_backend!(self, segment_days())
    }

    /// Members of a zone with a fact of a measure on the days from one to another.
    pub fn members_of_days<'a>(
        &'a self,
        zone: &'a str,
        measure: i64,
        days: (i64, i64),
    ) -> StoreFuture<'a, Vec<u32>> {
        on_backend!(self, members_of_days(zone, measure, days))
    }

    /// Writes a piece of work. False, and nothing is written, if somebody else has written since it was begun.
    pub fn write_segment_work<'a>(&'a self, work: &'a SegmentWork) -> StoreFuture<'a, bool> {
        on_backend!(self, write_segment_work(work))
    }

    /// The parts of a segment that the tills have, by container.
    pub fn published_sets<'a>(&'a self, segment: &'a str) -> StoreFuture<'a, Vec<(i64, Vec<u8>)>> {
        on_backend!(self, published_sets(segment))
    }

    /// Notes which members of a segment the tills have, since a revision of theirs.
    pub fn segment_published<'a>(
        &'a self,
        segment: &'a str,
        sets: &'a [(i64, Vec<u8>)],
        revision: i64,
    ) -> StoreFuture<'a, ()> {
        on_backend!(self, segment_published(segment, sets, revision))
    }

    /// Members from one number to another with facts of a measure up to a day, the second of `days`. What is counted and
    /// added up begins with the first of them.
    pub fn buyers_between(
        &self,
        measure: i64,
        days: (i64, i64),
        first: u32,
        last: u32,
    ) -> StoreFuture<'_, Vec<BuyerRow>> {
        on_backend!(self, buyers_between(measure, days, first, last))
    }

    /// The latest frozen cut points of RFM.
    pub fn rfm_month(&self) -> StoreFuture<'_, Option<RfmMonth>> {
        on_backend!(self, rfm_month())
    }

    /// How many members have each triple of scores: recency, frequency and money.
    pub fn rfm_counts(&self) -> StoreFuture<'_, Vec<([i64; 3], i64)>> {
        on_backend!(self, rfm_counts())
    }

    /// The members from one number to another, with what rules read of them besides events and attributes.
    pub fn segment_members_between(
        &self,
        first: u32,
        last: u32,
    ) -> StoreFuture<'_, Vec<crate::SegmentMember>> {
        on_backend!(self, segment_members_between(first, last))
    }
}
