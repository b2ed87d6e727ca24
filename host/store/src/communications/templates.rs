//! Templates of messages and surveys by their versions, and what messages have promised.

use super::{Backend, Communications};
use crate::{OpenPromises, PromiseRow, StoreFuture, VersionRow, Versioned};

impl Communications {
    /// Adds a version of a document, unless the latest one has the same digest. Returns the latest one, and whether it is
    /// new.
    pub fn put_version<'a>(
        &'a self,
        kind: Versioned,
        name: &'a str,
        digest: &'a str,
        document: &'a str,
        at: i64,
    ) -> StoreFuture<'a, (VersionRow, bool)> {
        on_backend!(self, put_version(kind, name, digest, document, at))
    }

    /// A version of a document; the latest one if none is named.
    pub fn version<'a>(
        &'a self,
        kind: Versioned,
        name: &'a str,
        version: Option<i64>,
    ) -> StoreFuture<'a, Option<VersionRow>> {
        on_backend!(self, version(kind, name, version))
    }

    /// The latest versions of the documents after a name, at most `most`, by their names.
    pub fn latest_versions<'a>(
        &'a self,
        kind: Versioned,
        after: &'a str,
        most: i64,
    ) -> StoreFuture<'a, Vec<VersionRow>> {
        on_backend!(self, latest_versions(kind, after, most))
    }

    /// Keeps what messages promise; that of a message that is tried again replaces what it promised before.
    pub fn keep_promises<'a>(&'a self, promises: &'a [PromiseRow]) -> StoreFuture<'a, ()> {
        on_backend!(self, keep_promises(promises))
    }

    /// The promises of a message, by offer.
    pub fn promises_of<'a>(&'a self, message_id: &'a str) -> StoreFuture<'a, Vec<PromiseRow>> {
        on_backend!(self, promises_of(message_id))
    }

    /// The promises of an offer that are open at a time. Those of messages that were not sent do not count.
    pub fn open_promises<'a>(&'a self, offer: &'a str, now: i64) -> StoreFuture<'a, OpenPromises> {
        on_backend!(self, open_promises(offer, now))
    }

    /// Numbers of members with open promises of an offer after a number, in ascending order.
    pub fn promised_members<'a>(
        &'a self,
        offer: &'a str,
        now: i64,
        after: i64,
        most: i64,
    ) -> StoreFuture<'a, Vec<u32>> {
        on_backend!(self, promised_members(offer, now, after, most))
    }
}
