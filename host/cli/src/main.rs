//! The binary `offer-host`.

mod commands;

use std::process::ExitCode;

use clap::Parser as _;

// Many small short-lived allocations on all calculation threads: the default allocator is the bottleneck.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(commands::Cli::parse())
}
