//! Schemas of other releases: what a newer one has added is lived with, what it has taken away is refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, on_both_databases};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use store::{Store, StoreError};

on_both_databases! {
    what_a_newer_release_adds_is_lived_with,
    the_first_releases_see_what_they_know,
    everything_goes_back,
    none_is_made_unasked,
}

/// A version that this release does not know.
const NEWER: i64 = 29_990_101_000_001;

/// Notes a migration as applied, as a newer release would.
async fn note(database: &Database, list: &str, version: i64, description: &str) {
    let checksum = if database.url().starts_with("sqlite:") { "x'00'" } else { "'\\x00'" };
    database
        .tamper(&format!(
            "INSERT INTO {list} (version, description, success, checksum, execution_time)
             VALUES ({version}, '{description}', TRUE, {checksum}, 0)"
        ))
        .await;
}

async fn migrated(database: &Database) -> Result<(), StoreError> {
    let store = Store::open(database.url()).await.unwrap();
    let outcome = store.migrate().await;
    store.close().await;
    outcome
}

async fn what_a_newer_release_adds_is_lived_with(database: &Database) {
    database.open().await.close().await;
    note(database, "additive_migrations", NEWER, "add something").await;
    note(database, "_sqlx_migrations", NEWER + 1, "contract since 20261122000013 drop something").await;
    migrated(database).await.unwrap();
    // Undoing around what is not known would leave a schema that nobody has seen.
    let reverted = Store::open(database.url()).await.unwrap().revert_to(0).await.unwrap_err().to_string();
    assert!(reverted.contains("newer release") && reverted.contains("drop something"), "{reverted}");

    note(database, "_sqlx_migrations", NEWER + 2, "contract since 29990101000001 drop something else").await;
    let refused = migrated(database).await.unwrap_err().to_string();
    for part in ["newer release", "29990101000003", "drop something else", "--revert-to"] {
        assert!(refused.contains(part), "{part} is not in: {refused}");
    }
    database.tamper(&format!("DELETE FROM _sqlx_migrations WHERE version = {}", NEWER + 2)).await;
    migrated(database).await.unwrap();
}

/// They refuse what they find in their list and do not know.
async fn the_first_releases_see_what_they_know(database: &Database) {
    database.open().await.close().await;
    // As builds between two releases left it.
    database.tamper("INSERT INTO _sqlx_migrations SELECT * FROM additive_migrations").await;
    database.tamper("DELETE FROM additive_migrations").await;
    migrated(database).await.unwrap();
    let last = "SELECT CAST(MAX(version) AS BIGINT) FROM _sqlx_migrations";
    assert_eq!(number(database, last).await, 20_261_122_000_013);
    let first = "SELECT CAST(MIN(version) AS BIGINT) FROM additive_migrations";
    assert_eq!(number(database, first).await, 20_261_129_000_001);
}

async fn number(database: &Database, query: &'static str) -> i64 {
    if database.url().starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
    } else {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
    }
}

async fn everything_goes_back(database: &Database) {
    let store = database.open().await;
    store.revert_to(20_261_122_000_010).await.unwrap();
    store.migrate().await.unwrap();
    store.revert_to(0).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.revision().await.unwrap(), 0);
}

async fn none_is_made_unasked(database: &Database) {
    let refused = Store::open_existing(database.url()).await.unwrap_err();
    assert!(matches!(refused, StoreError::NoDatabase { .. }), "{refused}");
    assert!(refused.to_string().contains("there is no database of a host at "), "{refused}");
    if let Some(file) = database.url().strip_prefix("sqlite://") {
        assert!(!std::path::Path::new(file).exists());
    } else {
        let (place, options) = database.url().split_once('?').unwrap_or((database.url(), ""));
        let other = Store::open_existing(&format!("{place}_x?{options}")).await.unwrap_err();
        assert!(matches!(other, StoreError::UnusableUrl { .. }), "{other}");
    }
    database.open().await.close().await;
    let emptied = Store::open_existing(database.url()).await.unwrap();
    let wrong = emptied.revert_to(2_026_112_900_004).await.unwrap_err().to_string();
    assert!(wrong.contains("there is no migration 2026112900004"), "{wrong}");
    assert!(wrong.contains("the nearest are 20261129000041 (add compared identifiers), "), "{wrong}");
    emptied.revert_to(0).await.unwrap();
    emptied.close().await;
    let refused = Store::open_existing(database.url()).await.unwrap_err();
    assert!(matches!(refused, StoreError::NoDatabase { .. }), "{refused}");
}
