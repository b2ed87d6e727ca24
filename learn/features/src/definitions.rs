//! Definitions of features as data.

mod expand;
mod file;
mod query;
mod words;

use std::ops::Range;

use crate::code::{BUCKETS, sha256};
use crate::error::FeaturesError;
use expand::{Feature, Measure};

/// The definitions that are used if no file replaces them.
const EMBEDDED: &str = include_str!("../features.toml");

/// The most features.
pub const MOST_FEATURES: usize = 10_000;
/// The most columns of the inner query.
pub const MOST_MEASURES: usize = 500;

/// Days since the last receipt of members who have none.
pub const NEVER: i64 = 100_000;

/// What a feature tells about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// How long and how often a member has been coming.
    Profile,
    /// How much a member spends, and at what price.
    PurchasingPower,
    /// What a member buys.
    Products,
    /// Where.
    Outlets,
    /// When.
    Calendar,
}

impl Group {
    pub const ALL: [Self; 5] =
        [Self::Profile, Self::PurchasingPower, Self::Products, Self::Outlets, Self::Calendar];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::PurchasingPower => "purchasing_power",
            Self::Products => "products",
            Self::Outlets => "outlets",
            Self::Calendar => "calendar",
        }
    }
}

/// A feature: an integer for each member.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Definition {
    /// Of `a` to `z`, `0` to `9` and `_`; the same as long as its set is defined the same.
    pub name: String,
    /// What it is, for people.
    pub sentence: String,
    pub group: Group,
}

/// A list of features, and how to work them out from tiles.
#[derive(Clone, Debug)]
pub struct Definitions {
    definitions: Vec<Definition>,
    features: Vec<Feature>,
    measures: Vec<Measure>,
    sha256: String,
}

impl Definitions {
    /// The default set.
    ///
    /// # Errors
    ///
    /// None: a test reads it.
    pub fn embedded() -> Result<Self, FeaturesError> {
        Self::from_toml(EMBEDDED)
    }

    /// The text of the default set, to begin an own one with.
    pub fn embedded_toml() -> &'static str {
        EMBEDDED
    }

    /// Reads definitions; the comments of the default set say how they are written.
    ///
    /// # Errors
    ///
    /// An unknown key or value, a set without features, two features of one name, or too many.
    pub fn from_toml(text: &str) -> Result<Self, FeaturesError> {
        let document = file::read(text)?;
        let expand::All { definitions, features, measures, .. } = expand::all(&document)?;
        Ok(Self { definitions, features, measures, sha256: sha256(text.as_bytes()) })
    }

    /// The features, in the order of the columns that are worked out.
    pub fn features(&self) -> &[Definition] {
        &self.definitions
    }

    /// The SHA-256 of the text that they were read from, in hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.sha256
    }

    /// Columns of the inner query.
    pub fn measures(&self) -> usize {
        self.measures.len()
    }

    /// The query for all members: what they bought before day `as_of_day`. It answers a row for each of them, in any
    /// order: `member`, then `f1`, `f2`… in the order of [`Self::features`].
    pub fn sql(&self, as_of_day: i64) -> String {
        self.sql_of(as_of_day, &(0..BUCKETS))
    }

    /// The query for the members of some buckets; only the two numbers behind `bucket` differ.
    pub fn sql_of(&self, as_of_day: i64, buckets: &Range<u32>) -> String {
        query::sql(&self.features, &self.measures, as_of_day, buckets)
    }
}
