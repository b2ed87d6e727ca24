//! Short transactions of the embedded database that come at the same time reach the disk together: each caller hears
//! what became of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "what only both databases need")]
mod databases;

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use databases::Database;
use sqlx::{Connection as _, SqliteConnection};
use store::{Idempotent, Options, Store, StoreError};
use tokio::task::{JoinHandle, yield_now};

/// Writers of one group in these tests.
const WRITERS: usize = 12;

fn key(name: &str) -> Idempotent {
    Idempotent { caller: "till".to_owned(), key: name.to_owned(), fingerprint: "f".to_owned() }
}

async fn write(store: Store, name: String) -> Result<bool, StoreError> {
    store.remember(&key(&name), "{}", 0).await
}

async fn is_stored(store: &Store, name: &str) -> bool {
    store.stored_answer("till", name).await.unwrap().is_some()
}

/// Statements that fail when a key of this name is written.
async fn fail_at(database: &Database, name: &str, failure: &str) {
    let trigger = format!(
        "CREATE TRIGGER fail_at_{name} AFTER INSERT ON idempotency_keys WHEN NEW.key = '{name}' BEGIN {failure}; END"
    );
    database.tamper(&trigger).await;
}

/// Writers that all wait for the one connection, which another program keeps waiting until `release`.
struct Waiting {
    other: SqliteConnection,
    writers: Vec<JoinHandle<Result<bool, StoreError>>>,
}

impl Waiting {
    async fn new(database: &Database, store: &Store, names: &[&str]) -> Self {
        let mut other = SqliteConnection::connect(database.url()).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        let writers =
            names.iter().map(|name| tokio::spawn(write(store.clone(), (*name).to_owned()))).collect();
        // All tasks of the test run in one thread: each has queued when this one runs again.
        yield_now().await;
        Self { other, writers }
    }

    async fn release(mut self) -> Vec<Result<bool, StoreError>> {
        sqlx::query("ROLLBACK").execute(&mut self.other).await.unwrap();
        let mut outcomes = Vec::new();
        for writer in self.writers {
            outcomes.push(writer.await.unwrap());
        }
        outcomes
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_the_same_time_are_all_on_the_disk_when_they_hear_so() {
    let database = Database::sqlite();
    let store = database.open().await;
    let names: Vec<String> = (0..400).map(|number| format!("k{number}")).collect();
    let writers: Vec<_> = names.iter().map(|name| tokio::spawn(write(store.clone(), name.clone()))).collect();
    let reader = Store::open(database.url()).await.unwrap();
    for (name, writer) in names.iter().zip(writers) {
        assert!(writer.await.unwrap().unwrap());
        assert!(is_stored(&reader, name).await, "{name} was told to be written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_writers_of_the_same_key_wins() {
    let database = Database::sqlite();
    let store = database.open().await;
    for round in 0..20 {
        let writers: Vec<_> =
            (0..WRITERS).map(|_| tokio::spawn(write(store.clone(), format!("k{round}")))).collect();
        let mut won = 0;
        for writer in writers {
            won += usize::from(writer.await.unwrap().unwrap());
        }
        assert_eq!(won, 1);
    }
}

#[tokio::test]
async fn one_that_fails_takes_back_only_its_own() {
    let database = Database::sqlite();
    let store = database.open().await;
    fail_at(&database, "bad", "SELECT RAISE(ABORT, 'no')").await;
    for names in [["bad", "a", "b"], ["c", "bad", "d"], ["e", "f", "bad"]] {
        let outcomes = Waiting::new(&database, &store, &names).await.release().await;
        for (name, outcome) in names.iter().zip(outcomes) {
            assert_eq!(outcome.is_ok(), *name != "bad", "{name} of {names:?}: {outcome:?}");
            assert_eq!(is_stored(&store, name).await, *name != "bad", "{name} of {names:?}");
        }
    }
}

#[tokio::test]
async fn a_commit_that_fails_fails_for_all_and_not_for_the_next() {
    let database = Database::sqlite();
    let store = database.open().await;
    database.tamper("CREATE TABLE parents (id BIGINT PRIMARY KEY)").await;
    database
        .tamper("CREATE TABLE children (id BIGINT REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)")
        .await;
    fail_at(&database, "orphan", "INSERT INTO children VALUES (1)").await;
    let names = ["a", "orphan", "b"];
    let outcomes = Waiting::new(&database, &store, &names).await.release().await;
    for (name, outcome) in names.iter().zip(outcomes) {
        assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{name}: {outcome:?}");
        assert!(!is_stored(&store, name).await, "{name}");
    }
    assert!(write(store.clone(), "c".to_owned()).await.unwrap());
    assert!(is_stored(&store, "c").await);
}

#[tokio::test]
async fn a_group_that_the_database_rolls_back_by_itself_is_told_to_all_of_it() {
    let database = Database::sqlite();
    let store = database.open().await;
    // As SQLite does by itself after an error of the disk.
    fail_at(&database, "poison", "SELECT RAISE(ROLLBACK, 'the disk is full')").await;
    let names = ["a", "b", "poison", "c", "d"];
    let outcomes = Waiting::new(&database, &store, &names).await.release().await;
    for (name, outcome) in names.iter().zip(outcomes) {
        assert_eq!(outcome.is_ok(), is_stored(&store, name).await, "{name}: {outcome:?}");
        assert_eq!(outcome.is_ok(), ["c", "d"].contains(name), "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn callers_that_go_away_at_any_moment_hold_up_nobody() {
    let database = Database::sqlite();
    let store = database.open().await;
    for polls in 0..40 {
        let gone: Vec<String> = (0..3).map(|number| format!("gone{polls}-{number}")).collect();
        let stays = format!("stays{polls}");
        let mut leaving: Vec<_> =
            gone.iter().map(|name| Box::pin(write(store.clone(), name.clone()))).collect();
        let mut staying = pin!(write(store.clone(), stays.clone()));
        for _ in 0..polls {
            let mut context = Context::from_waker(Waker::noop());
            for writer in &mut leaving {
                // One that is ready would not be polled again; it has gone as well then.
                if writer.as_mut().poll(&mut context).is_ready() {
                    *writer = Box::pin(write(store.clone(), format!("again{polls}")));
                }
            }
            if !staying.as_mut().poll(&mut context).is_pending() {
                staying.set(write(store.clone(), format!("{stays}-again")));
            }
            yield_now().await;
        }
        drop(leaving);
        assert!(staying.await.is_ok());
        assert!(write(store.clone(), format!("next{polls}")).await.unwrap());
    }
}

#[tokio::test]
async fn those_who_waited_too_long_are_told_so_and_the_next_are_served() {
    let database = Database::sqlite();
    database.open().await.close().await;
    let options = Options { lock: Duration::from_secs(1), ..Options::job(database.url()) };
    let store = Store::open_with(options).await.unwrap();
    let waiting = Waiting::new(&database, &store, &["a", "b", "c"]).await;
    let Waiting { mut other, writers } = waiting;
    for writer in writers {
        let outcome = writer.await.unwrap();
        assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
    }
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    // A busy machine may take longer than this store waits: nothing is written then, and it is tried again.
    let mut served = write(store.clone(), "d".to_owned()).await;
    for _ in 0..60 {
        if served.is_ok() {
            break;
        }
        served = write(store.clone(), "d".to_owned()).await;
    }
    assert!(served.unwrap());
}

#[tokio::test]
async fn more_than_a_group_holds_are_written_in_several() {
    let database = Database::sqlite();
    let store = database.open().await;
    let names: Vec<String> = (0..100).map(|number| format!("k{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let outcomes = Waiting::new(&database, &store, &names).await.release().await;
    for (name, outcome) in names.iter().zip(outcomes) {
        assert!(outcome.unwrap());
        assert!(is_stored(&store, name).await, "{name}");
    }
}
