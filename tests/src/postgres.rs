//! The PostgreSQL server of the tests, and a database on it for each test.

/// The address of the server: the one that `cargo xtask test` started, else one of this process.
pub fn url() -> String {
    test_postgres::url().unwrap_or_else(|error| panic!("{error:#}"))
}

/// The address of a new empty database, so that tests run side by side.
pub fn fresh_database() -> String {
    test_postgres::fresh_database().unwrap_or_else(|error| panic!("{error:#}"))
}

/// Runs SQL with `psql`; answers its output without headings and padding.
pub fn psql(url: &str, sql: &str) -> String {
    test_postgres::psql(url, sql).unwrap_or_else(|error| panic!("{error:#}"))
}
