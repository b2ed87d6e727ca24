//! Opening the database for commands that work without a host.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use app::config::Config;
use store::{Store, StoreError};

/// Arguments that say which database.
#[derive(Debug, clap::Args)]
pub(super) struct DatabaseArgs {
    /// The settings file of `serve`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The settings of `serve`.
    pub(super) fn settings(&self) -> anyhow::Result<Config> {
        Ok(Config::load(self.config.as_deref())?)
    }

    /// Does some work with the database, which must be there.
    pub(super) fn with_store<T>(
        &self,
        work: impl AsyncFnOnce(&Store, &Config) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let config = self.settings()?;
        tokio::runtime::Runtime::new()?.block_on(async {
            let store = open(&config).await?;
            let done = work(&store, &config).await;
            store.close().await;
            done
        })
    }
}

/// Opens the database, which must be there: a new one in the wrong folder would look like the right one that is empty.
/// Says on stderr which one it is.
pub(super) async fn open(config: &Config) -> anyhow::Result<Store> {
    match Store::open_existing(&config.database.url).await {
        Ok(store) => {
            say(&store);
            Ok(store)
        }
        Err(error @ StoreError::NoDatabase { .. }) => Err(error.into()),
        Err(error) => Err(error).context("cannot open the database"),
    }
}

/// As [`open`], and makes the database if there is none.
pub(super) async fn open_or_make(config: &Config) -> anyhow::Result<Store> {
    let store = Store::open(&config.database.url).await.context("cannot open the database")?;
    say(&store);
    Ok(store)
}

fn say(store: &Store) {
    // If stderr is closed, it cannot be said.
    let _ = writeln!(std::io::stderr(), "database: {}", store.place());
}
