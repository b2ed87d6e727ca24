//! The receipts that the tests and examples sell, fetched when they are not there.

use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::toolchain;

const SCRIPT: &str = "tests/retail/prepare.py";

/// Environment variable that names a folder with other receipts.
const VARIABLE: &str = "OFFER_HOST_DATA";

/// Fetches them unless they are there, so that no test has to wait for them.
pub(crate) fn ensure_prepared() -> anyhow::Result<()> {
    if std::env::var_os(VARIABLE).is_some() {
        eprintln!("the tests use the receipts of {VARIABLE}");
        return Ok(());
    }
    let status = Command::new("python3")
        .arg(SCRIPT)
        .current_dir(toolchain::workspace_root())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("running `python3 {SCRIPT}`"))?;
    ensure!(status.success(), "`python3 {SCRIPT}` failed ({status}); what it says is above");
    Ok(())
}
