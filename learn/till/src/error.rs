//! What can be wrong with a model for the till.

use std::error::Error;
use std::fmt;

/// Why a model is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// A name that no mechanic can have.
    Name { name: String },
    /// Not three numbers.
    Version { version: String },
    /// One of the documented limits.
    Limit { what: &'static str, found: usize, most: usize },
    /// There are no levels.
    NoLevels,
    /// The constant is no level of the model.
    Constant { level: u8, levels: usize },
    /// The numbers of a level, from 1.
    Level { level: usize, problem: &'static str },
    /// A tree of a level.
    Tree { level: usize, tree: usize, depth: usize, most: usize },
    /// The same feature has other cuts in another level.
    Cuts { name: String },
    /// A feature whose name says that the till knows it, and that it does not.
    NotKnownAtTill { name: String },
    /// The bytes are not a table of this version.
    NotATable { problem: &'static str },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name } => write!(
                f,
                "`{name}` is no name of a mechanic: take lower-case letters, digits and single hyphens, a letter first, at most 64 characters"
            ),
            Self::Version { version } => {
                write!(
                    f,
                    "`{version}` is no version: take three numbers with points between them, as in 1.0.0"
                )
            }
            Self::Limit { what, found, most } => {
                write!(f, "{what}: {found}, at most {most} fit into a mechanic")
            }
            Self::NoLevels => {
                f.write_str("the model has no level: a constant for everybody needs no mechanic")
            }
            Self::Constant { level, levels } => {
                write!(f, "the constant is level {level}, and the model has {levels}")
            }
            Self::Level { level, problem } => write!(f, "level {level}: {problem}"),
            Self::Tree { level, tree, depth, most } => write!(
                f,
                "tree {tree} of level {level} is {depth} nodes deep, at most {most} are possible: train with less depth"
            ),
            Self::Cuts { name } => {
                write!(f, "feature `{name}` is cut in two ways: train all levels on the same bins")
            }
            Self::NotKnownAtTill { name } => write!(
                f,
                "the till does not know `{name}`; it knows till.hour, till.weekday, till.lines, till.units, till.sum, till.goods_sum.LABEL and till.goods_units.LABEL"
            ),
            Self::NotATable { problem } => write!(f, "this is no model for the till: {problem}"),
        }
    }
}

impl Error for ModelError {}
