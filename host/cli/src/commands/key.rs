//! `offer-host key`: makes, lists and revokes API keys.

use std::io::Write as _;
use std::process::ExitCode;

use app::audit::Actor;
use app::changes::keys;
use app::clock::now;
use app::error::Error;
use app::keys::Role;
use app::keys::request::NewKey;
use app::report::aligned;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use serde_json::json;
use store::{ApiKey, StoreError};
use toolkit::warnings::Strictness;

use super::opening::{self, DatabaseArgs};

/// Arguments of `offer-host key`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    /// Make a key and print it, alone. It is not stored and cannot be shown again.
    Create {
        /// The role, which says what the key may do.
        #[arg(long, value_parser = role_parser())]
        role: Role,
        /// The owner of the key, for people.
        #[arg(long)]
        name: String,
        /// Of role `pos`: a store or till that the key is bound to; may be repeated. Without it the key is for all.
        #[arg(long, value_name = "STORE_OR_TILL")]
        pos: Vec<String>,
        /// Of role `partner`: whose mechanics the key opens; the name of the key if left out.
        #[arg(long)]
        partner: Option<String>,
        /// The last day of the key (UTC), or the time of its end.
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
        #[command(flatten)]
        strictness: Strictness,
        /// Make the database too if there is none, for a host that is started later.
        #[arg(long)]
        create_database: bool,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// List all keys, oldest first, also those that expired or were revoked.
    List(DatabaseArgs),
    /// Revoke a key: from the next call on it opens nothing.
    Revoke {
        /// The id that `key list` shows, or at least 8 first digits of it.
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

fn role_parser() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::name))
        .try_map(|name| Role::from_name(&name).ok_or("is not a role"))
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        KeyCommand::Create { role, name, pos, partner, expires, strictness, create_database, database } => {
            let mut body =
                json!({"role": role.name(), "name": name, "partner": partner, "expires_at": expires});
            if let Some(body) = body.as_object_mut().filter(|_| !pos.is_empty()) {
                body.insert("pos".to_owned(), json!(pos));
            }
            let (new, warnings) = NewKey::read(&body, now()).map_err(with_problems)?;
            let warnings = warnings.into_iter().map(|warning| warning.detail);
            strictness.tell(warnings)?.refuse("no key was made")?;
            let key = create(new, create_database, &database)?;
            writeln!(std::io::stdout(), "{key}")?;
        }
        KeyCommand::List(database) => {
            let keys = database.with_store(async |store, _| {
                store.migrate().await?;
                Ok(store.keys().await?)
            })?;
            list(&keys)?;
        }
        KeyCommand::Revoke { id, database } => {
            let key = database.with_store(async |store, _| {
                store.migrate().await?;
                Ok(keys::revoke(store, &id, &actor()).await?)
            })?;
            writeln!(std::io::stdout(), "revoked {} of {}", keys::id(&key), key.name)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the key, and the database if it may.
fn create(new: NewKey, with_database: bool, database: &DatabaseArgs) -> anyhow::Result<String> {
    let config = database.settings()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let opened =
            if with_database { opening::open_or_make(&config).await } else { opening::open(&config).await };
        let store = opened.map_err(|error| match error.downcast_ref::<StoreError>() {
            Some(StoreError::NoDatabase { .. }) => {
                anyhow::anyhow!("{error}; `--create-database` makes it now, with this key")
            }
            _ => error,
        })?;
        store.migrate().await?;
        let made = keys::create(&store, new, &actor()).await;
        store.close().await;
        Ok(made?.0)
    })
}

fn actor() -> Actor {
    Actor::system("command line")
}

fn with_problems(error: Error) -> anyhow::Error {
    let problems: Vec<String> = error.problems().into_iter().flatten().map(ToString::to_string).collect();
    anyhow::Error::from(error).context(problems.join("\n"))
}

fn list(keys: &[ApiKey]) -> anyhow::Result<()> {
    let header =
        ["id", "role", "name", "bound to", "state", "created", "expires", "last used"].map(str::to_owned);
    let columns = header.len();
    let rows: Vec<_> = std::iter::once(header).chain(keys.iter().map(row)).collect();
    let mut out = std::io::stdout().lock();
    for line in aligned(&rows, columns) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn row(key: &ApiKey) -> [String; 8] {
    let time = |at: i64| Timestamp::from_second(at).map_or_else(|_| at.to_string(), |time| time.to_string());
    let bound =
        if key.places.is_empty() { key.partner.clone().unwrap_or_default() } else { key.places.join(", ") };
    let cells = [
        keys::id(key).to_owned(),
        key.role.clone(),
        key.name.clone(),
        bound,
        keys::state(key, now()).to_owned(),
        time(key.created_at),
        key.expires_at.map(time).unwrap_or_default(),
        key.last_used_at.map(time).unwrap_or_default(),
    ];
    // A name with a line break must not look like a key of its own.
    cells.map(|cell| cell.replace(char::is_control, " "))
}
