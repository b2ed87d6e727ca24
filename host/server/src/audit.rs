//! Who changes what: the actor of a change, and what the audit log is told of it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::AuditEntry;

use crate::auth::{Caller, hexadecimal};
use crate::changes::now;
use crate::error::ApiError;

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

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // Every address that changes anything is behind a key.
        parts.extensions.get::<Caller>().map(Self::from).ok_or(ApiError::Unauthorized)
    }
}

/// What a key is called in the log: two keys may have the same name.
pub fn key_name(name: &str, digest: &str) -> String {
    format!("{name} ({})", digest.get(..DIGITS).unwrap_or(digest))
}

/// The digest of a body as the log has it.
pub fn digest(body: &[u8]) -> String {
    digest_text(Sha256::new_with_prefix(body))
}

/// The digest of what was fed to a hasher, as the log has it.
pub fn digest_text(hasher: Sha256) -> String {
    format!("sha256:{}", hexadecimal(&hasher.finalize()))
}
