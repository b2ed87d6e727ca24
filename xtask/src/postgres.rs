//! The PostgreSQL server of `cargo xtask test`, installed when there is none.

use test_postgres::{Installation, Server};

use crate::apt;

/// A server for the tests: the one that the environment names, or a new one that stops when this is dropped.
pub(crate) enum Postgres {
    Given(String),
    Own(Server),
}

impl Postgres {
    /// The server of the environment, else a new one, after installing PostgreSQL if need be.
    pub(crate) fn get() -> anyhow::Result<Self> {
        let installation = ensure_installed()?;
        if let Ok(url) = std::env::var(test_postgres::VARIABLE) {
            eprintln!("the tests use the PostgreSQL server of {}", test_postgres::VARIABLE);
            return Ok(Self::Given(url));
        }
        Ok(Self::Own(Server::start(&installation)?))
    }

    /// The address, as `postgres://…`.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Own(server) => server.url(),
        }
    }
}

fn ensure_installed() -> anyhow::Result<Installation> {
    if let Ok(found) = Installation::find() {
        return Ok(found);
    }
    apt::install("postgresql", "the tests run the store on a real PostgreSQL server")?;
    Installation::find()
}
