//! The learner's program: `offer-host-learn`.

mod allocate;
mod build_mechanic;
mod champion;
mod experiment;
mod input;
mod manifest;
mod offpolicy;
mod output;
mod progress;
mod refused;
mod simulate;
mod verify;

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
    Allocate(allocate::Arguments),
    BuildMechanic(build_mechanic::Arguments),
    Experiment(experiment::Arguments),
    OffPolicy(offpolicy::Arguments),
    Simulate(simulate::Arguments),
    Verify(verify::Arguments),
}

fn main() -> ExitCode {
    let done = match Program::parse().command {
        Command::Allocate(arguments) => allocate::run(&arguments),
        Command::BuildMechanic(arguments) => build_mechanic::run(&arguments),
        Command::Experiment(arguments) => experiment::run(&arguments),
        Command::OffPolicy(arguments) => offpolicy::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("offer-host-learn: {error:#}");
            ExitCode::from(if error.downcast_ref::<Refused>().is_some() { 2 } else { 1 })
        }
    }
}
