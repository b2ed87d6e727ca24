//! Who changes what: the actor of a change, and what the audit log is told of it.

use serde_json::Value;
use store::AuditEntry;

use crate::clock::now;
use crate::keys::Caller;

/// Digits of a key's digest that tell it from others of the same name.
const DIGITS: usize = 8;

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    name: String,
    role: &'static str,
    /// Digest of the body that asks for the change.
    sent: Option<String>,
}

impl Actor {
    /// The host itself, or whoever sits at it.
    pub fn system(name: &str) -> Self {
        Self { name: name.to_owned(), role: "system", sent: None }
    }

    /// The same actor, with the digest of what was sent.
    pub fn sending(self, digest: String) -> Self {
        Self { sent: Some(digest), ..self }
    }

    /// What is told of a change that is made now; `detail` is an object. No personal data other than
    /// ids of members.
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

/// What a key is called in the log: two keys may have the same name.
pub fn key_name(name: &str, digest: &str) -> String {
    format!("{name} ({})", digest.get(..DIGITS).unwrap_or(digest))
}
