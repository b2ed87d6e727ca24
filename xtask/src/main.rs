//! The commands of a developer: `cargo xtask demo`, `mail-support`, `previous` and `test`.

mod apt;
mod client;
mod demo;
mod experiments;
mod host;
mod mail_support;
mod mjml;
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
  mail-support     make the table of what mail programs do not show, from npm
  mjml             make the pages that the tests compare those of MJML with, from npm
  previous         run the host of the last release on the schema of this tree
  test [--quick]   every check: format, lints, documentation, tests";

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "demo" => demo::run(rest),
        Some((command, [])) if command == "mail-support" => mail_support::run(),
        Some((command, [])) if command == "mjml" => mjml::run(),
        Some((command, [])) if command == "previous" => previous::run(),
        Some((command, rest)) if command == "test" => test::run(rest),
        _ => bail!("{USAGE}"),
    }
}
