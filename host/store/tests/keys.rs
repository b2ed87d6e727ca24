//! API keys and tokens of members, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, entry, on_both_databases};
use store::{ApiKey, MemberToken};

on_both_databases! {
    a_key_is_found_until_it_is_revoked,
    the_latest_use_of_a_key_is_noted,
    a_token_opens_one_member_until_it_expires,
}

fn key(digest: &str) -> ApiKey {
    let (name, role) = ("till".to_owned(), "pos".to_owned());
    ApiKey { digest: digest.to_owned(), name, role, created_at: 5, ..ApiKey::default() }
}

async fn a_key_is_found_until_it_is_revoked(database: &Database) {
    let store = database.open().await;
    let bound = ApiKey {
        places: vec!["store-77".to_owned(), "store-78/till-1".to_owned()],
        partner: Some("acme".to_owned()),
        created_at: 6,
        expires_at: Some(9),
        ..key("bound")
    };
    store.add_key(&key("plain"), &entry(5)).await.unwrap();
    store.add_key(&bound, &entry(6)).await.unwrap();
    let found = async |digest: &str| store.key(digest).await.unwrap().map(|(key, _)| key);
    assert_eq!(found("plain").await, Some(key("plain")));
    assert_eq!(found("bound").await, Some(bound.clone()));
    assert_eq!(found("other").await, None);

    assert!(store.revoke_key("plain", &entry(7)).await.unwrap());
    assert!(!store.revoke_key("plain", &entry(8)).await.unwrap(), "it is revoked already");
    assert!(!store.revoke_key("other", &entry(8)).await.unwrap());
    let revoked = ApiKey { revoked_at: Some(7), ..key("plain") };
    assert_eq!(store.keys().await.unwrap(), [revoked, bound]);
    assert_eq!(store.audit(0, 9).await.unwrap().len(), 3, "a record for each change");
}

async fn the_latest_use_of_a_key_is_noted(database: &Database) {
    let store = database.open().await;
    store.add_key(&key("till"), &entry(5)).await.unwrap();
    for at in [30, 20] {
        store.note_key_use("till", at).await.unwrap();
    }
    let (found, _) = store.key("till").await.unwrap().unwrap();
    assert_eq!(found.last_used_at, Some(30));
}

async fn a_token_opens_one_member_until_it_expires(database: &Database) {
    let store = database.open().await;
    let long = store.add_member_token("long", "m-1", "key", 600).await.unwrap();
    let over = store.add_member_token("over", "m-2", "key", -1).await.unwrap();
    let (found, now) = store.member_token("long").await.unwrap().unwrap();
    assert_eq!(found, MemberToken { member_id: "m-1".to_owned(), ..long });
    assert!(now < found.expires_at && now > over.expires_at, "{now}, {found:?}, {over:?}");
    store.add_key(&key("app"), &entry(5)).await.unwrap();
    store.add_member_token("revoked", "m-1", "app", 600).await.unwrap();
    assert!(store.revoke_key("app", &entry(7)).await.unwrap());
    assert_eq!(store.member_token("revoked").await.unwrap(), None, "it goes with the key that made it");
    assert_eq!(store.sweep_member_tokens(now).await.unwrap(), 1);
    assert_eq!(store.member_token("over").await.unwrap(), None);
    assert!(store.member_token("long").await.unwrap().is_some());
}
