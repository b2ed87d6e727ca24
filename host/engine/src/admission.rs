//! Whether a file may become a mechanic at all: read before anything of it is compiled or run.

mod description;
mod kind;
mod names;
mod refusal;
mod screen;

use sha2::{Digest as _, Sha256};

use crate::abi::Abi;
use crate::limits::FileLimits;

pub(crate) use description::check as check_description;
pub use kind::Text;
pub use refusal::Refusal;
pub use screen::has_function_names;

/// A file that may be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// `sha256:…` of the file.
    pub digest: String,
    /// Its size in bytes.
    pub bytes: usize,
    pub(crate) abi: Abi,
    pub(crate) compile_times: u32,
}

impl Inspected {
    /// The version of the contract that it is built for.
    pub fn abi(&self) -> &'static str {
        self.abi.version()
    }
}

/// Reads a file: size, kind, imports, exports, version of the contract, size of its functions.
pub fn inspect(file: &[u8], limits: &FileLimits) -> Result<Inspected, Refusal> {
    if file.len() > limits.bytes {
        return Err(Refusal::FileTooLarge { bytes: file.len(), limit: limits.bytes });
    }
    kind::check(file)?;
    let found = screen::screen(file, limits)?;
    names::check_imports(&found.imports)?;
    let abi = names::abi(&found.exports)?;
    Ok(Inspected { digest: digest(file), bytes: file.len(), abi, compile_times: limits.compile_times })
}

pub(crate) fn digest(file: &[u8]) -> String {
    let hex = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("sha256:{hex}")
}
