//! Money, points, quantities and percentages as exact integers.
//!
//! Sums saturate instead of wrapping. They cannot reach the limit: the edges refuse amounts above
//! [`MAX_AMOUNT`] and receipts above their line limit, which keeps every total far below it.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};

/// The largest money or points amount that is accepted from outside, in minor units.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000;

/// The largest quantity that is accepted from outside, in thousandths.
pub const MAX_QUANTITY: i64 = 1_000_000_000;

macro_rules! integer_quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub i64);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);

            /// True if it is zero.
            pub fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// True if it is above zero.
            pub fn is_positive(self) -> bool {
                self.0 > 0
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self::ZERO, Add::add)
            }
        }
    };
}

integer_quantity! {
    /// Money in minor units of the receipt's currency.
    Money
}
integer_quantity! {
    /// Points in the smallest step of the points currency.
    Points
}
integer_quantity! {
    /// A quantity in thousandths of a unit or kilogram.
    Quantity
}

impl Quantity {
    /// One whole unit.
    pub const ONE: Self = Self(1000);
}

/// A percentage in hundredths of a percent: 15 % is 1500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Percent(pub i32);

impl Percent {
    /// 100 %.
    pub const HUNDRED: Self = Self(10_000);
}
