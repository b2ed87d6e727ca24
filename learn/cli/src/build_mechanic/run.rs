//! What the folder of a run says beside its champion.

use std::path::{Path, PathBuf};

use choose::Verdict;

use super::student::Lessons;
use crate::champion::Champion;
use crate::input::config::Config;
use crate::input::encoded;
use crate::input::rows::{Rows, Unseen};
use crate::manifest::{Manifest, digest};
use crate::refused::{Refused, refuse};

/// What the competition found.
const LEADERBOARD: &str = "leaderboard.json";

/// The folder of a run, and where its inputs are now.
pub(super) struct Run<'a> {
    pub(super) folder: &'a Path,
    pub(super) data: Option<&'a PathBuf>,
    pub(super) config: Option<&'a PathBuf>,
}

impl Run<'_> {
    /// The arm that was worth most if everybody got it.
    ///
    /// # Errors
    ///
    /// A file that is not what the run wrote.
    pub(super) fn best_constant(&self) -> Result<Option<String>, Refused> {
        let path = self.folder.join(LEADERBOARD);
        let unreadable = |error: &dyn std::fmt::Display| {
            Refused(format!("{}: cannot be read: {error}; name the arm by --constant", path.display()))
        };
        let bytes = std::fs::read(&path).map_err(|error| unreadable(&error))?;
        let manifest = Manifest::read(self.folder)?;
        let written = manifest.outputs.iter().find(|output| output.file == LEADERBOARD);
        if written.is_none_or(|written| written.sha256 != digest(&bytes)) {
            refuse!("{}: is not what the run wrote; name the arm by --constant", path.display());
        }
        let verdict: Verdict = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
        Ok(verdict.choice.best_constant.strip_prefix("always ").map(str::to_owned))
    }

    /// The rows of the run as its champion sees them.
    ///
    /// # Errors
    ///
    /// Data or configuration that are not those of the run.
    pub(super) fn lessons(&self, champion: &Champion) -> Result<Lessons, Refused> {
        let manifest = Manifest::read(self.folder)?;
        let (data, path) =
            (self.data.unwrap_or(&manifest.data.path), self.config.unwrap_or(&manifest.config.path));
        let (config, bytes) = Config::read(path)?;
        same(path, &digest(&bytes), &manifest.config.sha256, "--config")?;
        let rows = Rows::read(data, &config)?;
        same(data, &rows.sha256, &manifest.data.sha256, "--data")?;
        if champion.arms != rows.arms {
            refuse!("{}: the champion knows other arms than the experiment has", self.folder.display());
        }
        let seen = Unseen::read_some(data, &champion.columns, None, Some(&rows.kept))?;
        let bins = encoded::bins(&champion.features(), &seen.features)?;
        let threads = config.threads.unwrap_or(1);
        Ok(Lessons { bins, members: rows.members, seed: config.seed, threads })
    }
}

fn same(path: &Path, found: &str, wanted: &str, option: &str) -> Result<(), Refused> {
    if found == wanted {
        return Ok(());
    }
    refuse!(
        "{}: is not the file that the run was made with: its SHA-256 differs from the manifest's; say by {option} where \
         that is",
        path.display()
    );
}
