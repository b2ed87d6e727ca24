//! Audiences: definitions, and lists of members.

use std::collections::BTreeMap;

use crate::{Audience, AuditEntry, Backend, ListEffect, ListedMember, Revision, Store, StoreFuture};

impl Store {
    /// All definitions, by name.
    pub fn audiences(&self) -> StoreFuture<'_, Vec<Audience>> {
        on_backend!(self, audiences())
    }

    /// The definitions as of a revision, by name.
    pub fn audiences_at(&self, revision: Revision) -> StoreFuture<'_, Vec<Audience>> {
        on_backend!(self, audiences_at(revision))
    }

    /// Defines an audience, in place of one with the same name.
    pub fn put_audience<'a>(
        &'a self,
        audience: &'a Audience,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Revision> {
        on_backend!(self, put_audience(audience, audit))
    }

    /// Ends the definition of an audience, and its list of members.
    pub fn end_audience<'a>(&'a self, name: &'a str, audit: &'a AuditEntry) -> StoreFuture<'a, Revision> {
        on_backend!(self, end_audience(name, audit))
    }

    /// The number of members that were put into each audience, by its name.
    pub fn audience_sizes(&self) -> StoreFuture<'_, BTreeMap<String, i64>> {
        on_backend!(self, audience_sizes())
    }

    /// The number of members that were put into one audience.
    pub fn audience_size<'a>(&'a self, name: &'a str) -> StoreFuture<'a, i64> {
        on_backend!(self, audience_size(name))
    }

    /// True if any member was put into an audience.
    pub fn has_audience_members<'a>(&'a self, name: &'a str) -> StoreFuture<'a, bool> {
        on_backend!(self, has_audience_members(name))
    }

    /// Creates an empty list and returns its number. It has no effect before
    /// [`Store::apply_audience_list`].
    pub fn begin_audience_list<'a>(&'a self, audience: &'a str, at: i64) -> StoreFuture<'a, i64> {
        on_backend!(self, begin_audience_list(audience, at))
    }

    /// Adds members to a list, a few thousand at most. Returns the indexes of unknown ones in `members`.
    pub fn extend_audience_list<'a>(
        &'a self,
        list: i64,
        members: &'a [ListedMember],
    ) -> StoreFuture<'a, Vec<usize>> {
        on_backend!(self, extend_audience_list(list, members))
    }

    /// Applies a list to its audience. A replacement takes effect at once, other effects a few thousand
    /// members at a time. None if the audience is no longer an uploaded one.
    pub fn apply_audience_list<'a>(
        &'a self,
        list: i64,
        effect: ListEffect,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Option<Revision>> {
        on_backend!(self, apply_audience_list(list, effect, audit))
    }

    /// Deletes a list that is not in force.
    pub fn drop_audience_list(&self, list: i64) -> StoreFuture<'_, ()> {
        on_backend!(self, drop_audience_list(list))
    }

    /// Deletes the lists from before a time that are not in force, and returns how many.
    pub fn sweep_audience_lists(&self, before: i64) -> StoreFuture<'_, usize> {
        on_backend!(self, sweep_audience_lists(before))
    }
}
