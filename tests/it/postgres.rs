//! The PostgreSQL server of the tests.

use std::thread;

use tests::postgres;

#[test]
fn a_fresh_database_answers_and_is_empty() {
    let database = postgres::fresh_database();
    assert_eq!(postgres::psql(&database, "select 1"), "1");
    let tables = "select count(*) from pg_tables where schemaname = 'public'";
    assert_eq!(postgres::psql(&database, tables), "0");
}

#[test]
fn databases_made_side_by_side_do_not_meet() {
    let databases: Vec<String> = thread::scope(|scope| {
        let made: Vec<_> = (0..4).map(|_| scope.spawn(postgres::fresh_database)).collect();
        made.into_iter().map(|thread| thread.join().expect("a database")).collect()
    });
    for database in &databases {
        postgres::psql(database, "create table mine (id bigint)");
    }
}

#[test]
fn what_is_committed_is_on_disk() {
    let database = postgres::fresh_database();
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(postgres::psql(&database, &format!("show {setting}")), "on", "{setting}");
    }
}
