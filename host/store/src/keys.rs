//! API keys of callers, tokens of members, and the keys that partners sign with.

use crate::{ApiKey, AuditEntry, Backend, MemberToken, PartnerKey, Store, StoreFuture};

impl Store {
    /// Stores an API key. Only its digest is kept.
    pub fn add_key<'a>(&'a self, key: &'a ApiKey, audit: &'a AuditEntry) -> StoreFuture<'a, ()> {
        on_backend!(self, add_key(key, audit))
    }

    /// Revokes an API key from the time of the entry, with the tokens of members that it made. False if there is none with this digest, or if it is revoked.
    pub fn revoke_key<'a>(&'a self, digest: &'a str, audit: &'a AuditEntry) -> StoreFuture<'a, bool> {
        on_backend!(self, revoke_key(digest, audit))
    }

    /// The API key with this digest, and the time by the clock of the database.
    pub fn key<'a>(&'a self, digest: &'a str) -> StoreFuture<'a, Option<(ApiKey, i64)>> {
        on_backend!(self, key(digest))
    }

    /// All API keys, oldest first, with those that expired or were revoked.
    pub fn keys(&self) -> StoreFuture<'_, Vec<ApiKey>> {
        on_backend!(self, keys())
    }

    /// Notes that an API key was used at a time, unless a later use is noted.
    pub fn note_key_use<'a>(&'a self, digest: &'a str, at: i64) -> StoreFuture<'a, ()> {
        on_backend!(self, note_key_use(digest, at))
    }

    /// Stores a token for a member, which expires so many seconds from now. Only its digest is kept. `issued_by` is the
    /// digest of an API key.
    pub fn add_member_token<'a>(
        &'a self,
        digest: &'a str,
        member_id: &'a str,
        issued_by: &'a str,
        seconds: i64,
    ) -> StoreFuture<'a, MemberToken> {
        on_backend!(self, add_member_token(digest, member_id, issued_by, seconds))
    }

    /// The token with this digest, and the time by the clock of the database.
    pub fn member_token<'a>(&'a self, digest: &'a str) -> StoreFuture<'a, Option<(MemberToken, i64)>> {
        on_backend!(self, member_token(digest))
    }

    /// Removes tokens that expired before a time.
    pub fn sweep_member_tokens(&self, before: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, sweep_member_tokens(before))
    }

    /// Registers a partner key. False if there is one with this id.
    pub fn add_partner_key<'a>(
        &'a self,
        key: &'a PartnerKey,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, bool> {
        on_backend!(self, add_partner_key(key, audit))
    }

    /// Revokes a partner key from the time of the entry. False if there is none with this id, or if it is
    /// revoked.
    pub fn revoke_partner_key<'a>(&'a self, id: &'a str, audit: &'a AuditEntry) -> StoreFuture<'a, bool> {
        on_backend!(self, revoke_partner_key(id, audit))
    }

    /// The partner key with this id, revoked or not.
    pub fn partner_key<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<PartnerKey>> {
        on_backend!(self, partner_key(id))
    }

    /// All keys of a partner, by id.
    pub fn partner_keys<'a>(&'a self, partner: &'a str) -> StoreFuture<'a, Vec<PartnerKey>> {
        on_backend!(self, partner_keys(partner))
    }
}
