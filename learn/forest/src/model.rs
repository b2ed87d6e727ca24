//! A forest in memory.

use alloc::vec::Vec;

use crate::check;
use crate::error::ForestError;
use crate::feature::Feature;
use crate::tree::Tree;

/// A checked forest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forest {
    features: Vec<Feature>,
    base: i64,
    trees: Vec<Tree>,
}

impl Forest {
    /// Checks the parts of a forest: limits, cuts, positions, and that each tree is one.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(features: Vec<Feature>, base: i64, trees: Vec<Tree>) -> Result<Self, ForestError> {
        check::features(&features)?;
        check::base(base)?;
        check::trees(&trees, &features)?;
        Ok(Self { features, base, trees })
    }

    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// What a forest without trees answers.
    #[must_use]
    pub fn base(&self) -> i64 {
        self.base
    }

    #[must_use]
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Score of one row of raw values, in the order of [`features`](Self::features). Values beyond the
    /// features are left out, features without a value are missing.
    #[must_use]
    pub fn score(&self, values: &[Option<i64>]) -> i64 {
        let values = values.iter().copied().chain(core::iter::repeat(None));
        let bins: Vec<u8> =
            self.features.iter().zip(values).map(|(feature, value)| feature.bin(value)).collect();
        self.score_bins(&bins)
    }

    /// The same from the bins of one row; features without a bin are missing.
    #[must_use]
    pub fn score_bins(&self, bins: &[u8]) -> i64 {
        self.score_by(|feature| bins.get(usize::from(feature)).copied().unwrap_or_default())
    }

    /// The same, asking for the bin of a feature, by its position, only where a tree needs it.
    #[must_use]
    pub fn score_by(&self, bin: impl Fn(u16) -> u8) -> i64 {
        self.trees.iter().fold(self.base, |score, tree| score.saturating_add(i64::from(tree.leaf(&bin))))
    }
}
