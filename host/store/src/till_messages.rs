//! Messages that wait for the next receipt of their member.

use std::collections::BTreeSet;

use crate::{Backend, EndedTillMessage, Store, StoreFuture, TillMessage};

impl Store {
    /// Adds messages, each once by its id. A member has at most `most` of them; returns the ids of those that found no
    /// room.
    pub fn add_till_messages<'a>(
        &'a self,
        messages: &'a [TillMessage],
        most: i64,
    ) -> StoreFuture<'a, BTreeSet<String>> {
        on_backend!(self, add_till_messages(messages, most))
    }

    /// The messages of a member that a purchase may give, at most `most` for each place, the oldest first: those that no
    /// other purchase holds.
    pub fn till_messages_for<'a>(
        &'a self,
        member_id: &'a str,
        purchase_id: &'a str,
        now: i64,
        most: usize,
    ) -> StoreFuture<'a, Vec<TillMessage>> {
        on_backend!(self, till_messages_for(member_id, purchase_id, now, most))
    }

    /// Messages that were delivered, or whose time is over while no purchase holds them; at most `most`.
    pub fn ended_till_messages(&self, now: i64, most: i64) -> StoreFuture<'_, Vec<EndedTillMessage>> {
        on_backend!(self, ended_till_messages(now, most))
    }

    /// The ids of messages of some members that were not delivered yet.
    pub fn waiting_till_messages<'a>(&'a self, member_ids: &'a [String]) -> StoreFuture<'a, Vec<String>> {
        on_backend!(self, waiting_till_messages(member_ids))
    }

    /// Removes messages.
    pub fn remove_till_messages<'a>(&'a self, ids: &'a [String]) -> StoreFuture<'a, ()> {
        on_backend!(self, remove_till_messages(ids))
    }

    /// Takes messages back that were not delivered; returns the ids of those.
    pub fn take_back_till_messages<'a>(&'a self, ids: &'a [String]) -> StoreFuture<'a, BTreeSet<String>> {
        on_backend!(self, take_back_till_messages(ids))
    }
}
