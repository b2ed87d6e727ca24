//! Node.js and npm for `cargo xtask test`, installed when there are none.

use std::process::Command;

use anyhow::ensure;

use crate::apt;

/// Ends with 0 where componentize-js runs.
const IS_NEW_ENOUGH: &str = "process.exit(Number(process.versions.node.split('.')[0]) < 18 ? 1 : 0)";

/// Installs `node` and `npm` unless they are there and new enough.
pub(crate) fn ensure_installed() -> anyhow::Result<()> {
    for (program, package) in [("node", "nodejs"), ("npm", "npm")] {
        if Command::new(program).arg("--version").output().is_err() {
            apt::install(package, "the tests build mechanics that are written in JavaScript")?;
        }
    }
    let answer = Command::new("node").args(["-e", IS_NEW_ENOUGH]).output();
    let is_new_enough = answer.is_ok_and(|answer| answer.status.success());
    ensure!(is_new_enough, "`node` is older than 18; put a newer one on the path");
    Ok(())
}
