//! `offer-host migrate`: brings the schema of the database up to date, or back.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::ensure;
use app::config::Config;
use app::report::aligned;
use store::{AppliedMigration, Communications, Lost, Store};
use toolkit::progress::Progress;

use super::opening::{self, DatabaseArgs};

/// Arguments of `offer-host migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Go back instead: revert every migration newer than this one; 0 reverts all, with the data. Says what will be lost,
    /// and asks.
    #[arg(long, value_name = "VERSION")]
    revert_to: Option<i64>,
    /// Go back without being asked, as where nobody is at a terminal.
    #[arg(long, requires = "revert_to")]
    yes: bool,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.database.settings()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let store = match args.revert_to {
            Some(_) => opening::open(&config).await?,
            None => opening::open_or_make(&config).await?,
        };
        let done = match args.revert_to {
            Some(version) => revert(&store, version, args.yes).await,
            None => migrate(&store, &config).await,
        };
        store.close().await;
        done
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(store: &Store, config: &Config) -> anyhow::Result<()> {
    migrate_tills(store).await?;
    let communications =
        Communications::open(config.communications.options(config.database.options())).await?;
    let before = communications.applied_migrations().await?.len();
    communications.migrate().await?;
    let after = communications.applied_migrations().await?;
    communications.close().await;
    if after.len() > before {
        let now = named(after.last());
        writeln!(std::io::stdout(), "communications, in {}: now at {now}", communications.place())?;
    }
    Ok(())
}

async fn migrate_tills(store: &Store) -> anyhow::Result<()> {
    let before = store.applied_migrations().await?;
    let started = Instant::now();
    let progress = Progress::spinner("migrating");
    store.migrate().await?;
    drop(progress);
    let took = started.elapsed();
    let after = store.applied_migrations().await?;
    let is_new = |migration: &&AppliedMigration| !before.iter().any(|old| old.version == migration.version);
    let new: Vec<&AppliedMigration> = after.iter().filter(is_new).collect();
    let mut out = std::io::stdout().lock();
    if new.is_empty() {
        writeln!(out, "nothing to do: the schema is at {}", named(after.last()))?;
        return Ok(());
    }
    writeln!(out, "from {} to {}:", named(before.last()), named(after.last()))?;
    for line in table(&new) {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{} migrations in {} ms", new.len(), took.as_millis())?;
    Ok(())
}

async fn revert(store: &Store, version: i64, is_sure: bool) -> anyhow::Result<()> {
    // A host that is serving would lose tables under its feet.
    store.claim()?;
    store.check_version(version).await?;
    let applied = store.applied_migrations().await?;
    let (kept, going): (Vec<_>, Vec<_>) = applied.iter().partition(|applied| applied.version <= version);
    if going.is_empty() {
        let now = named(applied.last());
        writeln!(
            std::io::stdout(),
            "nothing to do: the schema is at {now}, and nothing is newer than {version}"
        )?;
        return Ok(());
    }
    let lost = store.lost_by_reverting(version).await?;
    tell_losses(&kept, &going, &lost)?;
    ensure!(
        is_sure || is_confirmed()?,
        "nothing was changed: answer `yes`, or give --yes where nobody can be asked"
    );
    store.revert_to(version).await?;
    store.forget_progress().await?;
    writeln!(std::io::stdout(), "the schema is at {}", named(kept.last().copied()))?;
    Ok(())
}

/// Says what going back undoes and removes.
fn tell_losses(kept: &[&AppliedMigration], going: &[&AppliedMigration], lost: &[Lost]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "from {} back to {}, undoing:", named(going.last().copied()), named(kept.last().copied()))?;
    for migration in going.iter().rev() {
        writeln!(out, "  {}", named(Some(*migration)))?;
    }
    if lost.is_empty() {
        writeln!(out, "no table and no column is removed")?;
        return Ok(());
    }
    writeln!(out, "this removes:")?;
    let row = |lost: &Lost| {
        let Lost { table, column, rows, filled } = lost;
        match column {
            None => [format!("  table {table}"), format!("{rows} rows")],
            Some(column) => {
                [format!("  column {table}.{column}"), format!("a value in {filled} of {rows} rows")]
            }
        }
    };
    let rows: Vec<_> = lost.iter().map(row).collect();
    for line in aligned(&rows, 2) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Asks at the terminal; false if there is none.
fn is_confirmed() -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    write!(std::io::stderr(), "Type `yes` to go on: ")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// Version and name of a migration; none is the empty database.
fn named(migration: Option<&AppliedMigration>) -> String {
    match migration {
        Some(AppliedMigration { version, description, .. }) => format!("{version} ({description})"),
        None => "0 (no schema)".to_owned(),
    }
}

fn table(migrations: &[&AppliedMigration]) -> Vec<String> {
    let row = |migration: &&AppliedMigration| {
        let took = migration.took.map(|took| format!("{} ms", took.as_millis())).unwrap_or_default();
        [format!("  {}", migration.version), migration.description.clone(), took]
    };
    let rows: Vec<_> = migrations.iter().map(row).collect();
    aligned(&rows, 2)
}
