//! What can go wrong in a build.

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
        /// Why.
        source: io::Error,
    },
    /// The compiler refused.
    #[error("the mechanics {packages} do not build:\n{output}")]
    Compile {
        /// Which were asked for.
        packages: String,
        /// What cargo said.
        output: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The module is no mechanic.
    #[error("`{package}` cannot be made a component: {detail}; does it call `mechanic_sdk::export!`?")]
    Wrap {
        /// Which package.
        package: String,
        /// Why.
        detail: String,
    },
}

impl ComponentizeError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
