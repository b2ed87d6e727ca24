//! Checks of a file that is to become a mechanic, before any of it is compiled or run.

mod description;
mod frozen;
mod kind;
mod names;
mod refusal;
mod screen;
mod text;

use domain::mechanic_class::Class;

use crate::abi::Abi;
use crate::digest::sha256;
use crate::limits::FileLimits;

pub(crate) use description::check as check_description;
pub use frozen::{GUARD, frozen_clock};
pub use refusal::Refusal;
pub use screen::has_function_names;
pub use text::Text;

/// A file that may be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// SHA-256 of the file: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Size of the file, in bytes.
    pub bytes: usize,
    pub(crate) abi: Abi,
    pub(crate) compile_times: u32,
}

impl Inspected {
    /// The version of the contract that the file is built for, as `1.0.0`.
    pub fn abi(&self) -> &'static str {
        self.abi.version()
    }
}

/// Checks a file's size, kind, imports, exports, version of the contract and size of its functions.
pub fn inspect(file: &[u8], limits: &FileLimits) -> Result<Inspected, Refusal> {
    if file.len() > limits.bytes {
        return Err(Refusal::FileTooLarge { bytes: file.len(), limit: limits.bytes });
    }
    kind::check(file)?;
    let found = screen::screen(file, limits)?;
    names::check_imports(&found.imports)?;
    let abi = names::abi(&found.exports)?;
    Ok(Inspected { digest: sha256(file), bytes: file.len(), abi, compile_times: limits.compile_times })
}

/// The first class that a file is not too large for; the last one if it is too large for all.
pub fn smallest_class(file: &[u8]) -> Class {
    let takes = |class: &Class| match inspect(file, &FileLimits::of(*class)) {
        Ok(_) => true,
        Err(refusal) => !refusal.is_of_size(),
    };
    Class::ALL.into_iter().find(takes).unwrap_or(Class::Slow)
}
