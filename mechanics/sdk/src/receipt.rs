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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{line, receipt, reference_receipt};

    #[test]
    fn a_tally_is_over_the_lines_that_count() {
        let mut reference = reference_receipt();
        let whole = |receipt: &Receipt| receipt.tally(&Scope::WholeReceipt);
        assert_eq!(whole(&reference), Tally { units: 6478, sum: 182_144 });
        reference.lines[2].counts = false;
        assert_eq!(whole(&reference), Tally { units: 5478, sum: 142_244 });
        assert_eq!(reference.tally(&Scope::Lines(vec![0, 2])), Tally { units: 2000, sum: 69_980 });
        assert_eq!(reference.tally(&Scope::Lines(Vec::new())), Tally::default());
    }

    #[test]
    fn an_index_beyond_the_receipt_is_no_line() {
        assert_eq!(reference_receipt().lines_of(&Scope::Lines(vec![3, 4])).count(), 1);
    }

    #[test]
    fn sums_stop_at_the_limit() {
        let huge = receipt([line(1, i64::MAX, 1, i64::MAX), line(2, 1, 1, 1)]);
        assert_eq!(huge.tally(&Scope::WholeReceipt), Tally { units: i64::MAX, sum: i64::MAX });
    }

    #[test]
    fn a_scope_is_absent_without_lines() {
        assert!(!reference_receipt().is_absent(&Scope::WholeReceipt));
        assert!(receipt([]).is_absent(&Scope::WholeReceipt));
        assert!(reference_receipt().is_absent(&Scope::Lines(Vec::new())));
    }
}
