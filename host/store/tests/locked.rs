//! A database that another process has locked: calls fail for the time being, and lose nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use sqlx::{Connection as _, SqliteConnection};
use store::{ApiKey, AuditEntry, Store, StoreError};

#[tokio::test]
async fn a_locked_file_is_not_available_and_then_it_is() {
    let folder = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("store.sqlite").display());
    let store = Store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let digest = "digest".to_owned();
    let key = ApiKey { digest, name: "till".to_owned(), role: "pos".to_owned(), ..ApiKey::default() };

    let text = str::to_owned;
    let (actor, role, action) = (text("command line"), text("system"), text("key.create"));
    let entry = AuditEntry { at: 0, actor, role, action, subject: text("till"), detail: text("{}") };

    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let refused = store.add_key(&key, &entry).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert_eq!(store.key("digest").await.unwrap(), None, "readers do not wait");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();

    store.add_key(&key, &entry).await.unwrap();
    assert_eq!(store.key("digest").await.unwrap().map(|(key, _)| key), Some(key));
}
