//! RFM: how recently, how often and for how much members buy, as scores from 1 to 5, and the ten names for them.
//!
//! The cut points are quintiles by nearest rank, in whole numbers, and members with equal values get equal scores. They
//! are frozen for a month, so that a member who comes into another cell has done something, or has not.

mod grids;

pub use grids::{Grid, GridCell, Grids, grids};

use serde::{Deserialize, Serialize};

/// Scores are from 1 to this.
pub const SCORES: u8 = 5;

/// Counts of a member who has bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buyer {
    /// The member's number.
    pub number: u32,
    /// Days since the last purchase.
    pub recency: i64,
    /// Purchases in the window.
    pub frequency: i64,
    /// Net revenue in the window, in the smallest step of money: returns and what was paid with points are off.
    pub monetary: i64,
}

/// The largest values of the scores 1 to 4 of frequency and money, and of 5 to 2 of recency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cuts {
    /// Days since the last purchase.
    pub recency: [i64; 4],
    /// Purchases.
    pub frequency: [i64; 4],
    /// Net revenue.
    pub monetary: [i64; 4],
}

/// Scores of a member; 5 is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scores {
    /// How recently.
    pub recency: u8,
    /// How often.
    pub frequency: u8,
    /// For how much.
    pub monetary: u8,
}

/// The name of a pair of scores of recency and frequency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Bought lately, and often.
    Champions,
    /// Buy often.
    Loyal,
    /// Bought lately, more than once.
    PotentialLoyalists,
    /// Bought for the first time lately.
    New,
    /// Bought once, not long ago.
    Promising,
    /// In the middle of both.
    NeedAttention,
    /// Bought rarely, some time ago.
    AboutToSleep,
    /// Bought often, long ago.
    AtRisk,
    /// Bought very often, long ago.
    CantLose,
    /// Bought rarely, long ago.
    Hibernating,
}

impl Cell {
    /// All of them, the best first.
    pub const ALL: [Self; 10] = [
        Self::Champions,
        Self::Loyal,
        Self::PotentialLoyalists,
        Self::New,
        Self::Promising,
        Self::NeedAttention,
        Self::AboutToSleep,
        Self::AtRisk,
        Self::CantLose,
        Self::Hibernating,
    ];

    /// The name in rules and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Champions => "champions",
            Self::Loyal => "loyal",
            Self::PotentialLoyalists => "potential_loyalists",
            Self::New => "new",
            Self::Promising => "promising",
            Self::NeedAttention => "need_attention",
            Self::AboutToSleep => "about_to_sleep",
            Self::AtRisk => "at_risk",
            Self::CantLose => "cant_lose",
            Self::Hibernating => "hibernating",
        }
    }

    /// The cell of scores of recency and frequency.
    pub fn of(recency: u8, frequency: u8) -> Self {
        match (recency, frequency) {
            (..=2, ..=2) => Self::Hibernating,
            (..=2, 3 | 4) => Self::AtRisk,
            (..=2, _) => Self::CantLose,
            (3, ..=2) => Self::AboutToSleep,
            (3, 3) => Self::NeedAttention,
            (3 | 4, 4..) => Self::Loyal,
            (4, ..=1) => Self::Promising,
            (5.., ..=1) => Self::New,
            (_, 2 | 3) => Self::PotentialLoyalists,
            (5.., 4..) => Self::Champions,
        }
    }
}

impl Scores {
    /// The cell of these scores.
    pub fn cell(self) -> Cell {
        Cell::of(self.recency, self.frequency)
    }
}

impl Cuts {
    /// The cut points of buyers; none if there are none.
    pub fn of(buyers: &[Buyer]) -> Option<Self> {
        Some(Self {
            recency: quintiles(buyers.iter().map(|buyer| buyer.recency).collect())?,
            frequency: quintiles(buyers.iter().map(|buyer| buyer.frequency).collect())?,
            monetary: quintiles(buyers.iter().map(|buyer| buyer.monetary).collect())?,
        })
    }

    /// The scores of a buyer.
    pub fn scores(&self, buyer: &Buyer) -> Scores {
        Scores {
            recency: SCORES.saturating_sub(above(&self.recency, buyer.recency)),
            frequency: above(&self.frequency, buyer.frequency).saturating_add(1),
            monetary: above(&self.monetary, buyer.monetary).saturating_add(1),
        }
    }
}

/// How many cut points a value is above: 0 to 4.
fn above(cuts: &[i64; 4], value: i64) -> u8 {
    cuts.iter().fold(0_u8, |above, cut| above.saturating_add(u8::from(value > *cut)))
}

/// The values of rank ⌈k·n/5⌉ for k from 1 to 4; none if there are no values.
fn quintiles(mut values: Vec<i64>) -> Option<[i64; 4]> {
    let count = values.len();
    let mut cuts = [0_i64; 4];
    for (part, cut) in (1_usize..).zip(&mut cuts) {
        let rank = part.checked_mul(count)?.div_ceil(usize::from(SCORES));
        let place = rank.checked_sub(1)?;
        *cut = *values.select_nth_unstable(place).1;
    }
    Some(cuts)
}

#[cfg(test)]
mod tests;
