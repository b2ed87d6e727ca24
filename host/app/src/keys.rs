//! API keys: opaque, with one role each, perhaps bound to places or to a partner. Only the hash of a key is stored.
//! Members have tokens instead, which open one member each for a short time.
//!
//! | file | holds |
//! |---|---|
//! | `check` | the owner of a key or token, or why it is refused |
//! | `request` | reads and checks what a new key shall be |
//! | `uses` | notes when keys were used, now and then |
//! | `refusals` | writes refused keys to the audit log, at a bounded rate |
//!
//! Making, listing and revoking keys is in `changes::keys`.

pub mod check;
pub mod refusals;
pub mod request;
pub mod uses;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The group of calls that a key may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A till.
    Pos,
    /// A personal account or mobile app, with a token of its member.
    Member,
    /// An author of mechanics.
    Partner,
    /// The retailer's systems.
    Integration,
    /// An administrator, who may make every call.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Pos, Self::Member, Self::Partner, Self::Integration, Self::Admin];

    /// The name in commands and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pos => "pos",
            Self::Member => "member",
            Self::Partner => "partner",
            Self::Integration => "integration",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The owner of the key that a call carries.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Digest of the key, in hexadecimal.
    pub digest: String,
    /// Name of the key, for people.
    pub name: String,
    /// Role of the key.
    pub role: Role,
    /// Stores and tills that the key is bound to; bound to none if empty.
    pub places: Vec<String>,
    /// The partner that the key belongs to; none for other roles.
    pub partner: Option<String>,
    /// The only member that a token opens; none for keys.
    pub member: Option<String>,
}

impl Caller {
    /// The owner of a key that is bound to nothing.
    pub fn named(role: Role, name: &str) -> Self {
        Self {
            digest: String::new(),
            name: name.to_owned(),
            role,
            places: Vec::new(),
            partner: None,
            member: None,
        }
    }
}

/// Digits of a digest that are shown as the id of its key.
const ID_DIGITS: usize = 12;
const KEY_PREFIX: &str = "oh_";
const TOKEN_PREFIX: &str = "ohm_";

/// A new key, from the system's randomness.
pub fn new_key() -> Result<String, getrandom::Error> {
    Ok(format!("{KEY_PREFIX}{}", random()?))
}

/// A new token of a member, from the system's randomness.
pub fn new_token() -> Result<String, getrandom::Error> {
    Ok(format!("{TOKEN_PREFIX}{}", random()?))
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// True if a text has the form of a token of a member.
fn is_token(text: &str) -> bool {
    text.starts_with(TOKEN_PREFIX)
}

/// The password of basic authentication: `NAME:PASSWORD` in base64. The name may be any.
pub fn of_basic(credentials: &str) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

/// The digest under which a key is stored, in hexadecimal. A plain hash is enough: unlike a password, a key
/// has 256 random bits.
pub fn digest(key: &str) -> String {
    hex::encode(Sha256::digest(key))
}

/// The id by which people name a key: the first digits of its digest.
pub fn key_id(digest: &str) -> &str {
    digest.get(..ID_DIGITS).unwrap_or(digest)
}
