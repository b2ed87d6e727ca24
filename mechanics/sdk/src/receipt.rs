//! Quantities and sums over the lines of a receipt.

use crate::{Line, Receipt, Scope};

/// Quantity and sum of the lines of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Quantity, in thousandths.
    pub units: i64,
    /// Sum that the till charges, in minor units.
    pub sum: i64,
}

impl Receipt {
    /// The lines of a scope with their indexes, in the order of the receipt.
    pub fn lines_of<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (u32, Line)> + 'a {
        let (whole, listed): (u32, &[u32]) = match scope {
            Scope::WholeReceipt => (self.lines.len(), &[]),
            Scope::Lines(indexes) => (0, indexes),
        };
        let indexes = (0..whole).chain(listed.iter().copied());
        indexes.filter_map(|index| Some((index, self.lines.get(index)?)))
    }

    /// Adds up the lines of a scope that count towards conditions.
    pub fn tally(&self, scope: &Scope) -> Tally {
        let lines = &self.lines;
        let mut tally = Tally::default();
        let mut add = |((&units, &sum), &counts): ((&i64, &i64), &u8)| {
            if counts != 0 {
                tally.units = tally.units.saturating_add(units);
                tally.sum = tally.sum.saturating_add(sum);
            }
        };
        match scope {
            Scope::WholeReceipt => {
                lines.quantity.iter().zip(&lines.amount).zip(&lines.counts).for_each(add);
            }
            Scope::Lines(indexes) => {
                for index in indexes {
                    let Ok(index) = usize::try_from(*index) else { continue };
                    let columns =
                        lines.quantity.get(index).zip(lines.amount.get(index)).zip(lines.counts.get(index));
                    columns.into_iter().for_each(&mut add);
                }
            }
        }
        tally
    }

    /// True if a scope has no lines on this receipt.
    pub fn is_absent(&self, scope: &Scope) -> bool {
        match scope {
            Scope::WholeReceipt => self.lines.is_empty(),
            Scope::Lines(indexes) => indexes.is_empty(),
        }
    }
}

impl Scope {
    /// True if the line at this index of the receipt is in the scope.
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
        reference.lines.counts[2] = 0;
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
