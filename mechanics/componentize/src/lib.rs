//! Builds mechanics for `wasm32-unknown-unknown` and wraps them as components.
//!
//! Meant for build scripts: the build runs in a cargo of its own, with a target directory of its
//! own, and gives the same bytes for the same sources wherever it runs.

mod command;
mod error;
mod wrap;

use std::fs;
use std::path::{Path, PathBuf};

pub use error::ComponentizeError;

/// The target of every mechanic: no operating system, so nothing to import.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The cargo profile that mechanics are built with; the workspace of the packages defines it.
pub const PROFILE: &str = "guest";

/// A mechanic, built.
#[derive(Debug, Clone)]
pub struct Component {
    /// The name of its package.
    pub name: String,
    /// Where the component lies.
    pub path: PathBuf,
    /// The component.
    pub bytes: Vec<u8>,
}

/// A build of some packages of one workspace.
#[derive(Debug, Clone)]
pub struct Build {
    workspace_root: PathBuf,
    target_dir: PathBuf,
    packages: Vec<String>,
}

impl Build {
    /// Prepares a build. The target directory must not be that of a cargo which waits for this
    /// build: it would wait for ever. See [`target_dir_beside`].
    pub fn new(workspace_root: impl Into<PathBuf>, target_dir: impl Into<PathBuf>) -> Self {
        Self { workspace_root: workspace_root.into(), target_dir: target_dir.into(), packages: Vec::new() }
    }

    /// Adds packages by name.
    #[must_use]
    pub fn packages<I: IntoIterator<Item: Into<String>>>(mut self, names: I) -> Self {
        self.packages.extend(names.into_iter().map(Into::into));
        self
    }

    /// Builds all packages in one run of cargo, and wraps each. The components come in the order
    /// of the packages.
    pub fn run(&self) -> Result<Vec<Component>, ComponentizeError> {
        if self.packages.is_empty() {
            return Ok(Vec::new());
        }
        command::require_target()?;
        command::build(&self.workspace_root, &self.target_dir, &self.packages)?;
        self.packages.iter().map(|name| self.component(name)).collect()
    }

    fn component(&self, name: &str) -> Result<Component, ComponentizeError> {
        let module_path =
            self.target_dir.join(TARGET).join(PROFILE).join(name.replace('-', "_")).with_extension("wasm");
        let module = fs::read(&module_path).map_err(ComponentizeError::file(&module_path))?;
        let bytes = wrap::component(name, &module)?;
        let path = self.target_dir.join("components").join(name).with_extension("wasm");
        write_if_changed(&path, &bytes)?;
        Ok(Component { name: name.to_owned(), path, bytes })
    }
}

/// A target directory for a build script to use: one for all profiles and packages of the outer
/// build, so that mechanics are compiled once. Takes the script's `OUT_DIR`.
pub fn target_dir_beside(out_dir: &Path) -> PathBuf {
    // OUT_DIR is `<target>/<profile>/build/<package>/out`. Cargo does not promise that; elsewhere
    // the directory is only shared less.
    out_dir.ancestors().nth(4).unwrap_or(out_dir).join("guests")
}

/// Leaves the file's time alone if nothing changed, so that nothing is built again for it.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<(), ComponentizeError> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(ComponentizeError::file(folder))?;
    }
    fs::write(path, bytes).map_err(ComponentizeError::file(path))
}
