//! The learner's program: `offer-host-learn`.

mod allocate;
mod build_mechanic;
mod channel;
mod drift;
mod experiment;
mod features;
mod import_model;
mod next_purchase;
mod nightly;
mod offpolicy;
mod progress;
mod score;
mod simulate;
mod verify;

use std::process::ExitCode;

use ::experiment::{champion, input, manifest, output, refused};
use clap::{Parser, Subcommand};
use night::Stage;

use crate::nightly::RowsRefused;
use crate::refused::Refused;

/// Judges models on randomised experiments, and says which of them, if any, is worth more than giving
/// everybody the same.
///
/// Exit codes: 0 done; 2 the input was refused and nothing was written; 3 the host refused rows of an upload; 1 anything
/// else.
#[derive(Parser)]
#[command(name = "offer-host-learn", version, verbatim_doc_comment)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Allocate(allocate::Arguments),
    /// Do a night up to who gets what, and send nothing.
    Assign(nightly::Arguments),
    BuildMechanic(build_mechanic::Arguments),
    Channel(channel::Arguments),
    /// Do a night up to which model runs, and send nothing.
    Compete(nightly::Arguments),
    Drift(drift::Arguments),
    Experiment(experiment::Arguments),
    Features(features::Arguments),
    ImportModel(import_model::Arguments),
    NextPurchase(next_purchase::Arguments),
    OffPolicy(offpolicy::Arguments),
    /// Do a night up to its report, and send nothing.
    Report(nightly::Arguments),
    Rollback(nightly::Rollback),
    Run(nightly::Arguments),
    Score(score::Arguments),
    Simulate(simulate::Arguments),
    Verify(verify::Arguments),
}

fn main() -> ExitCode {
    let done = match Program::parse().command {
        Command::Allocate(arguments) => allocate::run(&arguments),
        Command::Assign(arguments) => nightly::run(&arguments, Stage::Assign),
        Command::BuildMechanic(arguments) => build_mechanic::run(&arguments),
        Command::Channel(arguments) => channel::run(&arguments),
        Command::Compete(arguments) => nightly::run(&arguments, Stage::Compete),
        Command::Drift(arguments) => drift::run(&arguments),
        Command::Experiment(arguments) => experiment::run(&arguments),
        Command::Features(arguments) => features::run(&arguments),
        Command::ImportModel(arguments) => import_model::run(&arguments),
        Command::NextPurchase(arguments) => next_purchase::run(&arguments),
        Command::OffPolicy(arguments) => offpolicy::run(&arguments),
        Command::Report(arguments) => nightly::run(&arguments, Stage::Report),
        Command::Rollback(arguments) => nightly::rollback(&arguments),
        Command::Run(arguments) => nightly::run(&arguments, Stage::Upload),
        Command::Score(arguments) => score::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("offer-host-learn: {error:#}");
            ExitCode::from(code(&error))
        }
    }
}

fn code(error: &anyhow::Error) -> u8 {
    if error.is::<Refused>() {
        2
    } else if error.is::<RowsRefused>() {
        3
    } else {
        1
    }
}
