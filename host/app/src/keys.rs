//! API keys: opaque, with one role each. Only the hash of a key is stored.

use sha2::{Digest as _, Sha256};

/// The group of calls that a key may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A till.
    Pos,
    /// A personal account or mobile app.
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
}

/// A new key, from the system's randomness.
pub fn new_key() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(format!("oh_{}", hex::encode(bytes)))
}

/// The digest under which a key is stored, in hexadecimal. A plain hash is enough: unlike a password, a key
/// has 256 random bits.
pub fn digest(key: &str) -> String {
    hex::encode(Sha256::digest(key))
}
