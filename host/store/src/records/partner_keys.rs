//! The keys that partners sign with.

/// A public key of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerKey {
    /// The id by which signatures refer to it.
    pub id: String,
    /// The name of the partner's API keys.
    pub partner: String,
    /// ed25519, 32 bytes in base64.
    pub public_key: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// The second from which its signatures are no longer accepted.
    pub revoked_at: Option<i64>,
}
