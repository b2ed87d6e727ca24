//! Actors of changes, and the audit records of what they change.

use serde_json::Value;
use store::AuditEntry;

use crate::clock::now;
use crate::keys::Caller;

/// Digits of a key's digest in its name in the log.
const DIGITS: usize = 8;

/// The key, or the part of the host, that makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    name: String,
    role: &'static str,
    /// Digest of the request's body, if there is one.
    sent: Option<String>,
}

impl Actor {
    /// The host itself, or a command at its command line.
    pub fn system(name: &str) -> Self {
        Self { name: name.to_owned(), role: "system", sent: None }
    }

    /// This actor, with the digest of the request's body.
    pub fn sending(self, digest: String) -> Self {
        Self { sent: Some(digest), ..self }
    }

    /// The audit record of a change that is made now. `detail` is an object, without personal data other
    /// than ids of members.
    pub fn entry(&self, action: &str, subject: &str, mut detail: Value) -> AuditEntry {
        if let (Some(sent), Some(detail)) = (&self.sent, detail.as_object_mut()) {
            detail.insert("body".to_owned(), Value::from(sent.as_str()));
        }
        AuditEntry {
            at: now(),
            actor: self.name.clone(),
            role: self.role.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_string(),
        }
    }
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self { name: key_name(&caller.name, &caller.digest), role: caller.role.name(), sent: None }
    }
}

/// The name of a key in the log: with the start of its digest, since two keys may have the same name.
pub fn key_name(name: &str, digest: &str) -> String {
    format!("{name} ({})", digest.get(..DIGITS).unwrap_or(digest))
}
