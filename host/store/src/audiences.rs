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

    /// Defines an audience, or defines it anew.
    pub async fn put_audience(
        &self,
        audience: &Audience,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, put_audience(audience, audit))
    }

    /// Ends a definition, and the list of those who were uploaded.
    pub async fn end_audience(&self, name: &str, audit: &AuditEntry) -> Result<Revision, StoreError> {
        on_backend!(self, end_audience(name, audit))
    }

    /// How many members were put into each audience, by its name.
    pub async fn audience_sizes(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        on_backend!(self, audience_sizes())
    }

    /// How many members were put into one audience.
    pub async fn audience_size(&self, name: &str) -> Result<i64, StoreError> {
        on_backend!(self, audience_size(name))
    }

    /// Whether any member was put into an audience.
    pub async fn has_audience_members(&self, name: &str) -> Result<bool, StoreError> {
        on_backend!(self, has_audience_members(name))
    }

    /// Starts a list, which changes nothing before [`Store::apply_audience_list`].
    pub async fn begin_audience_list(&self, audience: &str, at: i64) -> Result<i64, StoreError> {
        on_backend!(self, begin_audience_list(audience, at))
    }

    /// Puts members on a list, a few thousand at most. Answers the places of those who are unknown.
    pub async fn extend_audience_list(
        &self,
        list: i64,
        members: &[ListedMember],
    ) -> Result<Vec<usize>, StoreError> {
        on_backend!(self, extend_audience_list(list, members))
    }

    /// Gives a list its effect. A replacement is in effect at once; of the others, a few thousand
    /// members at a time. Nothing if the audience is not an uploaded one any more.
    pub async fn apply_audience_list(
        &self,
        list: i64,
        effect: ListEffect,
        audit: &AuditEntry,
    ) -> Result<Option<Revision>, StoreError> {
        on_backend!(self, apply_audience_list(list, effect, audit))
    }

    /// Forgets a list that is not in force.
    pub async fn drop_audience_list(&self, list: i64) -> Result<(), StoreError> {
        on_backend!(self, drop_audience_list(list))
    }

    /// Forgets the lists from before a time that are not in force; answers how many.
    pub async fn sweep_audience_lists(&self, before: i64) -> Result<usize, StoreError> {
        on_backend!(self, sweep_audience_lists(before))
    }
}
