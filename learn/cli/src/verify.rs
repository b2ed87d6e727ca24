//! `verify`: does a run again and compares what it wrote.

use std::path::PathBuf;

use anyhow::bail;

use crate::manifest::{self, Manifest};
use crate::progress::Progress;
use crate::refused::refuse;
use ::experiment::{Inputs, judge};

/// Do an experiment, or a run of the nightly loop, again from its manifest, and compare every byte of what it wrote.
///
/// Example:
///   offer-host-learn verify judged
///
/// Exit codes: 0 identical; 1 something differs; 2 the inputs are not the ones of that run.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Folder that `experiment` wrote, or that of a run such as state/runs/2026-11-30.
    run: PathBuf,
    /// Where the data is now, if it has moved.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Where the configuration is now, if it has moved.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the rows to score are now, if they have moved.
    #[arg(long, value_name = "FILE")]
    score: Option<PathBuf>,
    /// How many threads train; it changes no byte.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: Option<u32>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if crate::nightly::is_run(&arguments.run) {
        return crate::nightly::verify(&arguments.run);
    }
    let manifest = Manifest::read(&arguments.run)?;
    let inputs = Inputs {
        data: arguments.data.clone().unwrap_or_else(|| manifest.data.path.clone()),
        config: arguments.config.clone().unwrap_or_else(|| manifest.config.path.clone()),
        score: manifest
            .score
            .as_ref()
            .map(|score| arguments.score.clone().unwrap_or_else(|| score.path.clone())),
        threads: arguments.threads,
    };
    if let Some(file) = damaged(&manifest, arguments)? {
        bail!("{}: {file} is not what the run wrote", arguments.run.display());
    }
    let progress = Progress::new();
    let judged = judge(&inputs, &|what, done, steps| progress.step(what, done, steps))?;
    drop(progress);
    same_inputs(&manifest, &judged.manifest)?;
    if manifest.version != judged.manifest.version {
        refuse!(
            "the run was made by version {}, and this is version {}; verify it with that one",
            manifest.version,
            judged.manifest.version
        );
    }
    let outputs = judged.manifest.outputs.iter();
    if let Some(output) = outputs.clone().find(|output| !manifest.outputs.contains(output)) {
        bail!("{} comes out differently when the run is done again", output.file);
    }
    if outputs.len() != manifest.outputs.len() {
        bail!(
            "the run has {} files, and {} come out when it is done again",
            manifest.outputs.len(),
            outputs.len()
        );
    }
    crate::output::say(&format!("identical: {} files", manifest.outputs.len()))
}

/// A file of the run that has changed since it was written.
fn damaged(manifest: &Manifest, arguments: &Arguments) -> anyhow::Result<Option<String>> {
    for output in &manifest.outputs {
        let bytes = std::fs::read(arguments.run.join(&output.file)).unwrap_or_default();
        if manifest::digest(&bytes) != output.sha256 {
            return Ok(Some(output.file.clone()));
        }
    }
    Ok(None)
}

fn same_inputs(before: &Manifest, now: &Manifest) -> anyhow::Result<()> {
    let optional = |input: &Option<manifest::Input>| input.as_ref().map(|input| input.sha256.clone());
    let pairs = [
        ("the data", Some(before.data.sha256.clone()), Some(now.data.sha256.clone())),
        ("the configuration", Some(before.config.sha256.clone()), Some(now.config.sha256.clone())),
        ("the file to score", optional(&before.score), optional(&now.score)),
        ("the champion before", optional(&before.previous), optional(&now.previous)),
    ];
    for (what, before, now) in pairs {
        if before != now {
            refuse!(
                "{what} is not the file that the run was made with: its SHA-256 differs from the manifest's"
            );
        }
    }
    Ok(())
}
