//! Offers, their versions, and templates of offers.

use crate::{
    AuditEntry, Backend, OfferRecord, OfferRun, OfferState, OfferTemplate, Revision, Store, StoreFuture,
};

impl Store {
    /// The latest version of every offer, by external id. An earlier version may be the running one.
    pub fn offers(&self) -> StoreFuture<'_, Vec<OfferRecord>> {
        on_backend!(self, offers())
    }

    /// The running version of every offer that has one, by external id.
    pub fn running_offers(&self) -> StoreFuture<'_, Vec<OfferRecord>> {
        on_backend!(self, running_offers())
    }

    /// The current version of every offer as of a revision, by external id.
    pub fn offers_at(&self, revision: Revision) -> StoreFuture<'_, Vec<OfferRecord>> {
        on_backend!(self, offers_at(revision))
    }

    /// Version and state that an offer had as of a revision; absent if it did not exist yet. A draft beside a running
    /// version is not it.
    pub fn offer_state_at<'a>(
        &'a self,
        external_id: &'a str,
        revision: Revision,
    ) -> StoreFuture<'a, Option<(u32, OfferState)>> {
        on_backend!(self, offer_state_at(external_id, revision))
    }

    /// All versions of an offer, oldest first.
    pub fn offer_versions<'a>(&'a self, external_id: &'a str) -> StoreFuture<'a, Vec<OfferRecord>> {
        on_backend!(self, offer_versions(external_id))
    }

    /// The stretches of time in which versions of an offer ran, in order.
    pub fn offer_runs<'a>(&'a self, external_id: &'a str) -> StoreFuture<'a, Vec<OfferRun>> {
        on_backend!(self, offer_runs(external_id))
    }

    /// Stores versions of offers, at most one of each, with the version number and state that the caller
    /// gives them. A version that exists keeps its body; a version that goes live stops the one that ran.
    pub fn put_offers<'a>(
        &'a self,
        offers: &'a [OfferRecord],
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Revision> {
        on_backend!(self, put_offers(offers, audit))
    }

    /// All templates of offers, by name.
    pub fn offer_templates(&self) -> StoreFuture<'_, Vec<OfferTemplate>> {
        on_backend!(self, offer_templates())
    }

    /// Stores a template, in place of one with the same name.
    pub fn put_offer_template<'a>(
        &'a self,
        template: &'a OfferTemplate,
        audit: &'a AuditEntry,
    ) -> StoreFuture<'a, Revision> {
        on_backend!(self, put_offer_template(template, audit))
    }
}
