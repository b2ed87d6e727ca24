//! `offer-host mechanic answers`: what `check` starts to see whether another process gets the same answers. Not
//! for people.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use engine::{Runtime, RuntimeSettings};

use super::{ClassName, admission, read};

/// What `offer-host mechanic answers` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// What it may use.
    #[arg(long, value_enum, default_value_t)]
    class: ClassName,
    /// Where its code is kept.
    #[arg(long)]
    cache: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::new(&RuntimeSettings::default())?;
    match admission::admit_cached(&runtime, &args.cache, &read(&args.file)?, args.class)? {
        Ok(component) => {
            writeln!(std::io::stdout(), "{}", component.conformance().answers)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => {
            refused.tell(false)?;
            Ok(ExitCode::FAILURE)
        }
    }
}
