//! The columns of the contract, seen as lines.

use crate::Lines;

/// One line of the receipt: the values at one index of [`Lines`], in the same units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The till's number of the line.
    pub position: u32,
    /// The host's id of the product, zero if unknown.
    pub product: u32,
    /// The host's id of the product's own category, zero if none.
    pub category: u32,
    /// How much was sold, in thousandths.
    pub quantity: i64,
    /// List price of a unit, in minor units.
    pub price: i64,
    /// Price × quantity, in minor units.
    pub gross: i64,
    /// The amount that the till charges after its own discount, in minor units.
    pub amount: i64,
    /// `amount` less the discounts settled so far, in minor units.
    pub net: i64,
    /// `net` less what is paid with points, in minor units.
    pub cash: i64,
    /// True if a reward of this phase may go to the line at all.
    pub rewardable: bool,
    /// True if the line counts towards thresholds and least quantities.
    pub counts: bool,
    /// The unit in which the goods are sold.
    #[cfg(feature = "contract-1-1")]
    pub unit_kind: UnitKind,
}

/// The unit in which goods are sold.
#[cfg(feature = "contract-1-1")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// The product is unknown.
    Unknown,
    /// By the piece.
    Piece,
    /// By weight or another measure.
    Measure,
}

#[cfg(feature = "contract-1-1")]
impl UnitKind {
    fn of_number(number: u8) -> Self {
        match number {
            1 => Self::Piece,
            2 => Self::Measure,
            _ => Self::Unknown,
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Piece => 1,
            Self::Measure => 2,
        }
    }
}

impl Lines {
    /// Number of lines.
    pub fn len(&self) -> u32 {
        // The contract counts lines in 32 bits: so many do not fit into a mechanic.
        u32::try_from(self.position.len()).unwrap_or(u32::MAX)
    }

    /// True if the receipt has no lines.
    pub fn is_empty(&self) -> bool {
        self.position.is_empty()
    }

    /// The line at an index.
    pub fn get(&self, index: u32) -> Option<Line> {
        let index = usize::try_from(index).ok()?;
        Some(Line {
            position: *self.position.get(index)?,
            product: *self.product.get(index)?,
            category: *self.category.get(index)?,
            quantity: *self.quantity.get(index)?,
            price: *self.price.get(index)?,
            gross: *self.gross.get(index)?,
            amount: *self.amount.get(index)?,
            net: *self.net.get(index)?,
            cash: *self.cash.get(index)?,
            rewardable: *self.rewardable.get(index)? != 0,
            counts: *self.counts.get(index)? != 0,
            #[cfg(feature = "contract-1-1")]
            unit_kind: UnitKind::of_number(*self.unit_kind.get(index)?),
        })
    }

    /// All lines with their indexes, as proposals name them.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Line)> + '_ {
        (0..self.len()).filter_map(|index| Some((index, self.get(index)?)))
    }

    fn push(&mut self, line: Line) {
        self.position.push(line.position);
        self.product.push(line.product);
        self.category.push(line.category);
        self.quantity.push(line.quantity);
        self.price.push(line.price);
        self.gross.push(line.gross);
        self.amount.push(line.amount);
        self.net.push(line.net);
        self.cash.push(line.cash);
        self.rewardable.push(line.rewardable.into());
        self.counts.push(line.counts.into());
        #[cfg(feature = "contract-1-1")]
        self.unit_kind.push(line.unit_kind.number());
    }
}

impl FromIterator<Line> for Lines {
    fn from_iter<I: IntoIterator<Item = Line>>(lines: I) -> Self {
        let mut columns = Self {
            position: Vec::new(),
            product: Vec::new(),
            category: Vec::new(),
            quantity: Vec::new(),
            price: Vec::new(),
            gross: Vec::new(),
            amount: Vec::new(),
            net: Vec::new(),
            cash: Vec::new(),
            rewardable: Vec::new(),
            counts: Vec::new(),
            #[cfg(feature = "contract-1-1")]
            unit_kind: Vec::new(),
        };
        lines.into_iter().for_each(|line| columns.push(line));
        columns
    }
}

#[cfg(all(test, feature = "contract-1-1"))]
mod tests {
    use super::*;
    use crate::testing::line;

    #[test]
    fn columns_and_lines_are_the_same() {
        let sold = [
            line(1, 2000, 100, 200),
            Line { counts: false, ..line(5, 1000, 50, 50) },
            Line { unit_kind: UnitKind::Measure, ..line(6, 478, 1000, 478) },
            Line { unit_kind: UnitKind::Unknown, product: 0, ..line(7, 1000, 50, 50) },
        ];
        let columns: Lines = sold.into_iter().collect();
        assert_eq!((columns.len(), columns.is_empty()), (4, false));
        let expected: Vec<(u32, Line)> = (0..).zip(sold).collect();
        assert_eq!(columns.iter().collect::<Vec<_>>(), expected);
        assert_eq!(columns.get(4), None);
    }
}
