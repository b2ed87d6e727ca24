//! Keys that partners sign with, and the signers of versions, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, entry, on_both_databases};
use store::{MechanicVersion, PartnerKey};

on_both_databases!(a_key_is_added_once_and_revoked_once, a_version_keeps_who_signed_it);

fn key(id: &str, partner: &str) -> PartnerKey {
    PartnerKey {
        id: id.to_owned(),
        partner: partner.to_owned(),
        public_key: "AAAA".to_owned(),
        created_at: 1,
        revoked_at: None,
    }
}

async fn a_key_is_added_once_and_revoked_once(database: &Database) {
    let store = database.open().await;
    for id in ["b", "a"] {
        assert!(store.add_partner_key(&key(id, "acme"), &entry(1)).await.unwrap());
    }
    assert!(store.add_partner_key(&key("c", "other"), &entry(1)).await.unwrap());
    let taken = PartnerKey { public_key: "BBBB".to_owned(), ..key("a", "other") };
    assert!(!store.add_partner_key(&taken, &entry(2)).await.unwrap());
    assert_eq!(store.partner_key("a").await.unwrap(), Some(key("a", "acme")));
    assert_eq!(store.partner_key("d").await.unwrap(), None);
    assert_eq!(store.partner_keys("acme").await.unwrap(), [key("a", "acme"), key("b", "acme")]);

    assert!(store.revoke_partner_key("a", &entry(7)).await.unwrap());
    assert!(!store.revoke_partner_key("a", &entry(8)).await.unwrap());
    assert!(!store.revoke_partner_key("d", &entry(8)).await.unwrap());
    assert_eq!(store.partner_key("a").await.unwrap().unwrap().revoked_at, Some(7));
    assert_eq!(store.audit(0, 100).await.unwrap().len(), 4, "what changed nothing is not told");
}

async fn a_version_keeps_who_signed_it(database: &Database) {
    let store = database.open().await;
    let version = |digest: &str, signed: Option<&str>| MechanicVersion {
        removed_at: None,
        digest: digest.to_owned(),
        name: "raw".to_owned(),
        version: digest.to_owned(),
        class: "fast".to_owned(),
        origin: "uploaded".to_owned(),
        description: "{}".to_owned(),
        steps: "[]".to_owned(),
        created_at: 5,
        uploader: signed.map(|_| "acme".to_owned()),
        uploader_role: signed.map(|_| "partner".to_owned()),
        signing_key: signed.map(str::to_owned),
        signature: signed.map(|_| "CCCC".to_owned()),
    };
    for version in [version("1", None), version("2", Some("a"))] {
        assert!(store.add_mechanic_version(&version, b"\0asm", &entry(5)).await.unwrap());
    }
    assert_eq!(store.mechanic_versions().await.unwrap(), [version("1", None), version("2", Some("a"))]);
}
