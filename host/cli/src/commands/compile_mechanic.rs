//! `offer-host compile-mechanic`: hidden command that the host starts to compile a mechanic in a process of its own,
//! within limits of memory and time.

use std::io::{self, Write as _};
use std::process::ExitCode;

use engine::worker::Pace;

/// Arguments of `offer-host compile-mechanic`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address space of the process, in bytes.
    #[arg(long)]
    memory_bytes: u64,
    /// Processor time of the process, in seconds.
    #[arg(long)]
    cpu_seconds: u64,
    /// Run at normal priority, because a person waits for it.
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
