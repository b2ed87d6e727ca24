//! Audiences: definitions, and lists of members.

use std::collections::BTreeMap;

use crate::{Audience, AuditEntry, Backend, ListEffect, ListedMember, Revision, Store, StoreError};

impl Store {
    /// All definitions, by name.
    pub async fn audiences(&self) -> Result<Vec<Audience>, StoreError> {
        on_backend!(self, audiences())
    }

    /// The definitions as of a revision, by name.
    pub async fn audiences_at(&self, revision: Revision) -> Result<Vec<Audience>, StoreError> {
        on_backend!(self, audiences_at(revision))
    }

    /// Defines an audience, in place of one with the same name.
    pub async fn put_audience(
        &self,
        audience: &Audience,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, put_audience(audience, audit))
    }

    /// Ends the definition of an audience, and its list of members.
    pub async fn end_audience(&self, name: &str, audit: &AuditEntry) -> Result<Revision, StoreError> {
        on_backend!(self, end_audience(name, audit))
    }

    /// The number of members that were put into each audience, by its name.
    pub async fn audience_sizes(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        on_backend!(self, audience_sizes())
    }

    /// The number of members that were put into one audience.
    pub async fn audience_size(&self, name: &str) -> Result<i64, StoreError> {
        on_backend!(self, audience_size(name))
    }

    /// True if any member was put into an audience.
    pub async fn has_audience_members(&self, name: &str) -> Result<bool, StoreError> {
        on_backend!(self, has_audience_members(name))
    }

    /// Creates an empty list and returns its number. It has no effect before
    /// [`Store::apply_audience_list`].
    pub async fn begin_audience_list(&self, audience: &str, at: i64) -> Result<i64, StoreError> {
        on_backend!(self, begin_audience_list(audience, at))
    }

    /// Adds members to a list, a few thousand at most. Returns the indexes of unknown ones in `members`.
    pub async fn extend_audience_list(
        &self,
        list: i64,
        members: &[ListedMember],
    ) -> Result<Vec<usize>, StoreError> {
        on_backend!(self, extend_audience_list(list, members))
    }

    /// Applies a list to its audience. A replacement takes effect at once, other effects a few thousand
    /// members at a time. None if the audience is no longer an uploaded one.
    pub async fn apply_audience_list(
        &self,
        list: i64,
        effect: ListEffect,
        audit: &AuditEntry,
    ) -> Result<Option<Revision>, StoreError> {
        on_backend!(self, apply_audience_list(list, effect, audit))
    }

    /// Deletes a list that is not in force.
    pub async fn drop_audience_list(&self, list: i64) -> Result<(), StoreError> {
        on_backend!(self, drop_audience_list(list))
    }

    /// Deletes the lists from before a time that are not in force, and returns how many.
    pub async fn sweep_audience_lists(&self, before: i64) -> Result<usize, StoreError> {
        on_backend!(self, sweep_audience_lists(before))
    }
}
