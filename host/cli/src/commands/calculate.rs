//! `offer-host calculate`: prices receipts with a plan file.

mod batch;
mod member_book;
mod plan_file;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use toolkit::warnings::Strictness;

/// Exit status when the plan cannot be used.
const UNUSABLE_PLAN: u8 = 2;

/// Arguments of `offer-host calculate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Catalogue, members, offers and mechanics, as one JSON or TOML file
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    #[command(flatten)]
    strictness: Strictness,
    /// A receipt, or many, one a line; standard input without it or with `-`
    #[arg(value_name = "RECEIPT.json")]
    receipts: Option<PathBuf>,
}

/// Runs the command: prints one line of JSON for each receipt, in the order of the input.
///
/// The status is 1 if a receipt was refused, and 2 if the plan was.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let loaded = match plan_file::load(&args.plan) {
        Ok(loaded) => loaded,
        Err(problem) => {
            eprintln!("error: the plan {} cannot be used\n{problem:#}", args.plan.display());
            return Ok(ExitCode::from(UNUSABLE_PLAN));
        }
    };
    let told = args.strictness.tell(&loaded.plan.warnings)?;
    if let Err(refused) = told.refuse("no receipt was priced") {
        eprintln!("error: {refused}");
        return Ok(ExitCode::from(UNUSABLE_PLAN));
    }
    let input = open(args.receipts.as_deref())?;
    let summary = batch::price_all(&loaded, toolkit::receipt_rows::Rows::new(input), io::stdout().lock())?;
    if summary.receipts > 1 {
        eprintln!("{summary}");
    }
    Ok(if summary.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn open(path: Option<&Path>) -> anyhow::Result<Box<dyn BufRead>> {
    match path {
        Some(path) if path.as_os_str() != "-" => {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Box::new(BufReader::new(file)))
        }
        _ => Ok(Box::new(io::stdin().lock())),
    }
}
