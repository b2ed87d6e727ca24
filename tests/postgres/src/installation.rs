//! Finds the programs of PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// Folder in which Debian keeps each major version, off the path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Programs that the tests call.
const PROGRAMS: [&str; 4] = ["postgres", "initdb", "psql", "createdb"];

/// A folder with the programs of one PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    programs: PathBuf,
}

impl Installation {
    /// The one on the path, else the newest of Debian's.
    pub fn find() -> anyhow::Result<Self> {
        let on_path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .find(|folder| is_complete(folder));
        on_path.or_else(|| newest(Path::new(DEBIAN))).map(|programs| Self { programs }).with_context(|| {
            format!(
                "no PostgreSQL server on the path or under {DEBIAN}: run `cargo xtask test`, which installs \
                 Debian's package `postgresql`, or install {} by hand",
                PROGRAMS.join(", ")
            )
        })
    }

    /// The folder of the programs.
    pub fn folder(&self) -> &Path {
        &self.programs
    }

    /// One of the programs, to be given its arguments. It reads no input.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.env("LC_ALL", "C").stdin(Stdio::null());
        command
    }
}

fn is_complete(folder: &Path) -> bool {
    PROGRAMS.iter().all(|program| folder.join(program).is_file())
}

/// The `bin` of the highest version in folders named 15, 16 and so on.
fn newest(versions: &Path) -> Option<PathBuf> {
    std::fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| is_complete(folder))
        .max()
        .map(|(_, folder)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_complete_version_counts() {
        let versions = tempfile::tempdir().unwrap();
        for (version, programs) in [("9", &PROGRAMS[..]), ("15", &PROGRAMS), ("16", &PROGRAMS[2..])] {
            let folder = versions.path().join(version).join("bin");
            std::fs::create_dir_all(&folder).unwrap();
            for program in programs {
                std::fs::write(folder.join(program), "").unwrap();
            }
        }
        assert_eq!(newest(versions.path()), Some(versions.path().join("15").join("bin")));
        assert_eq!(newest(&versions.path().join("none")), None);
    }
}
