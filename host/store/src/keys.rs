//! API keys of callers, tokens of members, and the keys that partners sign with.

use crate::{ApiKey, AuditEntry, Backend, MemberToken, PartnerKey, Store, StoreError};

impl Store {
    /// Stores an API key. Only its digest is kept.
    pub async fn add_key(&self, key: &ApiKey, audit: &AuditEntry) -> Result<(), StoreError> {
        on_backend!(self, add_key(key, audit))
    }

    /// Revokes an API key from the time of the entry, with the tokens of members that it made. False if there is none with this digest, or if it is revoked.
    pub async fn revoke_key(&self, digest: &str, audit: &AuditEntry) -> Result<bool, StoreError> {
        on_backend!(self, revoke_key(digest, audit))
    }

    /// The API key with this digest, and the time by the clock of the database.
    pub async fn key(&self, digest: &str) -> Result<Option<(ApiKey, i64)>, StoreError> {
        on_backend!(self, key(digest))
    }

    /// All API keys, oldest first, with those that expired or were revoked.
    pub async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        on_backend!(self, keys())
    }

    /// Notes that an API key was used at a time, unless a later use is noted.
    pub async fn note_key_use(&self, digest: &str, at: i64) -> Result<(), StoreError> {
        on_backend!(self, note_key_use(digest, at))
    }

    /// Stores a token for a member, which expires so many seconds from now. Only its digest is kept. `issued_by` is the
    /// digest of an API key.
    pub async fn add_member_token(
        &self,
        digest: &str,
        member_id: &str,
        issued_by: &str,
        seconds: i64,
    ) -> Result<MemberToken, StoreError> {
        on_backend!(self, add_member_token(digest, member_id, issued_by, seconds))
    }

    /// The token with this digest, and the time by the clock of the database.
    pub async fn member_token(&self, digest: &str) -> Result<Option<(MemberToken, i64)>, StoreError> {
        on_backend!(self, member_token(digest))
    }

    /// Removes tokens that expired before a time.
    pub async fn sweep_member_tokens(&self, before: i64) -> Result<u64, StoreError> {
        on_backend!(self, sweep_member_tokens(before))
    }

    /// Registers a partner key. False if there is one with this id.
    pub async fn add_partner_key(&self, key: &PartnerKey, audit: &AuditEntry) -> Result<bool, StoreError> {
        on_backend!(self, add_partner_key(key, audit))
    }

    /// Revokes a partner key from the time of the entry. False if there is none with this id, or if it is
    /// revoked.
    pub async fn revoke_partner_key(&self, id: &str, audit: &AuditEntry) -> Result<bool, StoreError> {
        on_backend!(self, revoke_partner_key(id, audit))
    }

    /// The partner key with this id, revoked or not.
    pub async fn partner_key(&self, id: &str) -> Result<Option<PartnerKey>, StoreError> {
        on_backend!(self, partner_key(id))
    }

    /// All keys of a partner, by id.
    pub async fn partner_keys(&self, partner: &str) -> Result<Vec<PartnerKey>, StoreError> {
        on_backend!(self, partner_keys(partner))
    }
}
