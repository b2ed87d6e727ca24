//! The PostgreSQL server of the tests, and a database on it for each test.

use std::process::Command;
use std::sync::OnceLock;

use crate::workspace;

/// The address of the server: the one that `cargo xtask test` started, else one of this process.
pub fn url() -> String {
    test_postgres::url().unwrap_or_else(|error| panic!("{error:#}"))
}

/// The address of a new empty database, so that tests run side by side.
pub fn fresh_database() -> String {
    test_postgres::fresh_database().unwrap_or_else(|error| panic!("{error:#}"))
}

/// The address of a new database with the schema of this tree and no rows: a copy of one that is
/// migrated once, since a migration takes longer than most tests.
pub fn migrated_database() -> String {
    static MIGRATED: OnceLock<String> = OnceLock::new();
    let migrated = MIGRATED.get_or_init(|| {
        let url = fresh_database();
        let mut migrate = Command::new(workspace::offer_host().expect("the binary"));
        let output = migrate.arg("migrate").env("OFFER_HOST__DATABASE__URL", &url).output();
        let output = output.expect("offer-host starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        url
    });
    test_postgres::copied_database(migrated).unwrap_or_else(|error| panic!("{error:#}"))
}

/// Runs SQL with `psql`; answers its output without headings and padding.
pub fn psql(url: &str, sql: &str) -> String {
    test_postgres::psql(url, sql).unwrap_or_else(|error| panic!("{error:#}"))
}
