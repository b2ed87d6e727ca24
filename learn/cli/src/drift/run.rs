//! A folder that `experiment` wrote, with the data that it was made from.

use std::path::{Path, PathBuf};

use trees::{Bins, Feature};

use crate::champion::{self, Champion};
use crate::input::config::Config;
use crate::input::encoded;
use crate::input::rows::{Rows, Unseen};
use crate::input::table::file_name;
use crate::manifest::Manifest;
use crate::refused::{Refused, refuse};

/// A run.
pub(super) struct Run {
    /// Its folder.
    pub(super) folder: PathBuf,
    pub(super) champion: Champion,
    pub(super) config: Config,
    pub(super) rows: Rows,
    data: PathBuf,
}

impl Run {
    /// Opens a folder. `moved` says where its data is now, and `option` how to say so.
    ///
    /// # Errors
    ///
    /// It is no folder of `experiment`, or its data or configuration is not what the run was made from.
    pub(super) fn open(folder: &Path, moved: Option<&Path>, option: &str) -> Result<Self, Refused> {
        let manifest = Manifest::read(folder)?;
        let (champion, _) = Champion::read(&folder.join(champion::NAME))?;
        let (config, bytes) = Config::read(&manifest.config.path)?;
        if crate::manifest::digest(&bytes) != manifest.config.sha256 {
            refuse!(
                "{}: {} is not the configuration that the run was made with: it was changed since",
                folder.display(),
                manifest.config.path.display()
            );
        }
        let data = moved.unwrap_or(&manifest.data.path).to_owned();
        let rows = Rows::read(&data, &config)?;
        if rows.sha256 != manifest.data.sha256 {
            refuse!(
                "{}: {} is not the data that the run was made with; say with {option} where that is",
                folder.display(),
                data.display()
            );
        }
        Ok(Self { folder: folder.to_owned(), champion, config, rows, data })
    }

    /// What the champion of a run sees of the rows of this one.
    ///
    /// # Errors
    ///
    /// A column that it needs is not there.
    pub(super) fn seen_by(&self, champion: &Champion, features: &[Feature]) -> Result<Bins, Refused> {
        let seen = Unseen::read_some(&self.data, &champion.columns, None, Some(&self.rows.kept))?;
        encoded::bins(features, &seen.features)
    }

    /// Name of its data, for people.
    pub(super) fn data(&self) -> String {
        file_name(&self.data)
    }
}
