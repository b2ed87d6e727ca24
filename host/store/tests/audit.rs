//! The audit log, on both databases: one chain, in which every change of a record is found.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, entry, on_both_databases};
use store::{ApiKey, AuditBreak, AuditHead, CatalogChange, ImportMode, OfferRecord, OfferState, Store};

on_both_databases!(
    an_entry_is_written_with_its_change,
    a_change_without_effect_has_no_record,
    many_at_once_make_one_chain,
    an_edited_record_is_found,
    a_record_that_was_hashed_anew_is_found,
    a_gap_is_found,
    a_lost_beginning_is_found,
    a_lost_end_shows_in_the_head,
);

/// Reads the log in small pages, and returns its head or its first break.
async fn walk(store: &Store) -> Result<AuditHead, AuditBreak> {
    let mut head = AuditHead::genesis();
    let mut after = i64::MIN;
    loop {
        let page = store.audit(after, 3).await.unwrap();
        let Some(last) = page.last() else { return Ok(head) };
        after = last.number;
        for record in page {
            head = record.follow(&head)?;
        }
    }
}

async fn with_records(database: &Database, count: i64) -> Store {
    let store = database.open().await;
    for at in 0..count {
        store.audit_append(&entry(at)).await.unwrap();
    }
    assert_eq!(walk(&store).await.unwrap(), store.audit_head().await.unwrap());
    store
}

fn offer() -> OfferRecord {
    let (external_id, body) = ("o".to_owned(), "{}".to_owned());
    OfferRecord { external_id, version: 1, state: OfferState::Draft, body }
}

async fn an_entry_is_written_with_its_change(database: &Database) {
    let store = database.open().await;
    assert_eq!(store.audit_head().await.unwrap(), AuditHead::genesis());
    let revision = store.put_offers(&[offer()], &entry(7)).await.unwrap();
    let key = ApiKey {
        digest: "digest".to_owned(),
        name: "erp".to_owned(),
        role: "integration".to_owned(),
        ..ApiKey::default()
    };
    store.add_key(&key, &entry(8)).await.unwrap();
    assert!(store.add_key(&key, &entry(9)).await.is_err(), "there is one already");
    let told = store.audit(0, 10).await.unwrap();
    let told: Vec<_> =
        told.into_iter().map(|record| (record.number, record.entry, record.revision)).collect();
    assert_eq!(told, [(1, entry(7), Some(revision)), (2, entry(8), None)]);
    assert_eq!(walk(&store).await.unwrap().number, 2);
}

async fn a_change_without_effect_has_no_record(database: &Database) {
    let store = database.open().await;
    let change = CatalogChange { mode: ImportMode::Delta, rows: Vec::new() };
    store.change_catalog(&change, &entry(1)).await.unwrap();
    let before = store.audit_head().await.unwrap();
    store.put_member_state("nobody", "blocked", &entry(2)).await.unwrap();
    assert_eq!(store.audit_head().await.unwrap(), before);
}

async fn many_at_once_make_one_chain(database: &Database) {
    let store = database.open().await;
    let tasks = (0..8_i64).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for turn in 0..10_i64 {
                let at = writer * 10 + turn;
                if turn % 2 == 0 {
                    store.audit_append(&entry(at)).await.unwrap();
                } else {
                    store.put_offers(&[offer()], &entry(at)).await.unwrap();
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(walk(&store).await.unwrap().number, 80);
    let mut times: Vec<_> =
        store.audit(0, 100).await.unwrap().into_iter().map(|record| record.entry.at).collect();
    times.sort_unstable();
    assert!(times.into_iter().eq(0..80), "each is told once");
}

async fn an_edited_record_is_found(database: &Database) {
    let edits = [
        "UPDATE audit_log SET detail = '{\"version\":2}' WHERE number = 4",
        "UPDATE audit_log SET actor = 'nobody' WHERE number = 3",
        "UPDATE audit_log SET revision = 1 WHERE number = 2",
        // A letter is moved from one field to the next.
        "UPDATE audit_log SET action = 'tes', subject = 'to' WHERE number = 1",
    ];
    let store = with_records(database, 5).await;
    for (edit, number) in edits.into_iter().zip([4, 3, 2, 1]) {
        database.tamper(edit).await;
        let found = walk(&store).await.unwrap_err();
        assert!(matches!(found, AuditBreak::Changed { number: found, .. } if found == number), "{found}");
    }
}

async fn a_record_that_was_hashed_anew_is_found(database: &Database) {
    let store = with_records(database, 5).await;
    // A second record like ours in a log with another first one: its own hash is right.
    let folder = Database::sqlite();
    let other = folder.open().await;
    for at in [99, 1] {
        other.audit_append(&entry(at)).await.unwrap();
    }
    let forged = other.audit(1, 1).await.unwrap().remove(0);
    let (previous, hash) = (forged.previous, forged.hash);
    let sql = format!("UPDATE audit_log SET previous = '{previous}', hash = '{hash}' WHERE number = 2");
    database.tamper(&sql).await;
    let found = walk(&store).await.unwrap_err();
    assert!(matches!(found, AuditBreak::Link { number: 2, .. }), "{found}");
}

async fn a_gap_is_found(database: &Database) {
    let store = with_records(database, 5).await;
    database.tamper("DELETE FROM audit_log WHERE number = 3").await;
    assert_eq!(walk(&store).await.unwrap_err(), AuditBreak::Missing { expected: 3, found: 4 });
}

async fn a_lost_beginning_is_found(database: &Database) {
    let store = with_records(database, 3).await;
    database.tamper("DELETE FROM audit_log WHERE number = 1").await;
    assert_eq!(walk(&store).await.unwrap_err(), AuditBreak::Missing { expected: 1, found: 2 });
}

async fn a_lost_end_shows_in_the_head(database: &Database) {
    let store = with_records(database, 3).await;
    let before = store.audit_head().await.unwrap();
    database.tamper("DELETE FROM audit_log WHERE number = 3").await;
    let left = walk(&store).await.unwrap();
    assert_eq!((left.number, before.number), (2, 3));
    store.audit_append(&entry(99)).await.unwrap();
    let grown = walk(&store).await.unwrap();
    assert_eq!(grown.number, before.number);
    assert_ne!(grown.hash, before.hash, "another record in its place has another hash");
}
