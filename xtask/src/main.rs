//! The commands of a developer: `cargo xtask demo`, `cargo xtask previous` and `cargo xtask test`.

mod apt;
mod client;
mod demo;
mod experiments;
mod host;
mod node;
mod postgres;
mod previous;
mod programs;
mod python;
mod retail;
mod test;
mod toolchain;

use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "usage: cargo xtask <command>
  demo [--once]    build and start a host with a demo store, and price a receipt
  previous         run the host of the last release on the schema of this tree
  test [--quick]   every check: format, lints, documentation, tests";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "demo" => demo::run(rest),
        Some((command, [])) if command == "previous" => previous::run(),
        Some((command, rest)) if command == "test" => test::run(rest),
        _ => bail!("{USAGE}"),
    }
}
