//! Proof that a call comes from the provider.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::Secret;

/// How a provider proves that it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookScheme {
    /// The header is HMAC-SHA-256 of the body in hexadecimal digits, with `sha256=` before it or not.
    Hmac,
    /// The header is the secret itself, with `Bearer ` before it or not.
    Token,
}

impl WebhookScheme {
    /// True if the header proves that whoever knows the secret has sent this body. It takes as long for every wrong one.
    pub fn is_proved(self, secret: &Secret, header: &str, body: &[u8]) -> bool {
        let secret = secret.reveal().as_bytes();
        match self {
            Self::Hmac => {
                let digits = header.trim().trim_start_matches("sha256=");
                hex::decode(digits).is_ok_and(|sent| mac(secret, body).verify_slice(&sent).is_ok())
            }
            Self::Token => {
                let sent = header.trim();
                let sent = sent.strip_prefix("Bearer ").unwrap_or(sent);
                // Digests are compared, which takes the same time for texts of any length.
                let wanted = mac(secret, secret).finalize().into_bytes();
                mac(secret, sent.as_bytes()).verify_slice(&wanted).is_ok()
            }
        }
    }
}

fn mac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(text);
    mac
}
