//! API keys are made, listed and revoked; members get tokens. Changes of keys have a record in the audit log.

use serde_json::json;
use store::{ApiKey, MemberToken, Store};

use crate::audit::{Actor, key_name};
use crate::clock::now;
use crate::error::Error;
use crate::keys::request::NewKey;
use crate::keys::{self, Caller, digest, key_id};
use crate::state::App;

/// The least digits that name a key: as many as the audit log shows.
const ID_DIGITS_MIN: usize = 8;

/// Makes a key. Returns the key itself, which is not stored and cannot be shown again, and what is stored of it.
pub async fn create(store: &Store, new: NewKey, actor: &Actor) -> Result<(String, ApiKey), Error> {
    let key = keys::new_key().map_err(|error| Error::internal(&error))?;
    let NewKey { role, name, places, partner, expires_at } = new;
    let stored = ApiKey {
        digest: digest(&key),
        name,
        role: role.name().to_owned(),
        places,
        partner,
        created_at: now(),
        expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    let mut detail = json!({"role": stored.role});
    if let Some(detail) = detail.as_object_mut() {
        let bound = [
            ("pos", (!stored.places.is_empty()).then(|| json!(stored.places))),
            ("partner", stored.partner.as_ref().map(|partner| json!(partner))),
            ("expires_at", stored.expires_at.map(|end| json!(end))),
        ];
        detail.extend(bound.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    let entry = actor.entry("key.create", &key_name(&stored.name, &stored.digest), detail);
    store.add_key(&stored, &entry).await?;
    Ok((key, stored))
}

/// Revokes a key, named by the first digits of its digest: from the next call on it opens nothing, on every node. A
/// revoked key stays as it is.
pub async fn revoke(store: &Store, id: &str, actor: &Actor) -> Result<ApiKey, Error> {
    let key = named(store.keys().await?, id)?;
    if key.revoked_at.is_none() {
        let entry = actor.entry("key.revoke", &key_name(&key.name, &key.digest), json!({"role": key.role}));
        store.revoke_key(&key.digest, &entry).await?;
    }
    let unknown = || Error::NotFound(format!("key `{id}`"));
    store.key(&key.digest).await?.map(|(key, _)| key).ok_or_else(unknown)
}

fn named(keys: Vec<ApiKey>, id: &str) -> Result<ApiKey, Error> {
    let unknown = || Error::NotFound(format!("key `{id}`; `offer-host key list` shows all"));
    let is_id = id.len() >= ID_DIGITS_MIN && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return Err(unknown());
    }
    let id = id.to_ascii_lowercase();
    let mut found = keys.into_iter().filter(|key| key.digest.starts_with(&id));
    let key = found.next().ok_or_else(unknown)?;
    if found.next().is_some() {
        let detail = format!("several keys begin with `{id}`; name one by more digits of its digest");
        return Err(Error::State { code: "key_ambiguous", detail });
    }
    Ok(key)
}

/// The state of a key at a time: `active`, `expired` or `revoked`.
pub fn state(key: &ApiKey, at: i64) -> &'static str {
    match (key.revoked_at, key.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(end)) if end <= at => "expired",
        (None, _) => "active",
    }
}

/// The id of a key, by which it is revoked.
pub fn id(key: &ApiKey) -> &str {
    key_id(&key.digest)
}

/// Makes a token that opens one member, who must exist. Tokens have no record in the audit log: apps ask for one at
/// every visit.
pub async fn issue_token(
    app: &App,
    member_id: &str,
    caller: &Caller,
) -> Result<(String, MemberToken), Error> {
    if !app.store.has_member(member_id).await? {
        return Err(Error::NotFound(format!("member `{member_id}`")));
    }
    let token = keys::new_token().map_err(|error| Error::internal(&error))?;
    let seconds = app.config.keys.member_token_seconds;
    let stored = app.store.add_member_token(&digest(&token), member_id, &caller.digest, seconds).await?;
    Ok((token, stored))
}
