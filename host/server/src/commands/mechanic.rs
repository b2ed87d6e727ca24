//! `offer-host mechanic`: for authors of mechanics.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use engine::{Class, CompileLimits, Component, Limits, Refusal, Rehearsal, Runtime, RuntimeSettings};

use super::compile_mechanic;

/// What `offer-host mechanic` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: MechanicCommand,
}

#[derive(Debug, clap::Subcommand)]
enum MechanicCommand {
    /// Admit a component as the host would, and try it on made-up receipts: what it is, or why it
    /// is refused and what to do.
    Check {
        /// The component.
        #[arg(value_name = "FILE.wasm")]
        file: PathBuf,
    },
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let MechanicCommand::Check { file } = args.command;
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let runtime = Runtime::new(&RuntimeSettings::default())?;
    match admit(&runtime, &bytes)? {
        Ok((component, rehearsal)) => {
            let (description, inspected) = (component.description(), component.inspected());
            let mut stdout = std::io::stdout().lock();
            writeln!(stdout, "admitted: {} {}", description.name, description.version)?;
            writeln!(stdout, "  digest    {}", inspected.digest)?;
            writeln!(stdout, "  size      {} bytes", inspected.bytes)?;
            writeln!(stdout, "  contract  loyalty:mechanic@{}", inspected.abi())?;
            for call in rehearsal.calls {
                let phase = call.phase.name();
                writeln!(stdout, "  fuel      {:>9} on {}, {phase}", call.fuel, call.receipt)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            let mut stderr = std::io::stderr().lock();
            writeln!(stderr, "refused ({}): {refusal}", refusal.code())?;
            writeln!(stderr, "  {}", refusal.advice())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// All steps of the host. The outer error is the machine's, the inner one the author's.
fn admit(runtime: &Runtime, file: &[u8]) -> anyhow::Result<Result<(Component, Rehearsal), Refusal>> {
    let compiler = compile_mechanic::compiler(CompileLimits::default())?;
    let admitted = Component::admit_with(runtime, &compiler, file, &Limits::of(Class::Fast));
    Ok(admitted.and_then(|component| component.rehearse().map(|rehearsal| (component, rehearsal))))
}
