//! An OCI registry for `cargo xtask test`, and a client of another make; installed when there is none.

use std::process::Command;

use anyhow::ensure;

use crate::apt;

/// Programs, each with Debian's package of the same name, and what the tests do with it.
const PROGRAMS: [(&str, &str); 2] = [
    ("docker-registry", "the tests push mechanics to a real OCI registry"),
    ("skopeo", "the tests read what they pushed with a client that is not ours"),
];

/// Sees to it that both are there.
pub(crate) fn ensure_installed() -> anyhow::Result<()> {
    for (program, why) in PROGRAMS {
        if !is_there(program) {
            apt::install(program, why)?;
        }
        ensure!(
            is_there(program),
            "`{program}` does not start; install Debian's package of that name by hand"
        );
    }
    Ok(())
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|answer| answer.status.success())
}
