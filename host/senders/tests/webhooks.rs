//! Proofs of providers that call.

use hmac::{Hmac, KeyInit as _, Mac as _};
use senders::{Secret, WebhookScheme};
use sha2::Sha256;

#[test]
fn only_who_knows_the_secret_is_believed() {
    let secret = Secret::new("hook");
    let mut mac = Hmac::<Sha256>::new_from_slice(b"hook").expect("a key");
    mac.update(b"body");
    let right = hex::encode(mac.finalize().into_bytes());
    let scheme = WebhookScheme::Hmac;
    assert!(scheme.is_proved(&secret, &right, b"body"));
    assert!(scheme.is_proved(&secret, &format!("sha256={right}"), b"body"));
    assert!(scheme.is_proved(&secret, &right.to_uppercase(), b"body"));
    for (header, body) in [(right.as_str(), "other"), ("", "body"), ("zz", "body"), ("hook", "body")] {
        assert!(!scheme.is_proved(&secret, header, body.as_bytes()), "{header}");
    }
    let scheme = WebhookScheme::Token;
    assert!(scheme.is_proved(&secret, "hook", b"anything"));
    assert!(scheme.is_proved(&secret, "Bearer hook", b"anything"));
    for header in ["", "hoo", "hook2", "Bearer"] {
        assert!(!scheme.is_proved(&secret, header, b"anything"), "{header}");
    }
}
