//! `offer-host config`: checks the settings, or prints the defaults.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use app::config::{Config, DEFAULTS};

/// Arguments of `offer-host config`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print the commented file of defaults.
    #[arg(long)]
    defaults: bool,
    /// Check this file, with the environment, instead.
    #[arg(long, value_name = "FILE", conflicts_with = "defaults")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.defaults {
        std::io::stdout().write_all(DEFAULTS.as_bytes())?;
    } else {
        Config::load(args.config.as_deref())?;
        writeln!(std::io::stderr(), "the settings are valid; --defaults prints the defaults")?;
    }
    Ok(ExitCode::SUCCESS)
}
