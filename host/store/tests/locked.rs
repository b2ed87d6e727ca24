//! Databases that others hold up: calls fail within the time that was set, lose nothing, and succeed afterwards.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use std::time::Duration;

use databases::{Database, entry, on_both_databases};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use store::{ApiKey, Options, Store, StoreError};

on_both_databases! {
    a_locked_database_is_not_available_and_then_it_is,
}

/// Options of a host whose tills wait so long.
fn options(database: &Database, statement: Duration, lock: Duration) -> Options {
    Options { statement, lock, ..Options::job(database.url()) }
}

fn key() -> ApiKey {
    let text = str::to_owned;
    ApiKey { digest: text("digest"), name: text("till"), role: text("pos"), ..ApiKey::default() }
}

async fn a_locked_database_is_not_available_and_then_it_is(database: &Database) {
    database.open().await.close().await;
    let store =
        Store::open_with(options(database, Duration::from_secs(60), Duration::from_secs(1))).await.unwrap();
    let refused = if database.url().starts_with("sqlite:") {
        let mut other = SqliteConnection::connect(database.url()).await.unwrap();
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
        let refused = store.add_key(&key(), &entry(0)).await;
        assert_eq!(store.key("digest").await.unwrap(), None, "readers do not wait");
        sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
        refused
    } else {
        let mut other = PgConnection::connect(database.url()).await.unwrap();
        let mut transaction = other.begin().await.unwrap();
        let lock = "LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE";
        sqlx::query(lock).execute(&mut *transaction).await.unwrap();
        let refused = store.key("digest").await.map(|_| ());
        transaction.rollback().await.unwrap();
        refused
    };
    // Without the limit, the call would wait until the lock is given back, which is after it.
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    store.add_key(&key(), &entry(0)).await.unwrap();
    assert_eq!(store.key("digest").await.unwrap().map(|(key, _)| key), Some(key()));
}

#[tokio::test]
async fn a_statement_of_postgres_ends_after_its_longest_time() {
    let database = Database::postgres();
    database.open().await.close().await;
    let store =
        Store::open_with(options(&database, Duration::from_secs(1), Duration::from_secs(600))).await.unwrap();
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    // The statement waits for this, and may wait longer than it may take.
    sqlx::query("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE").execute(&mut *transaction).await.unwrap();
    let cut = store.key("digest").await;
    assert!(matches!(cut, Err(StoreError::Unavailable { .. })), "{cut:?}");
    transaction.rollback().await.unwrap();
    assert_eq!(store.key("digest").await.unwrap(), None);
}

#[tokio::test]
async fn a_reader_of_sqlite_ends_after_its_longest_time() {
    let database = Database::sqlite();
    database.open().await.close().await;
    // Enough rows that reading them all takes longer than nothing.
    let rows = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000)
                INSERT INTO api_keys (digest, name, role, created_at) SELECT n, n, 'pos', n FROM numbers";
    let mut other = SqliteConnection::connect(database.url()).await.unwrap();
    sqlx::query(AssertSqlSafe(rows)).execute(&mut other).await.unwrap();
    let hurried =
        Store::open_with(options(&database, Duration::ZERO, Duration::from_secs(60))).await.unwrap();
    for _ in 0..3 {
        let cut = hurried.keys().await;
        assert!(matches!(cut, Err(StoreError::Unavailable { .. })), "{cut:?}");
        assert!(hurried.key("7").await.unwrap().is_some(), "what is quick goes on");
    }
    assert_eq!(Store::open(database.url()).await.unwrap().keys().await.unwrap().len(), 30_000);
}
