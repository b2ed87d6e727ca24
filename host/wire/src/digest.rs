//! SHA-256 digests as text: `sha256:` and 64 hexadecimal digits, as plans, audit log and roll-outs have them.

use sha2::{Digest as _, Sha256};

/// The digest of bytes.
pub fn of(bytes: &[u8]) -> String {
    finished(Sha256::new_with_prefix(bytes))
}

/// The digest of all bytes that a hasher was given.
pub fn finished(hasher: Sha256) -> String {
    format!("sha256:{}", hex::encode(hasher.finalize()))
}
