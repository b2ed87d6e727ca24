//! What a command writes: all files of a folder, or none.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Lowercase hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value as JSON for people, with a line break at its end.
pub fn json(value: &impl serde::Serialize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes a line to the standard output.
pub fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("the standard output cannot be written")
}

/// Files that belong together, not yet written.
#[derive(Default)]
pub struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.push((name.to_owned(), bytes));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// Writes each file under a temporary name, and gives them their names when all are on the disk. The last
    /// one gets its name last: who sees it, sees them all.
    ///
    /// # Errors
    ///
    /// The folder cannot be made or written; what was written is then taken away again.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let places: Vec<(PathBuf, PathBuf)> =
            self.iter().map(|(name, _)| (folder.join(format!(".{name}.part")), folder.join(name))).collect();
        let written = places.iter().zip(self.iter()).try_for_each(|((part, _), (_, bytes))| {
            whole(part, bytes).with_context(|| format!("{} cannot be written", part.display()))
        });
        if written.is_err() {
            for (part, _) in &places {
                // The first error is the one to report.
                drop(fs::remove_file(part));
            }
            return written;
        }
        for (part, place) in &places {
            fs::rename(part, place).with_context(|| format!("{} cannot be written", place.display()))?;
        }
        Ok(())
    }
}

fn whole(place: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(place)?;
    file.write_all(bytes)?;
    file.sync_all()
}
