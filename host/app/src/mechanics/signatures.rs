//! Detached signatures: ed25519 over the digest of a component, as text: `sha256:` and 64 hexadecimal
//! digits.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

/// The longest id of a key.
const KEY_ID_MAX: usize = 64;

/// A signature with the id of its key. Written `KEY_ID:BASE64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Id of the key that it claims to be by.
    pub key_id: String,
    /// The 64 bytes of the signature.
    pub bytes: [u8; 64],
}

impl Signature {
    /// Signs a digest.
    pub fn of(digest: &str, key_id: &str, key: &SigningKey) -> Self {
        Self { key_id: key_id.to_owned(), bytes: key.sign(digest.as_bytes()).to_bytes() }
    }

    /// True if it is by this key over this digest.
    pub fn is_by(&self, key: &VerifyingKey, digest: &str) -> bool {
        key.verify_strict(digest.as_bytes(), &ed25519_dalek::Signature::from_bytes(&self.bytes)).is_ok()
    }

    /// The signature in base64.
    pub fn base64(&self) -> String {
        BASE64_STANDARD.encode(self.bytes)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.key_id, self.base64())
    }
}

/// A text that is not a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signature is written `KEY_ID:BASE64`, with the 64 bytes of ed25519 in base64")]
pub struct NotASignature;

impl FromStr for Signature {
    type Err = NotASignature;

    fn from_str(text: &str) -> Result<Self, NotASignature> {
        let (key_id, signature) = text.trim().split_once(':').ok_or(NotASignature)?;
        let bytes = BASE64_STANDARD.decode(signature).map_err(|_| NotASignature)?;
        let bytes = bytes.try_into().map_err(|_| NotASignature)?;
        if !is_key_id(key_id) {
            return Err(NotASignature);
        }
        Ok(Self { key_id: key_id.to_owned(), bytes })
    }
}

/// True if a text can be the id of a key.
pub fn is_key_id(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text.len() <= KEY_ID_MAX && text.chars().all(allowed)
}

/// Reads a public key: as PEM, as the base64 inside it, or as its 32 bytes in base64.
pub fn public_key(text: &str) -> Option<VerifyingKey> {
    let text = text.trim();
    if text.starts_with("-----BEGIN") {
        return VerifyingKey::from_public_key_pem(text).ok();
    }
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    match <[u8; 32]>::try_from(bytes.as_slice()) {
        Ok(raw) => VerifyingKey::from_bytes(&raw).ok(),
        Err(_) => VerifyingKey::from_public_key_der(&bytes).ok(),
    }
}

/// The 32 bytes of a public key in base64.
pub fn public_key_text(key: &VerifyingKey) -> String {
    BASE64_STANDARD.encode(key.as_bytes())
}
