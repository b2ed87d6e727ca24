//! API keys of callers, and the keys that partners sign with.

use crate::{ApiKey, AuditEntry, Backend, PartnerKey, Store, StoreError};

impl Store {
    /// Stores an API key. Only its digest is kept.
    pub async fn add_key(&self, digest: &str, key: &ApiKey, audit: &AuditEntry) -> Result<(), StoreError> {
        on_backend!(self, add_key(digest, key, audit))
    }

    /// The API key with this digest.
    pub async fn key(&self, digest: &str) -> Result<Option<ApiKey>, StoreError> {
        on_backend!(self, key(digest))
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
