//! Mailings, and the planning of their messages.

use super::{Backend, Communications};
use crate::{MailingRow, MailingStart, NewEvent, PlannedMessage, StoreFuture};

impl Communications {
    /// The mailing with this name.
    pub fn mailing<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<MailingRow>> {
        on_backend!(self, mailing(name))
    }

    /// Mailings after a name, at most `most`, by their names.
    pub fn mailings_after<'a>(&'a self, name: &'a str, most: i64) -> StoreFuture<'a, Vec<MailingRow>> {
        on_backend!(self, mailings_after(name, most))
    }

    /// The mailings with something to do: those that are running, and those that were stopped and have messages that wait,
    /// by their names.
    pub fn running_mailings(&self) -> StoreFuture<'_, Vec<MailingRow>> {
        on_backend!(self, running_mailings())
    }

    /// Stores the document of a mailing. False if it was started already, and so keeps the one that it has.
    pub fn put_mailing<'a>(&'a self, name: &'a str, document: &'a str, at: i64) -> StoreFuture<'a, bool> {
        on_backend!(self, put_mailing(name, document, at))
    }

    /// Starts a mailing with the audience that it has from now on. False if it is no draft of that version any more.
    pub fn start_mailing<'a>(&'a self, start: &'a MailingStart) -> StoreFuture<'a, bool> {
        on_backend!(self, start_mailing(start))
    }

    /// The first part of a frozen audience from a part on: its number, and the bitmap of those below 65,536 that are in it.
    pub fn mailing_part<'a>(&'a self, name: &'a str, part: i64) -> StoreFuture<'a, Option<(i64, Vec<u8>)>> {
        on_backend!(self, mailing_part(name, part))
    }

    /// Plans messages and moves the cursor of the mailing over the `range` of numbers that they stand for, in one
    /// transaction. `merged` members were left out, as they are one with others. False, and nothing is written, if the
    /// cursor is not where the range begins.
    pub fn plan_messages<'a>(
        &'a self,
        name: &'a str,
        range: (i64, i64),
        messages: &'a [PlannedMessage],
        ghosts: &'a [NewEvent],
        merged: i64,
        at: i64,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, plan_messages(name, range, messages, ghosts, merged, at))
    }

    /// Notes that everybody in the audience of a mailing is planned, if its cursor is still at `from`.
    pub fn mailing_planned<'a>(&'a self, name: &'a str, from: i64) -> StoreFuture<'a, bool> {
        on_backend!(self, mailing_planned(name, from))
    }

    /// Ends a mailing if nothing of it is waiting, or on the wire. True if it has just ended.
    pub fn end_mailing<'a>(&'a self, name: &'a str, queue: &'a str, at: i64) -> StoreFuture<'a, bool> {
        on_backend!(self, end_mailing(name, queue, at))
    }

    /// Changes the state of a mailing from one of some states to another, and opens its queue if that is `running`. False
    /// if it is in none of those.
    pub fn change_mailing<'a>(
        &'a self,
        name: &'a str,
        queue: &'a str,
        states: (&'a [&'a str], &'a str),
        at: i64,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, change_mailing(name, queue, states, at))
    }

    /// Skips messages of a queue that wait, at most `most`. Returns how many.
    pub fn skip_waiting<'a>(
        &'a self,
        queue: &'a str,
        reason: &'a str,
        most: i64,
        at: i64,
    ) -> StoreFuture<'a, u64> {
        on_backend!(self, skip_waiting(queue, reason, most, at))
    }
}
