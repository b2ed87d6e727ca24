//! `offer-host key`: makes API keys.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use app::audit::{Actor, key_name};
use app::config::Config;
use app::keys::{self, Role};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;
use store::{ApiKey, Store};

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
        /// The settings file of `serve`.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

fn role_parser() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::name))
        .try_map(|name| Role::from_name(&name).ok_or("is not a role"))
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let KeyCommand::Create { role, name, config } = args.command;
    let config = Config::load(config.as_deref())?;
    let key = keys::new_key()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let store = Store::open(&config.database.url).await?;
        store.migrate().await?;
        let owner = ApiKey { name, role: role.name().to_owned() };
        let digest = keys::digest(&key);
        let subject = key_name(&owner.name, &digest);
        let entry = Actor::system("command line").entry("key.create", &subject, json!({"role": owner.role}));
        store.add_key(&digest, &owner, &entry).await?;
        store.close().await;
        anyhow::Ok(())
    })?;
    writeln!(std::io::stdout(), "{key}")?;
    Ok(ExitCode::SUCCESS)
}
