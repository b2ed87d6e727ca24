//! Sums over rows.

use std::ops::{Add, AddAssign, Sub};

/// Bits of a mass that count rows.
const ROW_BITS: u32 = 24;
/// Most total weight of a training: what the other bits of a mass hold.
pub(crate) const MAX_WEIGHT: u64 = (1 << (u64::BITS - ROW_BITS)) - 1;

/// A row of a training in the node where it is now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) row: u32,
    pub(crate) weight: u32,
    /// Target minus what the trees say so far.
    pub(crate) residual: i32,
}

/// Sums over some rows of a training. Before each tree it is checked that the sum over all rows, taken without
/// signs, fits; so no sum of some of them overflows, and none of the operations is checked again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Weight times residual.
    pub(crate) pull: i64,
    /// Weight in the upper 40 bits, rows in the lower 24: one addition for both.
    mass: u64,
}

impl Cell {
    pub(crate) fn rows(self) -> u64 {
        self.mass & ((1 << ROW_BITS) - 1)
    }

    pub(crate) fn weight(self) -> u64 {
        self.mass >> ROW_BITS
    }

    pub(crate) fn is_empty(self) -> bool {
        self.mass == 0
    }
}

impl From<&Part> for Cell {
    fn from(part: &Part) -> Self {
        let pull = i64::from(part.residual).wrapping_mul(i64::from(part.weight));
        Self { pull, mass: (u64::from(part.weight) << ROW_BITS) | 1 }
    }
}

impl Add for Cell {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { pull: self.pull.wrapping_add(other.pull), mass: self.mass.wrapping_add(other.mass) }
    }
}

impl AddAssign for Cell {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Cell {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { pull: self.pull.wrapping_sub(other.pull), mass: self.mass.wrapping_sub(other.mass) }
    }
}
