//! `offer-host mechanic answers`: hidden command that `check` starts in another process, to compare its answers with
//! its own.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use engine::{Runtime, RuntimeSettings};

use super::{ClassArg, admission, candidate, read};

/// Arguments of `offer-host mechanic answers`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    #[command(flatten)]
    class: ClassArg,
    /// Hints for the receipts, as a host gets them.
    #[arg(long)]
    hints: Option<String>,
}

/// Runs the command: prints the digest of all answers.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::new(&RuntimeSettings::default())?;
    let bytes = read(&args.file)?;
    match admission::admit(&runtime, &bytes, args.class.of(&bytes))? {
        Ok(component) => {
            let trials = candidate::of_hints(&component, args.hints.as_deref())?;
            writeln!(std::io::stdout(), "{}", component.conformance(&trials).answers)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => {
            refused.tell(false)?;
            Ok(ExitCode::FAILURE)
        }
    }
}
