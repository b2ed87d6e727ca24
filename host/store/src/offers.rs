//! Offers, their versions, and templates of offers.

use crate::{
    AuditEntry, Backend, OfferRecord, OfferRun, OfferState, OfferTemplate, Revision, Store, StoreError,
};

impl Store {
    /// The latest version of every offer, by external id. An earlier version may be the running one.
    pub async fn offers(&self) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, offers())
    }

    /// The running version of every offer that has one, by external id.
    pub async fn running_offers(&self) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, running_offers())
    }

    /// The current version of every offer as of a revision, by external id.
    pub async fn offers_at(&self, revision: Revision) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, offers_at(revision))
    }

    /// Version and state that an offer had as of a revision; absent if it did not exist yet. A draft beside a running
    /// version is not it.
    pub async fn offer_state_at(
        &self,
        external_id: &str,
        revision: Revision,
    ) -> Result<Option<(u32, OfferState)>, StoreError> {
        on_backend!(self, offer_state_at(external_id, revision))
    }

    /// All versions of an offer, oldest first.
    pub async fn offer_versions(&self, external_id: &str) -> Result<Vec<OfferRecord>, StoreError> {
        on_backend!(self, offer_versions(external_id))
    }

    /// The stretches of time in which versions of an offer ran, in order.
    pub async fn offer_runs(&self, external_id: &str) -> Result<Vec<OfferRun>, StoreError> {
        on_backend!(self, offer_runs(external_id))
    }

    /// Stores versions of offers, at most one of each, with the version number and state that the caller
    /// gives them. A version that exists keeps its body; a version that goes live stops the one that ran.
    pub async fn put_offers(
        &self,
        offers: &[OfferRecord],
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, put_offers(offers, audit))
    }

    /// All templates of offers, by name.
    pub async fn offer_templates(&self) -> Result<Vec<OfferTemplate>, StoreError> {
        on_backend!(self, offer_templates())
    }

    /// Stores a template, in place of one with the same name.
    pub async fn put_offer_template(
        &self,
        template: &OfferTemplate,
        audit: &AuditEntry,
    ) -> Result<Revision, StoreError> {
        on_backend!(self, put_offer_template(template, audit))
    }
}
