//! Who changed what: a log in which every record holds the hash of the one before.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Revision;

/// What is told of a change, before it is chained to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Seconds since 1970; also the time of the change itself.
    pub at: i64,
    /// Who made it.
    pub actor: String,
    /// In what role.
    pub role: String,
    /// What was done: a short, stable name.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// JSON text.
    pub detail: String,
}

/// An entry in its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// From 1, without gaps.
    pub number: i64,
    /// What is told.
    pub entry: AuditEntry,
    /// The change that it was written with, if that has a revision.
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
    /// What the first record is chained to.
    pub fn genesis() -> Self {
        Self { number: 0, hash: format!("sha256:{}", "0".repeat(64)) }
    }
}

/// Where a log is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditBreak {
    /// A record is gone, or was put in before this place.
    #[error("number {expected} is missing; the next one is {found}")]
    Missing {
        /// The number that has to come.
        expected: i64,
        /// The number that comes.
        found: i64,
    },
    /// A record does not follow the one before it.
    #[error("number {number} has a wrong link: it names {found} as the record before, which is {expected}")]
    Link {
        /// Of the record.
        number: i64,
        /// The hash of the record before.
        expected: String,
        /// What it says.
        found: String,
    },
    /// A record has another hash than its content.
    #[error("number {number} was changed: its content has the hash {expected}, the record says {found}")]
    Changed {
        /// Of the record.
        number: i64,
        /// What the content has.
        expected: String,
        /// What the record says.
        found: String,
    },
}

impl AuditRecord {
    /// An entry as the next record after another.
    pub(crate) fn chained(entry: AuditEntry, revision: Option<Revision>, head: AuditHead) -> Self {
        let number = head.number.saturating_add(1);
        let mut record = Self { number, entry, revision, previous: head.hash, hash: String::new() };
        record.hash = record.digest();
        record
    }

    /// Checks this record against the one before; answers what the next is to be checked against.
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
    /// bytes, a colon and its text. No two records have the same text, whatever their fields hold.
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
        digest.finalize().iter().fold("sha256:".to_owned(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
