//! Tokens of links in messages: click, open, unsubscribe.
//!
//! A token says which message, and which of its links; it holds no address, so that nobody can make our links lead
//! elsewhere, and is signed, so that nobody can act for another by counting up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The purpose of a token. One made for a click does not unsubscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A click: `/t/…`.
    Click,
    /// An open: `/o/…`.
    Open,
    /// The page that ends messages: `/u/…`.
    Unsubscribe,
}

/// The content of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Id of the message: 32 hexadecimal digits.
    pub message_id: String,
    /// Number of the link within the message; 0 for opens and unsubscribing.
    pub link: u16,
}

/// Bytes of a message id, of a link's number, and of the signature. With 80 bits a guess is hopeless, and the
/// token stays short enough for an SMS.
const ID_BYTES: usize = 16;
const LINK_BYTES: usize = 2;
const SIGNATURE_BYTES: usize = 10;

/// Makes a token. None if the id is not 32 hexadecimal digits.
pub fn sign(key: &[u8], purpose: Purpose, token: &Token) -> Option<String> {
    let mut bytes = hex::decode(&token.message_id).ok().filter(|id| id.len() == ID_BYTES)?;
    bytes.extend(token.link.to_be_bytes());
    let signature = signature(key, purpose, &bytes);
    bytes.extend(signature.iter().take(SIGNATURE_BYTES));
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a token that was made with one of the keys for this purpose; none if it was not, whatever is wrong with it.
/// Several keys, so that links of old messages go on working when a new key comes.
pub fn read(keys: &[&[u8]], purpose: Purpose, text: &str) -> Option<Token> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (signed, signature) = bytes.split_at_checked(ID_BYTES.saturating_add(LINK_BYTES))?;
    if signature.len() != SIGNATURE_BYTES {
        return None;
    }
    let known = keys.iter().any(|key| mac(key, purpose, signed).verify_truncated_left(signature).is_ok());
    let (id, link) = signed.split_at_checked(ID_BYTES)?;
    let link = u16::from_be_bytes(link.try_into().ok()?);
    known.then(|| Token { message_id: hex::encode(id), link })
}

fn signature(key: &[u8], purpose: Purpose, signed: &[u8]) -> Vec<u8> {
    mac(key, purpose, signed).finalize().into_bytes().to_vec()
}

fn mac(key: &[u8], purpose: Purpose, signed: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(match purpose {
        Purpose::Click => b"t",
        Purpose::Open => b"o",
        Purpose::Unsubscribe => b"u",
    });
    mac.update(signed);
    mac
}
