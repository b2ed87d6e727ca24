//! Consents, suppressions, and ranges of phone numbers.

use super::{Backend, Communications};
use crate::{
    ConsentRow, MemberConsent, NewConsent, NewEvent, NewSuppression, NumberRangeRow, StoreFuture,
    SuppressionRow,
};

impl Communications {
    /// Adds answers, and the events that tell of them, in one transaction. Returns for each whether it is new.
    pub fn add_consents<'a>(
        &'a self,
        consents: &'a [NewConsent],
        events: &'a [NewEvent],
    ) -> StoreFuture<'a, Vec<bool>> {
        on_backend!(self, add_consents(consents, events))
    }

    /// The latest answers of members, one for each channel, topic and state.
    pub fn consents_of<'a>(&'a self, numbers: &'a [u32]) -> StoreFuture<'a, Vec<MemberConsent>> {
        on_backend!(self, consents_of(numbers))
    }

    /// All answers of a member with their proofs, at most `most`, the latest first.
    pub fn consent_proofs(&self, number: u32, most: i64) -> StoreFuture<'_, Vec<ConsentRow>> {
        on_backend!(self, consent_proofs(number, most))
    }

    /// Adds and lifts suppressions, in their order, and the events that tell of them, in one transaction. Returns for each
    /// whether it has changed the list.
    pub fn change_suppressions<'a>(
        &'a self,
        changes: &'a [NewSuppression],
        events: &'a [NewEvent],
    ) -> StoreFuture<'a, Vec<bool>> {
        on_backend!(self, change_suppressions(changes, events))
    }

    /// Suppressions of members, and of addresses by their digests.
    pub fn suppressions_of<'a>(
        &'a self,
        numbers: &'a [u32],
        digests: &'a [String],
    ) -> StoreFuture<'a, Vec<SuppressionRow>> {
        on_backend!(self, suppressions_of(numbers, digests))
    }

    /// Puts a table of ranges of phone numbers in the place of the one before. Returns how often that was done.
    pub fn put_number_ranges<'a>(&'a self, ranges: &'a [NumberRangeRow]) -> StoreFuture<'a, i64> {
        on_backend!(self, put_number_ranges(ranges))
    }

    /// How often the table of ranges was put.
    pub fn number_ranges_version(&self) -> StoreFuture<'_, i64> {
        on_backend!(self, number_ranges_version())
    }

    /// The table of ranges, by the first number, and how often it was put.
    pub fn number_ranges(&self) -> StoreFuture<'_, (i64, Vec<NumberRangeRow>)> {
        on_backend!(self, number_ranges())
    }
}
