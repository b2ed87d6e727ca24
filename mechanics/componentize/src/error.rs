//! Errors of a build.

use std::io;
use std::path::{Path, PathBuf};

/// Why a mechanic could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ComponentizeError {
    /// Rust's standard library for the target is missing.
    #[error("the Wasm target is not installed; run `rustup target add {}`", crate::TARGET)]
    TargetMissing,
    /// A program could not be started.
    #[error("cannot run `{program}`: {source}")]
    Start {
        /// The program.
        program: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The packages do not compile.
    #[error("the mechanics {packages} do not build:\n{output}")]
    Compile {
        /// The packages, separated by commas.
        packages: String,
        /// Cargo's standard error.
        output: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Path of the file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The module is not a mechanic.
    #[error("`{package}` cannot be made a component: {detail}; does it call `mechanic_sdk::export!`?")]
    Wrap {
        /// Name of the package.
        package: String,
        /// The reason.
        detail: String,
    },
}

impl ComponentizeError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
