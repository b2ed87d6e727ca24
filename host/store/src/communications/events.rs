//! The log of events, and how far its readers have come.

use super::{Backend, Communications};
use crate::{Appended, Cursor, EventRow, NewEvent, StoreFuture};

impl Communications {
    /// Adds events, in their order, in one transaction; those whose source and id the log has already are left out.
    pub fn append_events<'a>(&'a self, events: &'a [NewEvent]) -> StoreFuture<'a, Vec<Appended>> {
        on_backend!(self, append_events(events))
    }

    /// Adds events and moves the cursor of the reader that made them, in one transaction. False, and nothing is written,
    /// if the cursor is not at the position `from`.
    pub fn append_events_of<'a>(
        &'a self,
        events: &'a [NewEvent],
        cursor: &'a str,
        from: i64,
        to: &'a Cursor,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, append_events_of(events, cursor, from, to))
    }

    /// Events after a number, at most `most`, by their numbers.
    pub fn events_after(&self, seq: i64, most: i64) -> StoreFuture<'_, Vec<EventRow>> {
        on_backend!(self, events_after(seq, most))
    }

    /// Events of a member from an instant on, at most `most`, the latest first.
    pub fn events_of(&self, number: u32, since: i64, most: i64) -> StoreFuture<'_, Vec<EventRow>> {
        on_backend!(self, events_of(number, since, most))
    }

    /// The event with a source and an id.
    pub fn event<'a>(&'a self, source: &'a str, id: &'a str) -> StoreFuture<'a, Option<EventRow>> {
        on_backend!(self, event(source, id))
    }

    /// The number of the latest event; 0 before the first.
    pub fn last_event(&self) -> StoreFuture<'_, i64> {
        on_backend!(self, last_event())
    }

    /// Removes events that happened before an instant, at most `most`. Returns how many.
    pub fn remove_events_before(&self, at: i64, most: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, remove_events_before(at, most))
    }

    /// How far a reader has come; 0 before it began.
    pub fn cursor<'a>(&'a self, name: &'a str) -> StoreFuture<'a, i64> {
        on_backend!(self, cursor(name))
    }

    /// As [`Communications::cursor`], with the id of the last row.
    pub fn marked_cursor<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Cursor> {
        on_backend!(self, marked_cursor(name))
    }
}
