//! Grids of two scores each: how many members have a pair of scores, and the values that the scores stand for.

use serde::Serialize;

use super::{Cuts, SCORES, Scores};

/// The three grids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grids {
    /// Recency and frequency.
    pub rf: Grid,
    /// Recency and money.
    pub rm: Grid,
    /// Frequency and money.
    pub fm: Grid,
}

/// The 25 pairs of two scores, the best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grid {
    /// One for each pair.
    pub cells: Vec<GridCell>,
}

/// A pair of scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GridCell {
    /// The score that the grid is named for first.
    pub first: u8,
    /// The other score.
    pub second: u8,
    /// Values of the first score from, and to; none where it has no bound.
    pub first_range: (Option<i64>, Option<i64>),
    /// Values of the second score.
    pub second_range: (Option<i64>, Option<i64>),
    /// Members.
    pub members: u64,
}

#[derive(Clone, Copy)]
enum Axis {
    Recency,
    Frequency,
    Monetary,
}

/// The grids of members, from the number of members with each triple of scores.
pub fn grids(cuts: &Cuts, counts: &[(Scores, u64)]) -> Grids {
    let grid = |first, second| grid(cuts, counts, first, second);
    Grids {
        rf: grid(Axis::Recency, Axis::Frequency),
        rm: grid(Axis::Recency, Axis::Monetary),
        fm: grid(Axis::Frequency, Axis::Monetary),
    }
}

fn grid(cuts: &Cuts, counts: &[(Scores, u64)], first: Axis, second: Axis) -> Grid {
    let pairs = (1..=SCORES).rev().flat_map(|one| (1..=SCORES).rev().map(move |other| (one, other)));
    let cells = pairs.map(|(one, other)| {
        let of_pair =
            counts.iter().filter(|(scores, _)| (first.of(*scores), second.of(*scores)) == (one, other));
        GridCell {
            first: one,
            second: other,
            first_range: first.range(cuts, one),
            second_range: second.range(cuts, other),
            members: of_pair.fold(0_u64, |sum, (_, members)| sum.saturating_add(*members)),
        }
    });
    Grid { cells: cells.collect() }
}

impl Axis {
    fn of(self, scores: Scores) -> u8 {
        match self {
            Self::Recency => scores.recency,
            Self::Frequency => scores.frequency,
            Self::Monetary => scores.monetary,
        }
    }

    /// The values that have a score: above one cut point, and up to the next.
    fn range(self, cuts: &Cuts, score: u8) -> (Option<i64>, Option<i64>) {
        let (cuts, step) = match self {
            // The best score of recency is that of the fewest days.
            Self::Recency => (&cuts.recency, SCORES.saturating_sub(score)),
            Self::Frequency => (&cuts.frequency, score.saturating_sub(1)),
            Self::Monetary => (&cuts.monetary, score.saturating_sub(1)),
        };
        let step = usize::from(step);
        let from = step.checked_sub(1).and_then(|below| cuts.get(below)).map(|cut| cut.saturating_add(1));
        (from, cuts.get(step).copied())
    }
}
