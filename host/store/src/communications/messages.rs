//! Messages, the workers that send them, and limits.

use std::collections::BTreeSet;

use super::{Backend, Communications};
use crate::{
    LaneLease, MessageChange, MessageCount, MessageQueue, MessageRow, NewEvent, QueueHead, RateLimit,
    RateSlots, Reaction, ReactionCounts, StoreFuture,
};

impl Communications {
    /// The message with this id.
    pub fn message<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<MessageRow>> {
        on_backend!(self, message(id))
    }

    /// Messages of a cause in a state after an id, at most `most`, by their ids.
    pub fn messages_of_cause<'a>(
        &'a self,
        cause: &'a str,
        state: &'a str,
        after: &'a str,
        most: i64,
    ) -> StoreFuture<'a, Vec<MessageRow>> {
        on_backend!(self, messages_of_cause(cause, state, after, most))
    }

    /// The numbers of messages of a cause by state and reason.
    pub fn count_messages<'a>(&'a self, cause: &'a str) -> StoreFuture<'a, Vec<MessageCount>> {
        on_backend!(self, count_messages(cause))
    }

    /// The numbers of messages of a cause by A/B variant and state.
    pub fn count_variants<'a>(&'a self, cause: &'a str) -> StoreFuture<'a, Vec<MessageCount>> {
        on_backend!(self, count_variants(cause))
    }

    /// The numbers of messages of a cause with reactions.
    pub fn count_reactions<'a>(&'a self, cause: &'a str) -> StoreFuture<'a, ReactionCounts> {
        on_backend!(self, count_reactions(cause))
    }

    /// Messages of a cause after an id that were clicked, at most `most`: id, number of the member, first click.
    pub fn clicked_messages<'a>(
        &'a self,
        cause: &'a str,
        after: &'a str,
        most: i64,
    ) -> StoreFuture<'a, Vec<(String, i64, i64)>> {
        on_backend!(self, clicked_messages(cause, after, most))
    }

    /// Notes a first reaction to a message, with its events, in one transaction; a later one of the same kind changes
    /// nothing of the message. True if one of the events is new.
    pub fn react<'a>(
        &'a self,
        id: &'a str,
        reaction: Reaction,
        at: i64,
        events: &'a [NewEvent],
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, react(id, reaction, at, events))
    }

    /// The latest message of a channel that the provider knows under an id of its own.
    pub fn message_of_provider<'a>(
        &'a self,
        channel: &'a str,
        provider_id: &'a str,
    ) -> StoreFuture<'a, Option<MessageRow>> {
        on_backend!(self, message_of_provider(channel, provider_id))
    }

    /// Messages of some members that were planned from an instant on, by member.
    pub fn messages_of_members<'a>(
        &'a self,
        numbers: &'a [i64],
        planned_since: i64,
    ) -> StoreFuture<'a, Vec<MessageRow>> {
        on_backend!(self, messages_of_members(numbers, planned_since))
    }

    /// Those of some members who have several messages of a cause: they are several who were merged.
    pub fn members_with_several<'a>(
        &'a self,
        cause: &'a str,
        numbers: &'a [i64],
    ) -> StoreFuture<'a, Vec<i64>> {
        on_backend!(self, members_with_several(cause, numbers))
    }

    /// Removes messages that were planned before an instant and have ended, and promises that ended before it, at most `most` of
    /// each. Returns how many.
    pub fn sweep_messages(&self, before: i64, most: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, sweep_messages(before, most))
    }

    /// Sends messages of a cause again that were given up, refused, or are unknown. Returns how many of these there are.
    pub fn send_again<'a>(&'a self, cause: &'a str, ids: &'a [String], at: i64) -> StoreFuture<'a, u64> {
        on_backend!(self, send_again(cause, ids, at))
    }

    /// The first of what is due in each open queue of messages, and of what chains wait for; of events the first that the
    /// reader with this cursor has not read.
    pub fn queue_heads<'a>(&'a self, reader: &'a str, now: i64) -> StoreFuture<'a, Vec<QueueHead>> {
        on_backend!(self, queue_heads(reader, now))
    }

    /// The queues that are looked at, the most urgent first.
    pub fn open_queues(&self) -> StoreFuture<'_, Vec<MessageQueue>> {
        on_backend!(self, open_queues())
    }

    /// Messages of a queue and of some lanes that are due, at most `most`, the longest due first.
    pub fn due_messages<'a>(
        &'a self,
        queue: &'a str,
        lanes: &'a [i64],
        now: i64,
        most: i64,
    ) -> StoreFuture<'a, Vec<MessageRow>> {
        on_backend!(self, due_messages(queue, lanes, now, most))
    }

    /// Writes what was decided about messages that wait: that they are tried now, held or skipped. Returns the ids of those
    /// for which it is so; none at all if the queue was closed, or the worker does not hold `lanes` any more. `owner` is the
    /// worker's name, and for how long its lease is lengthened.
    pub fn begin_attempts<'a>(
        &'a self,
        owner: (&'a str, i64),
        queue: &'a str,
        lanes: &'a [i64],
        changes: &'a [MessageChange],
        now: i64,
    ) -> StoreFuture<'a, BTreeSet<String>> {
        on_backend!(self, begin_attempts(owner, queue, lanes, changes, now))
    }

    /// Writes what became of attempts. Returns the ids of those messages that were not tried again since.
    pub fn end_attempts<'a>(
        &'a self,
        changes: &'a [MessageChange],
        now: i64,
    ) -> StoreFuture<'a, BTreeSet<String>> {
        on_backend!(self, end_attempts(changes, now))
    }

    /// Writes that messages which were handed over will not be delivered. Returns the ids of those that were not meanwhile.
    pub fn take_back_messages<'a>(
        &'a self,
        changes: &'a [MessageChange],
        now: i64,
    ) -> StoreFuture<'a, BTreeSet<String>> {
        on_backend!(self, take_back_messages(changes, now))
    }

    /// Leases a fair part of the lanes to a worker. Messages that were on the wire in lanes of a worker that is gone are
    /// unknown from now on, or sent again if they may be.
    pub fn lease_lanes<'a>(&'a self, owner: &'a str, lease_ms: i64) -> StoreFuture<'a, LaneLease> {
        on_backend!(self, lease_lanes(owner, lease_ms))
    }

    /// Lengthens the lease of a worker's lanes; returns how many it still has.
    pub fn renew_lanes<'a>(&'a self, owner: &'a str, lease_ms: i64) -> StoreFuture<'a, u64> {
        on_backend!(self, renew_lanes(owner, lease_ms))
    }

    /// Gives all lanes of a worker back.
    pub fn release_lanes<'a>(&'a self, owner: &'a str) -> StoreFuture<'a, ()> {
        on_backend!(self, release_lanes(owner))
    }

    /// Takes times at which messages may go that count under all of these limits, at most `wanted` of them and none later
    /// than `within_ms` from now.
    pub fn take_slots<'a>(
        &'a self,
        limits: &'a [RateLimit],
        wanted: usize,
        within_ms: i64,
    ) -> StoreFuture<'a, RateSlots> {
        on_backend!(self, take_slots(limits, wanted, within_ms))
    }
}
