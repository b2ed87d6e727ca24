//! Does a run again from what it read, beside it, and compares every byte.

use std::fs;

use anyhow::{Context as _, bail};
use experiment::Told;

use crate::config::Config;
use crate::ingest::{CONFIG, INGEST, Ingested};
use crate::night::work;
use crate::report::{MANIFEST, Manifest, STAGES, manifest};
use crate::state::{Run, Stage, State};

/// Verifies a run; how many files are identical.
///
/// # Errors
///
/// The run is not complete; a file was changed; a file comes out differently; another version of the program.
pub fn verify(state: &State, run: &Run, progress: Told<'_>) -> anyhow::Result<usize> {
    let _lock = state.lock()?;
    if !run.done(Stage::Report) {
        bail!("{}: is not complete, so there is nothing to compare", run.folder.display());
    }
    let stated: Manifest = run.json(Stage::Report, MANIFEST)?;
    if stated.version != env!("CARGO_PKG_VERSION") {
        bail!(
            "the run was made by version {}, and this is {}; verify it with that one",
            stated.version,
            env!("CARGO_PKG_VERSION")
        );
    }
    same(&stated, &manifest(run)?, "is not what the run wrote")?;
    let config = Config::parse(&run.text(Stage::Ingest, CONFIG)?)?;
    let ingested: Ingested = run.json(Stage::Ingest, INGEST)?;
    let folder = tempfile::Builder::new().prefix(".verify-").tempdir_in(&state.root)?;
    let again = Run { name: run.name.clone(), folder: folder.path().join(&run.name) };
    let inputs = again.folder.join(Stage::Ingest.folder());
    fs::create_dir_all(&inputs)?;
    for entry in fs::read_dir(run.folder.join(Stage::Ingest.folder()))? {
        let entry = entry?;
        fs::copy(entry.path(), inputs.join(entry.file_name()))
            .with_context(|| format!("{} cannot be copied", entry.path().display()))?;
    }
    let count = u64::try_from(STAGES.len())?;
    for (number, stage) in (0..).zip(STAGES) {
        progress(stage.folder(), number, count);
        work(&config, state, &again, &ingested, stage, &folder.path().join("tiles"), &|_, _, _| {})?;
    }
    same(&stated, &manifest(&again)?, "comes out differently when the run is done again")?;
    Ok(stated.files.len())
}

fn same(stated: &Manifest, found: &Manifest, words: &str) -> anyhow::Result<()> {
    if let Some(other) = stated.files.iter().find(|file| !found.files.contains(file)) {
        bail!("{} {words}", other.file);
    }
    if let Some(other) = found.files.iter().find(|file| !stated.files.contains(file)) {
        bail!("{} {words}", other.file);
    }
    Ok(())
}
