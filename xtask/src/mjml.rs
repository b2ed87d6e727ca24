//! `cargo xtask mjml`: records what a reader has of the pages that the npm package `mjml` makes of the sources in
//! `host/communications/tests/mjml`. The tests of that crate compare the host's pages with it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::node;

const PACKAGE: &str = "mjml@4.15.3";
const FOLDER: &str = "host/communications/tests/mjml";
/// Takes the path of a source, and writes the page.
const SCRIPT: &str = "const made = require('mjml')(require('fs').readFileSync(process.argv[1], 'utf8'), \
     {validationLevel: 'strict', fonts: {}, minify: false, beautify: false}); process.stdout.write(made.html);";

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    node::ensure_installed()?;
    let folder = std::env::temp_dir().join(format!("offer-host-mjml-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let made = pages(&folder);
    std::fs::remove_dir_all(&folder)?;
    eprintln!("{} pages of {PACKAGE} are recorded in {FOLDER}", made?);
    Ok(ExitCode::SUCCESS)
}

/// Makes and records all pages; returns how many.
fn pages(folder: &Path) -> anyhow::Result<usize> {
    let mut npm = Command::new("npm");
    let installed =
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(folder).arg(PACKAGE).output()?;
    ensure!(
        installed.status.success(),
        "npm cannot install {PACKAGE}: {}",
        String::from_utf8_lossy(&installed.stderr)
    );
    let sources = sources().with_context(|| format!("{FOLDER}: run it in the folder of the repository"))?;
    for source in &sources {
        let path = std::path::absolute(source)?;
        let made = Command::new("node").args(["-e", SCRIPT]).arg(path).current_dir(folder).output()?;
        ensure!(made.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&made.stderr));
        let name = source.file_name().context("a source has a name")?;
        std::fs::write(folder.join(name).with_extension("html"), made.stdout)?;
    }
    let recorded = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--workspace", "--test", "mjml", "--", "--ignored"])
        .env("OFFER_HOST_MJML_PAGES", folder)
        .status()?;
    ensure!(recorded.success(), "the pages cannot be recorded");
    Ok(sources.len())
}

fn sources() -> anyhow::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(FOLDER)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "mjml") {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}
