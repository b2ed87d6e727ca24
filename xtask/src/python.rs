//! Python for `cargo xtask test`, installed when there is none.

use std::process::Command;

use anyhow::ensure;

use crate::apt;

/// Ends with 0 where the example of a recommender runs.
const IS_NEW_ENOUGH: &str = "import sys; sys.exit(sys.version_info < (3, 9))";

/// Installs `python3` unless it is there and new enough.
pub(crate) fn ensure_installed() -> anyhow::Result<()> {
    if !is_there() {
        apt::install("python3", "the tests run a recommender that is written in Python 3.9")?;
    }
    if !has_environments() {
        apt::install(
            "python3-venv",
            "the tests build mechanics that are written in Python, each with tools of its own",
        )?;
    }
    ensure!(is_there(), "`python3` is older than 3.9; put a newer one on the path");
    Ok(())
}

fn has_environments() -> bool {
    let answer = Command::new("python3").args(["-c", "import ensurepip, venv"]).output();
    answer.is_ok_and(|answer| answer.status.success())
}

fn is_there() -> bool {
    let answer = Command::new("python3").args(["-c", IS_NEW_ENOUGH]).output();
    answer.is_ok_and(|answer| answer.status.success())
}
