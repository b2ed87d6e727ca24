//! The audit log of changes. Every record holds the hash of the record before it.

use sha2::{Digest as _, Sha256};

use super::Revision;

/// The content of a record, before it is chained to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Seconds since 1970; also the time of the change itself.
    pub at: i64,
    /// The name of the key that made the change, and the first digits of its digest.
    pub actor: String,
    /// The role of that key.
    pub role: String,
    /// The kind of change: a short, stable name.
    pub action: String,
    /// The thing that was changed, such as an offer's external id.
    pub subject: String,
    /// JSON: further facts about the change.
    pub detail: String,
}

/// An entry in its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// From 1, without gaps.
    pub number: i64,
    /// Its content.
    pub entry: AuditEntry,
    /// The revision of the change, if it has one.
    pub revision: Option<Revision>,
    /// The hash of the record before.
    pub previous: String,
    /// `sha256:` and the digest of everything above.
    pub hash: String,
}

/// The last record of a log, or of a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Its number; 0 before the first.
    pub number: i64,
    /// Its hash.
    pub hash: String,
}

impl AuditHead {
    /// The head of an empty log, which the first record is chained to.
    pub fn genesis() -> Self {
        Self { number: 0, hash: format!("sha256:{}", "0".repeat(64)) }
    }
}

/// The first place at which a log differs from what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditBreak {
    /// A record was removed here, or one was inserted before this place.
    #[error("number {expected} is missing; the next one is {found}")]
    Missing {
        /// The number that should follow.
        expected: i64,
        /// The number that follows.
        found: i64,
    },
    /// A record is not chained to the record before it.
    #[error("number {number} has a wrong link: it names {found} as the hash before it, which is {expected}")]
    Link {
        /// The record's number.
        number: i64,
        /// The hash of the record before.
        expected: String,
        /// The hash that it names.
        found: String,
    },
    /// The hash of a record is not that of its content.
    #[error("number {number} was changed: its content has the hash {expected}, but it states {found}")]
    Changed {
        /// The record's number.
        number: i64,
        /// The hash of its content.
        expected: String,
        /// The hash that it states.
        found: String,
    },
}

impl AuditRecord {
    /// Makes the record that follows the head of a log.
    pub(crate) fn chained(entry: AuditEntry, revision: Option<Revision>, head: AuditHead) -> Self {
        let number = head.number.saturating_add(1);
        let mut record = Self { number, entry, revision, previous: head.hash, hash: String::new() };
        record.hash = record.digest();
        record
    }

    /// Checks this record against the head before it, and returns the head to check the next one
    /// against.
    pub fn follow(&self, before: &AuditHead) -> Result<AuditHead, AuditBreak> {
        let number = self.number;
        let expected = before.number.saturating_add(1);
        if number != expected {
            return Err(AuditBreak::Missing { expected, found: number });
        }
        let (expected, found) = (self.digest(), self.hash.clone());
        if expected != found {
            return Err(AuditBreak::Changed { number, expected, found });
        }
        if self.previous != before.hash {
            let (expected, found) = (before.hash.clone(), self.previous.clone());
            return Err(AuditBreak::Link { number, expected, found });
        }
        Ok(AuditHead { number, hash: found })
    }

    /// The hash of the content: SHA-256 over the previous hash and every field, each as its length in
    /// bytes, a colon and its text. The lengths make sure that no two records have the same text.
    fn digest(&self) -> String {
        let entry = &self.entry;
        let (number, at) = (self.number.to_string(), entry.at.to_string());
        let revision = self.revision.map(|revision| revision.to_string()).unwrap_or_default();
        let fields = [
            &self.previous,
            &number,
            &at,
            &entry.actor,
            &entry.role,
            &entry.action,
            &entry.subject,
            &entry.detail,
            &revision,
        ];
        let mut digest = Sha256::new();
        for field in fields {
            digest.update(format!("{}:{field}", field.len()));
        }
        format!("sha256:{}", hex::encode(digest.finalize()))
    }
}
