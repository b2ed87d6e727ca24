//! The keys that partners sign with.

use crate::{AuditEntry, Backend, PartnerKey, Store, StoreError};

impl Store {
    /// Registers a key. False if there is one with this id.
    pub async fn add_partner_key(&self, key: &PartnerKey, audit: &AuditEntry) -> Result<bool, StoreError> {
        on_backend!(self, add_partner_key(key, audit))
    }

    /// Revokes a key, from the time of the entry. False if there is none in force with this id.
    pub async fn revoke_partner_key(&self, id: &str, audit: &AuditEntry) -> Result<bool, StoreError> {
        on_backend!(self, revoke_partner_key(id, audit))
    }

    /// The key with this id, revoked or not.
    pub async fn partner_key(&self, id: &str) -> Result<Option<PartnerKey>, StoreError> {
        on_backend!(self, partner_key(id))
    }

    /// All keys of a partner, by id.
    pub async fn partner_keys(&self, partner: &str) -> Result<Vec<PartnerKey>, StoreError> {
        on_backend!(self, partner_keys(partner))
    }
}
