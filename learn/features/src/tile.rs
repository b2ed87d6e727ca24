//! A tile: what a member bought on a day, of a category, at an outlet, in a part of the day.

use crate::calendar;
use crate::code::bucket_of;

/// Columns of a file of tiles, in their order. All are 64-bit integers without gaps.
pub const COLUMNS: [&str; 18] = [
    "bucket",
    "member",
    "day",
    "month",
    "weekday",
    "daypart",
    "outlet",
    "outlet_kind",
    "category_1",
    "category_2",
    "receipts",
    "receipts_1",
    "receipts_2",
    "quantity",
    "spent",
    "discount",
    "points",
    "returned",
];

/// The largest value of a sum of a tile, either way. A member would need nine million such tiles before a
/// sum of them could leave 64 bits.
pub const LARGEST: i64 = 1_000_000_000_000;

/// What a tile is about. Tiles sort by member, and so by bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// See [`crate::member_code`].
    pub member: i64,
    /// Days since 1 January 1970.
    pub day: i64,
    /// 1 night, 2 morning, 3 midday, 4 afternoon, 5 evening; 0 unknown.
    pub daypart: i64,
    /// See [`crate::text_code`], also for the following.
    pub outlet: i64,
    pub outlet_kind: i64,
    /// The upper level.
    pub category_1: i64,
    /// The level below.
    pub category_2: i64,
}

/// Sums of a tile. All can be added: returns are below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Receipts, each counted on one of its tiles only.
    pub receipts: i64,
    /// Receipts, each counted on one of its tiles of this upper category only.
    pub receipts_1: i64,
    /// Receipts with goods of this category.
    pub receipts_2: i64,
    /// In thousandths.
    pub quantity: i64,
    /// What was paid, in minor units.
    pub spent: i64,
    /// What was taken off, in minor units.
    pub discount: i64,
    /// Points earned less points spent, in hundredths.
    pub points: i64,
    /// What was paid back, in minor units, above zero.
    pub returned: i64,
}

impl Sums {
    /// The sums in the order of their columns.
    fn values(self) -> [i64; 8] {
        [
            self.receipts,
            self.receipts_1,
            self.receipts_2,
            self.quantity,
            self.spent,
            self.discount,
            self.points,
            self.returned,
        ]
    }

    /// Both together; `None` if a sum is beyond [`LARGEST`].
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let both = Self {
            receipts: self.receipts.checked_add(other.receipts)?,
            receipts_1: self.receipts_1.checked_add(other.receipts_1)?,
            receipts_2: self.receipts_2.checked_add(other.receipts_2)?,
            quantity: self.quantity.checked_add(other.quantity)?,
            spent: self.spent.checked_add(other.spent)?,
            discount: self.discount.checked_add(other.discount)?,
            points: self.points.checked_add(other.points)?,
            returned: self.returned.checked_add(other.returned)?,
        };
        both.values().iter().all(|value| value.unsigned_abs() <= LARGEST.unsigned_abs()).then_some(both)
    }
}

/// A tile as a row of a file; `None` if its day is no day of the calendar.
pub(crate) fn row(key: &Key, sums: Sums) -> Option<[i64; COLUMNS.len()]> {
    let (month, weekday) = calendar::month_and_weekday(key.day)?;
    let [receipts, receipts_1, receipts_2, quantity, spent, discount, points, returned] = sums.values();
    Some([
        i64::from(bucket_of(key.member)),
        key.member,
        key.day,
        month,
        weekday,
        key.daypart,
        key.outlet,
        key.outlet_kind,
        key.category_1,
        key.category_2,
        receipts,
        receipts_1,
        receipts_2,
        quantity,
        spent,
        discount,
        points,
        returned,
    ])
}
