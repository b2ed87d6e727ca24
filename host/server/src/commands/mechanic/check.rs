//! `offer-host mechanic check`: admit a component as the host would.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use engine::{CompileLimits, Component, Limits, Refusal, Rehearsal, Runtime, RuntimeSettings};

use super::{ClassName, read};
use crate::commands::compile_mechanic;

/// What `offer-host mechanic check` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// What it may use: `slow` is for JavaScript and Python.
    #[arg(long, value_enum, default_value_t)]
    class: ClassName,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let bytes = read(&args.file)?;
    let runtime = Runtime::new(&RuntimeSettings::default())?;
    match admit(&runtime, &bytes, &Limits::of(args.class.into()))? {
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
fn admit(
    runtime: &Runtime,
    file: &[u8],
    limits: &Limits,
) -> anyhow::Result<Result<(Component, Rehearsal), Refusal>> {
    let compiler = compile_mechanic::compiler(CompileLimits::default())?;
    let admitted = Component::admit_with(runtime, &compiler, file, limits);
    Ok(admitted.and_then(|component| component.rehearse().map(|rehearsal| (component, rehearsal))))
}
