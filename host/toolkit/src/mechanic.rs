//! `offer-host mechanic`: the commands for authors of mechanics, one file each, in the order of their work: `new`,
//! `check` (which starts `answers`), `test`, `bench`, `keygen`, `sign`, `publish`, `pull`, `status`.
//!
//! Shared by several of them: `admission` admits a component as the host does, `candidate` with hints from its cases, `artifact` is a component to publish,
//! `oci` speaks to registries, `formatting` writes numbers for people.

mod admission;
mod answers;
mod artifact;
mod bench;
mod candidate;
mod check;
mod formatting;
mod keygen;
mod new;
#[cfg(feature = "oci")]
mod oci;
mod publish;
#[cfg(feature = "oci")]
mod pull;
mod sign;
mod status;
mod test;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use engine::Class;

/// Arguments of `offer-host mechanic`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: MechanicCommand,
}

#[derive(Debug, clap::Subcommand)]
enum MechanicCommand {
    /// Start a project that builds: a rule, its tests, a case file and a README.
    New(new::Args),
    /// Admit a component as the host would, and check what is required of every mechanic. Each failed check
    /// comes with advice.
    Check(check::Args),
    /// Run case files in the real sandbox, or sold purchases. Prints the differences, and how far each call
    /// is from its limits.
    Test(test::Args),
    /// Measure the cost of calls by the size of the receipt, beside the built-in mechanics.
    Bench(bench::Args),
    /// Print the digest of all answers of the conformance suite.
    #[command(hide = true)]
    Answers(answers::Args),
    /// Make a key to sign components with: the private one into a file, the public one to stdout.
    Keygen(keygen::Args),
    /// Sign a component.
    Sign(sign::Args),
    /// Send a component to a host, or push it to an OCI registry.
    Publish(publish::Args),
    /// Show the versions of mechanics at a host: what prices, what is on trial, what has failed, and why a version was
    /// taken back.
    Status(status::Args),
    /// Fetch a component from an OCI registry.
    #[cfg(feature = "oci")]
    Pull(pull::Args),
}

/// The class of a mechanic: how much it may use.
#[derive(Debug, Clone, Copy, clap::Args)]
struct ClassArg {
    /// How much the mechanic may use: `fast` is for the Rust SDK, `standard` for languages with a heap of
    /// their own, `slow` for JavaScript and Python. By default the smallest class that takes the file.
    #[arg(long, value_parser = class_parser())]
    class: Option<Class>,
}

impl ClassArg {
    /// The class that was given, or the smallest that takes this file.
    fn of(self, file: &[u8]) -> Class {
        self.class.unwrap_or_else(|| engine::smallest_class(file))
    }
}

fn class_parser() -> impl TypedValueParser<Value = Class> {
    PossibleValuesParser::new(Class::ALL.map(Class::name))
        .try_map(|name| Class::of_name(&name).ok_or("is not a class"))
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        MechanicCommand::New(args) => new::run(&args),
        MechanicCommand::Check(args) => check::run(&args),
        MechanicCommand::Test(args) => test::run(&args),
        MechanicCommand::Bench(args) => bench::run(&args),
        MechanicCommand::Answers(args) => answers::run(&args),
        MechanicCommand::Keygen(args) => keygen::run(&args),
        MechanicCommand::Sign(args) => sign::run(&args),
        MechanicCommand::Publish(args) => publish::run(&args),
        MechanicCommand::Status(args) => status::run(&args),
        #[cfg(feature = "oci")]
        MechanicCommand::Pull(args) => pull::run(&args),
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
