//! The owner of a key or token, or why it is refused.

use store::{ApiKey, Store, StoreError};

use super::{Caller, Role, digest, is_token};

/// Why a key or token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No key like it was ever made here.
    #[error(
        "this host does not know this API key: it is of another host or database, or is not written as it was; \
         `offer-host key list` names the keys there are, `offer-host key create` makes one"
    )]
    Unknown,
    /// The key was revoked.
    #[error("this key was revoked; an admin makes a new one with `offer-host key create`")]
    Revoked,
    /// The key has expired.
    #[error("this key has expired; an admin makes a new one with `offer-host key create`")]
    Expired,
    /// No token like it was made here, or it is long over.
    #[error("this host does not know this token; ask for one with `POST /v1/members/{{member_id}}/tokens`")]
    TokenUnknown,
    /// The token has expired.
    #[error("this token has expired; ask for a new one with `POST /v1/members/{{member_id}}/tokens`")]
    TokenExpired,
}

impl Refusal {
    /// The stable code, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "key_unknown",
            Self::TokenUnknown => "token_unknown",
            Self::Revoked => "key_revoked",
            Self::Expired => "key_expired",
            Self::TokenExpired => "token_expired",
        }
    }
}

/// The result of looking up a key or token.
#[derive(Debug)]
pub enum Checked {
    /// It is in force.
    Known {
        /// Its owner.
        caller: Caller,
        /// The time by the clock of the database, in seconds since 1970.
        now: i64,
        /// The last use of the key that was noted.
        last_used_at: Option<i64>,
    },
    /// It opens nothing. The owner is there if it once was in force.
    Refused(Refusal, Option<Caller>),
}

/// Looks a key or token up. Each call does, so that what was revoked or expired opens nothing from then on, on every
/// node.
pub async fn check(store: &Store, text: &str) -> Result<Checked, StoreError> {
    let digest = digest(text);
    if is_token(text) {
        return token(store, digest).await;
    }
    let Some((key, now)) = store.key(&digest).await? else {
        return Ok(Checked::Refused(Refusal::Unknown, None));
    };
    let (revoked_at, expires_at, last_used_at) = (key.revoked_at, key.expires_at, key.last_used_at);
    let Some(caller) = owner(key) else { return Ok(Checked::Refused(Refusal::Unknown, None)) };
    Ok(if revoked_at.is_some() {
        Checked::Refused(Refusal::Revoked, Some(caller))
    } else if expires_at.is_some_and(|end| end <= now) {
        Checked::Refused(Refusal::Expired, Some(caller))
    } else {
        Checked::Known { caller, now, last_used_at }
    })
}

/// None if the role is of a later release.
fn owner(key: ApiKey) -> Option<Caller> {
    let role = Role::from_name(&key.role)?;
    // A partner is the name of its keys, unless they say otherwise.
    let partner = (role == Role::Partner).then(|| key.partner.unwrap_or_else(|| key.name.clone()));
    Some(Caller { digest: key.digest, name: key.name, role, places: key.places, partner, member: None })
}

async fn token(store: &Store, digest: String) -> Result<Checked, StoreError> {
    let Some((token, now)) = store.member_token(&digest).await? else {
        return Ok(Checked::Refused(Refusal::TokenUnknown, None));
    };
    let name = format!("member {}", token.member_id);
    let caller = Caller { digest, member: Some(token.member_id), ..Caller::named(Role::Member, &name) };
    Ok(if token.expires_at <= now {
        Checked::Refused(Refusal::TokenExpired, Some(caller))
    } else {
        Checked::Known { caller, now, last_used_at: None }
    })
}
