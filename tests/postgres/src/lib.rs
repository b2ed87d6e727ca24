//! A PostgreSQL server for tests: private, on a free port, and gone afterwards.
//!
//! `cargo xtask test` starts one server and names it in `OFFER_HOST_TEST_POSTGRES`. Where that is
//! not set, as under plain `cargo test`, every test process that asks for a server starts its own.

mod installation;
mod server;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use anyhow::{Context as _, ensure};

pub use installation::Installation;
pub use server::Server;

/// The environment variable with the address of the server, as `postgres://…`.
pub const VARIABLE: &str = "OFFER_HOST_TEST_POSTGRES";

/// The address of the server: the one of `OFFER_HOST_TEST_POSTGRES`, else one that is started at
/// the first call and stops when this process ends, however it ends.
pub fn url() -> anyhow::Result<String> {
    static STARTED: OnceLock<Result<Server, String>> = OnceLock::new();
    if let Ok(given) = std::env::var(VARIABLE) {
        return Ok(given);
    }
    let started = STARTED.get_or_init(|| {
        Installation::find()
            .and_then(|installation| Server::start(&installation))
            .map_err(|error| format!("{error:#}"))
    });
    match started {
        Ok(server) => Ok(server.url().to_owned()),
        Err(reason) => Err(anyhow::Error::msg(reason.clone())),
    }
}

/// Makes a new empty database with a name of its own, and says its address. It is not removed
/// before the server is.
pub fn fresh_database() -> anyhow::Result<String> {
    fresh_database_on(&url()?)
}

/// As [`fresh_database`], on a server by its address.
pub fn fresh_database_on(server: &str) -> anyhow::Result<String> {
    // No session can be connected to `template0`, so none can be in the way.
    create(server, "template0")
}

/// Makes a copy of a database of the server, with a name of its own, and says its address. No
/// session may be connected to the one that is copied.
pub fn copied_database(url: &str) -> anyhow::Result<String> {
    let (place, _) = url.split_once('?').unwrap_or((url, ""));
    let (_, name) = place.rsplit_once('/').context("the address names no database")?;
    create(&crate::url()?, name)
}

fn create(server: &str, template: &str) -> anyhow::Result<String> {
    let name = unique_name()?;
    let output = Installation::find()?
        .command("createdb")
        .args(["--template", template, "--maintenance-db", server, &name])
        .output()
        .context("running createdb")?;
    ensure!(output.status.success(), "createdb failed: {}", String::from_utf8_lossy(&output.stderr));
    address_of(server, &name)
}

/// Runs SQL with `psql` and answers what it prints, without headings and padding.
pub fn psql(url: &str, sql: &str) -> anyhow::Result<String> {
    let output = Installation::find()?
        .command("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"])
        .args(["--command", sql, url])
        .output()
        .context("running psql")?;
    ensure!(output.status.success(), "psql failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout).context("psql printed something else than text")?.trim().to_owned())
}

/// No two tests of any process get the same, also on a server that outlives them.
fn unique_name() -> anyhow::Result<String> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    Ok(format!("test_{}_{now}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)))
}

/// The address of another database on the same server.
fn address_of(server: &str, database: &str) -> anyhow::Result<String> {
    let (scheme, rest) = server.split_once("://").context("the address of the server has no `://`")?;
    let (place, options) = match rest.split_once('?') {
        Some((place, options)) => (place, format!("?{options}")),
        None => (rest, String::new()),
    };
    let host = place.split_once('/').map_or(place, |(host, _)| host);
    Ok(format!("{scheme}://{host}/{database}{options}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_changes() {
        for (server, expected) in [
            ("postgres://postgres@127.0.0.1:5433/postgres", "postgres://postgres@127.0.0.1:5433/x"),
            ("postgres://u:p@db", "postgres://u:p@db/x"),
            ("postgresql://db/a?host=/run/x", "postgresql://db/x?host=/run/x"),
        ] {
            assert_eq!(address_of(server, "x").unwrap(), expected);
        }
        assert!(address_of("127.0.0.1:5433", "x").is_err());
    }

    #[test]
    fn names_differ() {
        assert_ne!(unique_name().unwrap(), unique_name().unwrap());
    }
}
