//! The learner's program: `offer-host-learn`.

mod experiment;
mod input;
mod output;
mod refused;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::refused::Refused;

/// Judges models on randomised experiments, and says which of them, if any, is worth more than giving
/// everybody the same.
///
/// Exit codes: 0 done; 2 the input was refused and nothing was written; 1 anything else.
#[derive(Parser)]
#[command(name = "offer-host-learn", version, verbatim_doc_comment)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Experiment(experiment::Arguments),
}

fn main() -> ExitCode {
    let done = match Program::parse().command {
        Command::Experiment(arguments) => experiment::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("offer-host-learn: {error:#}");
            ExitCode::from(if error.downcast_ref::<Refused>().is_some() { 2 } else { 1 })
        }
    }
}
