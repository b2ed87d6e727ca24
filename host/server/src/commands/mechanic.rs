//! `offer-host mechanic`: for authors of mechanics.

mod check;
mod keygen;
#[cfg(feature = "oci")]
mod oci;
mod publish;
#[cfg(feature = "oci")]
mod pull;
mod sign;

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
    /// Admit a component as the host would, and try it on made-up receipts: what it is, or why it
    /// is refused and what to do.
    Check(check::Args),
    /// Make a key to sign components with: the private one into a file, the public one to stdout.
    Keygen(keygen::Args),
    /// Sign a component.
    Sign(sign::Args),
    /// Send a component to a host, or push it to an OCI registry.
    Publish(publish::Args),
    /// Fetch a component from an OCI registry.
    #[cfg(feature = "oci")]
    Pull(pull::Args),
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
        MechanicCommand::Check(args) => check::run(&args),
        MechanicCommand::Keygen(args) => keygen::run(&args),
        MechanicCommand::Sign(args) => sign::run(&args),
        MechanicCommand::Publish(args) => publish::run(&args),
        #[cfg(feature = "oci")]
        MechanicCommand::Pull(args) => pull::run(&args),
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
