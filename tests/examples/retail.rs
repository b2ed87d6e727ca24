//! Writes the year of real receipts as `plan.json` and `receipts.ndjson`, for use by hand:
//!
//! ```sh
//! cargo run -p tests --example retail -- target/retail
//! offer-host calculate --plan target/retail/plan.json < target/retail/receipts.ndjson
//! ```

use std::path::PathBuf;

use anyhow::Context;
use tests::retail::{self, Retail};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("which folder to write to?")?;
    std::fs::create_dir_all(&folder)?;
    let (plan, receipts) = retail::write(&Retail::read(&retail::folder()?)?, &folder)?;
    eprintln!("wrote {} and {}", plan.display(), receipts.display());
    Ok(())
}
