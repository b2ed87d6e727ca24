//! Programs for `cargo xtask test` that are installed when they are not there: an OCI registry, a client of
//! another make, and a browser.

use std::process::Command;

use anyhow::ensure;

use crate::apt;

/// Programs, each with Debian's package and its use in the tests.
const PROGRAMS: [(&str, &str, &str); 4] = [
    ("docker-registry", "docker-registry", "the tests push mechanics to a real OCI registry"),
    ("skopeo", "skopeo", "the tests read what they pushed with a client that is not ours"),
    ("chromium", "chromium", "the tests fill in the forms of the console in a real browser"),
    ("chromedriver", "chromium-driver", "the tests drive the browser with it"),
];

/// Installs the programs that are missing.
pub(crate) fn ensure_installed() -> anyhow::Result<()> {
    for (program, package, why) in PROGRAMS {
        if !is_there(program) {
            apt::install(package, why)?;
        }
        ensure!(is_there(program), "`{program}` does not start; install Debian's package {package} by hand");
    }
    Ok(())
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|answer| answer.status.success())
}
