//! Who may call what: opaque bearer keys with one role each. Only the hash of a key is stored.

use std::fmt::Write as _;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest as _, Sha256};

use crate::body::discard;
use crate::error::ApiError;
use crate::state::App;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// A till.
    Pos,
    /// A personal account or mobile app.
    Member,
    /// An author of mechanics.
    Partner,
    /// The retailer's systems.
    Integration,
    /// May do everything.
    Admin,
}

impl Role {
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

    fn from_name(name: &str) -> Option<Self> {
        [Self::Pos, Self::Member, Self::Partner, Self::Integration, Self::Admin]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Of the key.
    pub digest: String,
    /// Of the key, for people.
    pub name: String,
    /// What the key is for.
    pub role: Role,
}

/// A new key, from the system's randomness.
pub fn new_key() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(format!("oh_{}", hexadecimal(&bytes)))
}

/// What is stored of a key. A plain hash is enough: unlike a password, a key has 256 random bits.
pub fn digest(key: &str) -> String {
    hexadecimal(&Sha256::digest(key))
}

/// Lets a request through if its key has one of the roles; an admin's always has.
pub async fn require(
    State((app, roles)): State<(App, &'static [Role])>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match check(&app, roles, bearer(request.headers())).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.run(request).await)
        }
        Err(refused) => {
            discard(request.into_body()).await;
            Err(refused)
        }
    }
}

async fn check(app: &App, roles: &[Role], key: Option<&str>) -> Result<Caller, ApiError> {
    let digest = digest(key.ok_or(ApiError::Unauthorized)?);
    let known = app.store.key(&digest).await?.ok_or(ApiError::Unauthorized)?;
    let role = Role::from_name(&known.role).ok_or(ApiError::Unauthorized)?;
    if role == Role::Admin || roles.contains(&role) {
        return Ok(Caller { digest, name: known.name, role });
    }
    let needs = match roles {
        [] => Role::Admin.name().to_owned(),
        roles => roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" or "),
    };
    Err(ApiError::Forbidden { has: role.name(), needs })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Bytes as text.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
