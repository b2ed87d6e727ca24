//! What the lines of a receipt add up to.

use crate::{Line, Receipt, Scope};

/// What the lines of a scope add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Quantity, in thousandths.
    pub units: i64,
    /// What the till charges, in minor units.
    pub sum: i64,
}

impl Receipt {
    /// The lines of a scope, in the order of the receipt.
    pub fn lines_of<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Line> {
        let (whole, listed): (&[Line], &[u32]) = match scope {
            Scope::WholeReceipt => (&self.lines, &[]),
            Scope::Lines(indexes) => (&[], indexes),
        };
        whole.iter().chain(listed.iter().filter_map(|index| self.lines.get(usize::try_from(*index).ok()?)))
    }

    /// Adds up the lines of a scope that count towards conditions.
    pub fn tally(&self, scope: &Scope) -> Tally {
        self.lines_of(scope).filter(|line| line.counts).fold(Tally::default(), |tally, line| Tally {
            units: tally.units.saturating_add(line.quantity),
            sum: tally.sum.saturating_add(line.amount),
        })
    }

    /// Whether a scope has no lines on this receipt.
    pub fn is_absent(&self, scope: &Scope) -> bool {
        match scope {
            Scope::WholeReceipt => self.lines.is_empty(),
            Scope::Lines(indexes) => indexes.is_empty(),
        }
    }
}

impl Scope {
    /// Whether a line of the receipt, by its index, is in the scope.
    pub fn contains(&self, index: u32) -> bool {
        match self {
            Self::WholeReceipt => true,
            Self::Lines(indexes) => indexes.binary_search(&index).is_ok(),
        }
    }
}
