//! What can be wrong with a forest.

use core::fmt;

/// Why a forest is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForestError {
    /// The bytes begin otherwise.
    NotAForest,
    /// A version of the format that this program does not know.
    Version { found: u32 },
    /// The bytes are cut short, or more follow than the header says.
    Length { expected: u64, found: u64 },
    /// The bytes were changed after they were written.
    Checksum { expected: u32, found: u32 },
    /// One of the documented limits.
    Limit { what: &'static str, found: u64, most: u64 },
    /// A feature by its position.
    Feature { feature: usize, problem: &'static str },
    /// A tree by its position.
    Tree { tree: usize, problem: &'static str },
    /// A node by its position in a tree.
    Node { tree: usize, node: usize, problem: &'static str },
}

impl fmt::Display for ForestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAForest => {
                f.write_str("this is not a forest: write it anew with the program that trained it")
            }
            Self::Version { found } => {
                write!(
                    f,
                    "the forest has version {found} of the format, this program reads version {}",
                    crate::format::VERSION
                )
            }
            Self::Length { expected, found } => {
                write!(f, "the forest should have {expected} bytes and has {found}: copy the file again")
            }
            Self::Checksum { expected, found } => write!(
                f,
                "the forest was changed after it was written (checksum {found:08x} instead of {expected:08x}): copy the file again"
            ),
            Self::Limit { what, found, most } => write!(f, "{what}: {found}, at most {most} are possible"),
            Self::Feature { feature, problem } => write!(f, "feature {feature} of the forest: {problem}"),
            Self::Tree { tree, problem } => write!(f, "tree {tree} of the forest: {problem}"),
            Self::Node { tree, node, problem } => {
                write!(f, "node {node} of tree {tree} of the forest: {problem}")
            }
        }
    }
}

impl core::error::Error for ForestError {}
