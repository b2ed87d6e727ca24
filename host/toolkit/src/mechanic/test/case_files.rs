//! Finds case files, and the times of their last changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, ensure};

use super::Args;
use crate::cases::Case;

/// The given files, and the case files in the given folders, sorted by path. Fails if a folder has none.
pub(in crate::mechanic) fn cases(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let found = files.len();
        let mut inside = Vec::new();
        collect(path, &mut inside)?;
        inside.sort();
        files.extend(inside);
        ensure!(files.len() > found, "there is no case file in {}", path.display());
    }
    Ok(files)
}

/// Adds the case files below a folder. Files of this format without receipts are common parts of cases, and left out.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let is_case = path.extension().is_some_and(|extension| extension == "toml" || extension == "json");
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_case && Case::is_case(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// The component, the cases and their common parts, each with the time of its last change, if it can be read.
pub(super) fn stamps(args: &Args) -> Vec<(PathBuf, Option<SystemTime>)> {
    let mut files = cases(&args.cases).unwrap_or_else(|_| args.cases.clone());
    let stores: Vec<PathBuf> = files.iter().filter_map(|file| Case::store_beside(file)).collect();
    files.extend(stores);
    files.push(args.file.clone());
    let changed = |file: &PathBuf| fs::metadata(file).and_then(|file| file.modified()).ok();
    files
        .into_iter()
        .map(|file| {
            let at = changed(&file);
            (file, at)
        })
        .collect()
}
