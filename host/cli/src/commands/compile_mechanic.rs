//! `offer-host compile-mechanic`: what the host starts to compile a mechanic in a process of its
//! own. Not for people.

use std::io::{self, Write as _};
use std::process::ExitCode;

use engine::worker::Pace;

/// Arguments of `offer-host compile-mechanic`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address space that the process may have.
    #[arg(long)]
    memory_bytes: u64,
    /// Processor time that it may take.
    #[arg(long)]
    cpu_seconds: u64,
    /// Somebody waits for it.
    #[arg(long)]
    foreground: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    let pace = if args.foreground { Pace::Foreground } else { Pace::Background };
    match engine::worker::run(args.memory_bytes, args.cpu_seconds, pace, input, output) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            writeln!(io::stderr(), "{error}")?;
            Ok(ExitCode::from(error.exit_code()))
        }
    }
}
