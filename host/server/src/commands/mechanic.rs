//! `offer-host mechanic`: for authors of mechanics.

mod check;
mod new;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use engine::Class;

/// What `offer-host mechanic` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: MechanicCommand,
}

#[derive(Debug, clap::Subcommand)]
enum MechanicCommand {
    /// Start a project that builds: a rule, its tests, a case file and a README.
    New(new::Args),
    /// Admit a component as the host would, and try it on made-up receipts: what it is, or why it
    /// is refused and what to do.
    Check(check::Args),
}

/// How much a mechanic is trusted to need.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum ClassName {
    /// Built with the Rust SDK.
    #[default]
    Fast,
    /// Compiled, with a runtime or a heap of its own.
    Standard,
    /// An interpreter inside: JavaScript, Python.
    Slow,
}

impl From<ClassName> for Class {
    fn from(class: ClassName) -> Self {
        match class {
            ClassName::Fast => Self::Fast,
            ClassName::Standard => Self::Standard,
            ClassName::Slow => Self::Slow,
        }
    }
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        MechanicCommand::New(args) => new::run(&args),
        MechanicCommand::Check(args) => check::run(&args),
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
