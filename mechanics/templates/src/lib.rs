//! Projects for authors of mechanics, in each language: the files beside this crate's `src`, which
//! build and run as they lie here, under a name of the author's own.

mod files;

use std::path::PathBuf;

use files::{Cases, Contract, ContractBefore, JavaScript, Python, Rust, Sdk};

/// The name that the files here go by.
const PLACEHOLDER: &str = "my-rule";

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The language that a mechanic is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// With the guest SDK.
    Rust,
    /// With componentize-js.
    JavaScript,
    /// With componentize-py.
    Python,
}

/// A name that no mechanic can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name of a mechanic: take lower-case letters, digits and single hyphens, a letter first, as in `happy-hour`"
)]
pub struct NotAName(String);

/// One file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// Path from the project's folder.
    pub path: PathBuf,
    /// The bytes of the file.
    pub contents: Vec<u8>,
}

/// The files of a new project, by path.
pub fn project(name: &str, language: Language) -> Result<Vec<ProjectFile>, NotAName> {
    if !is_name(name) {
        return Err(NotAName(name.to_owned()));
    }
    let mut found = match language {
        Language::Rust => {
            let mut found = files::of::<Rust>("");
            found.extend(files::of::<Sdk>("vendor/mechanics/sdk/"));
            found.extend(files::of::<Contract>("vendor/wit/v1.1.0/"));
            found.extend(files::of::<ContractBefore>("vendor/wit/v1.0.0/"));
            found
        }
        Language::JavaScript => {
            files::of::<JavaScript>("").into_iter().chain(files::of::<Contract>("wit/")).collect()
        }
        Language::Python => {
            files::of::<Python>("").into_iter().chain(files::of::<Contract>("wit/")).collect()
        }
    };
    found.extend(files::of::<Cases>("cases/"));
    let mut project: Vec<ProjectFile> = found.into_iter().map(|file| named(file, name)).collect();
    project.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(project)
}

/// The file under the new name: in its path, and wherever it is written in texts.
fn named((path, contents): (String, Vec<u8>), name: &str) -> ProjectFile {
    let rename = |text: &str| {
        let renamed = text.replace(PLACEHOLDER, name);
        renamed.replace(&PLACEHOLDER.replace('-', "_"), &name.replace('-', "_"))
    };
    let path = PathBuf::from(rename(&path));
    let contents = String::from_utf8(contents).map(|text| rename(&text).into_bytes());
    ProjectFile { path, contents: contents.unwrap_or_else(|binary| binary.into_bytes()) }
}

/// True for a name that the host, cargo and npm all accept.
fn is_name(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split('-').all(is_word)
}
