//! Imports in batches, in the store through its public methods, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, entry, on_both_databases};
use store::{
    Import, ImportBatch, ImportError, ImportProgress, ImportState, MemberProfile, MemberRow, PersonalAnswer,
    Results, Store,
};

on_both_databases!(
    a_batch_is_applied_once_and_only_while_the_import_runs,
    an_import_is_one_nodes_at_a_time,
    problems_are_numbered_over_all_batches,
    an_answer_holds_until_another_one,
);

const ID: &str = "i";
const NODE: &str = "n";

fn progress(rows: i64, bytes: i64) -> ImportProgress {
    ImportProgress { rows, bytes, ..ImportProgress::default() }
}

async fn begun(database: &Database) -> Store {
    let store = database.open().await;
    let profile = Some(MemberProfile::default());
    let member = MemberRow { id: "m".to_owned(), profile, attributes: Vec::new() };
    store.write_members(&[member], 0).await.unwrap();
    let import = Import {
        id: ID.to_owned(),
        kind: "attributes".to_owned(),
        state: ImportState::Running,
        options: "{}".to_owned(),
        fingerprint: "f".to_owned(),
        rows_total: 3,
        bytes_total: 30,
        progress: ImportProgress::default(),
        revisions: None,
        detail: String::new(),
        node: NODE.to_owned(),
        silent_ms: 0,
        created_at: 1,
        updated_at: 1,
    };
    assert!(store.create_import(&import, &entry(0)).await.unwrap());
    assert!(!store.create_import(&import, &entry(0)).await.unwrap(), "its id is taken");
    assert_eq!(found(&store).await, import);
    store
}

/// The import, without what depends on the time.
async fn found(store: &Store) -> Import {
    let import = store.import(ID).await.unwrap().unwrap();
    assert!((0..60_000).contains(&import.silent_ms), "{import:?}");
    Import { silent_ms: 0, ..import }
}

fn batch(value: &str, begins_at: i64, after: ImportProgress) -> ImportBatch {
    let attributes = vec![("a".to_owned(), Some(value.to_owned()))];
    let member = MemberRow { id: "m".to_owned(), profile: None, attributes };
    ImportBatch {
        members: vec![member],
        coupons: None,
        errors: Vec::new(),
        begins_at,
        progress: after,
        is_last: false,
    }
}

async fn value(store: &Store) -> String {
    let member = store.member_record("m").await.unwrap().unwrap();
    member.attributes.first().map(|attribute| attribute.value.clone()).unwrap_or_default()
}

async fn a_batch_is_applied_once_and_only_while_the_import_runs(database: &Database) {
    let store = begun(database).await;
    let applied = store.apply_import((ID, NODE), &batch("1", 0, progress(1, 10)), 2).await.unwrap().unwrap();
    assert_eq!(applied, ImportProgress { applied: 1, ..progress(1, 10) });
    let again = store.apply_import((ID, NODE), &batch("0", 0, progress(1, 10)), 2).await.unwrap();
    assert_eq!((again, value(&store).await.as_str()), (None, "1"), "the batch was applied already");

    let to = |from, to| (from, to);
    let (running, suspended) = (ImportState::Running, ImportState::Suspended);
    assert!(store.set_import_state(ID, to(running, suspended), "", 3).await.unwrap());
    let next =
        ImportBatch { is_last: true, ..batch("1", 10, ImportProgress { rows: 2, bytes: 20, ..applied }) };
    assert_eq!(store.apply_import((ID, NODE), &next, 3).await.unwrap(), None, "it is suspended");
    assert_eq!(store.running_imports().await.unwrap(), []);
    assert!(!store.set_import_state(ID, to(running, suspended), "", 3).await.unwrap());
    assert!(store.set_import_state(ID, to(suspended, running), "", 4).await.unwrap());
    assert_eq!(store.apply_import((ID, NODE), &next, 4).await.unwrap(), None, "nobody has taken it");
    assert!(store.claim_import(ID, ("", NODE)).await.unwrap());
    let applied = store.apply_import((ID, NODE), &next, 4).await.unwrap().unwrap();
    assert_eq!((applied.applied, applied.unchanged), (1, 1), "the value was so already");
    let import = found(&store).await;
    assert_eq!((import.state, import.progress, import.updated_at), (ImportState::Done, applied, 4));
    assert_eq!(import.revisions.map(|(first, last)| first == last), Some(true), "one change was made");
    assert_eq!(store.running_imports().await.unwrap(), []);
    assert_eq!(store.imports("attributes", 9).await.unwrap().len(), 1);
    assert_eq!(store.imports("members", 9).await.unwrap(), []);
}

async fn an_import_is_one_nodes_at_a_time(database: &Database) {
    let store = begun(database).await;
    assert_eq!(store.running_imports().await.unwrap().len(), 1);
    assert!(!store.claim_import(ID, ("other", "m")).await.unwrap(), "it is not that node's");
    assert!(store.claim_import(ID, (NODE, "m")).await.unwrap());
    let first = batch("1", 0, progress(1, 10));
    assert_eq!(store.apply_import((ID, NODE), &first, 2).await.unwrap(), None, "another has taken it over");
    store.beat_imports("m").await.unwrap();
    assert!(store.apply_import((ID, "m"), &first, 2).await.unwrap().is_some());
    assert!(!store.fail_import(ID, NODE, "gone", 3).await.unwrap());
    assert!(store.fail_import(ID, "m", "gone", 3).await.unwrap());
    let failed = found(&store).await;
    assert_eq!(
        (failed.state, failed.detail.as_str(), failed.node.as_str()),
        (ImportState::Failed, "gone", "")
    );
    assert!(!store.claim_import(ID, ("", NODE)).await.unwrap(), "it does not run");
    let again = (ImportState::Failed, ImportState::Running);
    assert!(store.set_import_state_audited(ID, again, &entry(4)).await.unwrap());
    assert!(store.claim_import(ID, ("", NODE)).await.unwrap());
    let next = batch("2", 10, progress(2, 20));
    assert!(store.apply_import((ID, NODE), &next, 5).await.unwrap().is_some(), "it goes on where it stood");
}

async fn problems_are_numbered_over_all_batches(database: &Database) {
    let store = begun(database).await;
    let error = |row: i64| ImportError {
        row,
        line: row + 1,
        is_error: row != 2,
        pointer: format!("/{}", row - 1),
        code: "wrong_type".to_owned(),
        detail: "must be a text".to_owned(),
    };
    let first = ImportBatch { errors: vec![error(1), error(2)], ..batch("1", 0, progress(2, 20)) };
    store.apply_import((ID, NODE), &first, 2).await.unwrap().unwrap();
    let second = ImportBatch { errors: vec![error(3)], ..batch("2", 20, progress(3, 30)) };
    store.apply_import((ID, NODE), &second, 3).await.unwrap().unwrap();
    assert_eq!(store.import_errors(ID, 0, 2).await.unwrap(), [(1, error(1)), (2, error(2))]);
    assert_eq!(store.import_errors(ID, 2, 2).await.unwrap(), [(3, error(3))]);
    assert_eq!(store.import_errors(ID, 3, 2).await.unwrap(), []);
}

async fn an_answer_holds_until_another_one(database: &Database) {
    let store = begun(database).await;
    let answer = |accepted| PersonalAnswer { attribute: "a".to_owned(), item: "x".to_owned(), accepted };
    let told = |at| Results { at, events: "[]".to_owned() };
    assert!(store.answer("m", &answer(true), told(1)).await.unwrap().is_some());
    assert_eq!(store.answer("m", &answer(true), told(2)).await.unwrap(), None, "the same again");
    assert_eq!(store.member_record("m").await.unwrap().unwrap().answers, [answer(true)]);
    assert!(store.answer("m", &answer(false), told(3)).await.unwrap().is_some());
    assert_eq!(store.member_record("m").await.unwrap().unwrap().answers, [answer(false)]);
    assert!(store.number_results().await.unwrap());
    let told = store.results(0, 0, 9).await.unwrap();
    assert_eq!(told.iter().map(|row| row.results.at).collect::<Vec<_>>(), [1, 3], "the feed heard of both");
}
