//! How well a score ranks rows by effect.
//!
//! Rows are sorted by *priority*, highest first; *gain* is what treating a row brings, an unbiased score
//! of its effect ([`crate::Scores::effect`]), in outcome per row. With `n` rows, `G(i)` the sum of the
//! gains of the first `i` and `u = i/n`:
//!
//! - Qini curve: `Q(u) = G(i)/n`, extra outcome per row of all, if the best-scored part `u` is treated.
//! - Qini value: the mean of `Q(u) − u·Q(1)`: the area between the curve and the straight line of a random
//!   order, in outcome per row. It is grf's `QINI`; 0 = no better than chance.
//! - AUTOC: the mean of `Q(u)/u − Q(1)`, the gain of those treated over the average gain. It is grf's
//!   `AUTOC` (Yadlowsky et al., Evaluating Treatment Prioritization Rules via Rank-Weighted Average
//!   Treatment Effects, JASA 2025).
//! - Share in the best 30 %: `Q(0.3)/Q(1)`; 0.3 = no better than chance.
//!
//! Rows with equal priority share their mean gain, as in grf. Bootstrap weights replace counts.

use std::cmp::Ordering;
use std::ops::Range;

use crate::bootstrap::{Bootstrap, Interval, mean};
use crate::error::CausalError;
use crate::experiment::length;
use crate::numbers::count;

/// Part of rows whose share of the total effect is reported.
pub const BEST: f64 = 0.3;

/// Points of a reported curve after its start.
pub const CURVE_POINTS: usize = 50;

/// Groups of a calibration table.
pub const GROUPS: usize = 10;

/// Rows in the order of their priority.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// Positions of rows, best first.
    order: Vec<usize>,
    /// Runs of equal priority, as ranges of `order`.
    ties: Vec<Range<usize>>,
    /// Gain of each position of `order`.
    gain: Vec<f64>,
}

/// How well a score ranks, with intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    pub qini: Interval,
    pub autoc: Interval,
    /// Part of the total effect in the best-scored 30 %; none unless the lower bound of the total effect
    /// is above 0, since a share of nothing means nothing.
    pub share: Option<Interval>,
    /// Mean effect over all rows.
    pub total: Interval,
    /// Points `(u, Q(u))` from (0, 0) to (1, Q(1)).
    pub curve: Vec<(f64, f64)>,
}

/// A tenth of the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decile {
    pub rows: usize,
    /// Mean predicted effect.
    pub predicted: f64,
    /// Mean effect as it turned out.
    pub realised: Interval,
}

impl Ranked {
    /// Sorts rows. Members settle ties, so that nothing depends on the order of rows.
    ///
    /// # Errors
    /// Columns of different lengths, no rows, a value that is not finite.
    pub fn new(priority: &[f64], gain: &[f64], clusters: &[u64]) -> Result<Self, CausalError> {
        let sorted = sort(priority, gain, clusters)?;
        let ties = sorted
            .chunk_by(|a, b| a.0 == b.0)
            .scan(0, |start, run| {
                let range = *start..*start + run.len();
                *start = range.end;
                Some(range)
            })
            .collect();
        Ok(Self {
            order: sorted.iter().map(|row| row.3).collect(),
            gain: sorted.iter().map(|row| row.2).collect(),
            ties,
        })
    }

    /// Qini value.
    pub fn qini(&self) -> f64 {
        self.walk(None, &[]).qini
    }

    /// Area under the targeting operator characteristic.
    pub fn autoc(&self) -> f64 {
        self.walk(None, &[]).autoc
    }

    /// Part of the total effect in the part `best` (0 to 1) of rows; none if the total is not above 0.
    pub fn share(&self, best: f64) -> Option<f64> {
        let walk = self.walk(None, &[best]);
        (walk.total > 0.0).then(|| walk.at.first().map(|gain| gain / walk.total)).flatten()
    }

    /// The Qini curve at `points + 1` evenly spaced parts of rows, from (0, 0).
    pub fn curve(&self, points: usize) -> Vec<(f64, f64)> {
        let parts: Vec<f64> = (0..=points).map(|point| count(point) / count(points.max(1))).collect();
        let gains = self.walk(None, &parts).at;
        parts.into_iter().zip(gains).collect()
    }

    /// One pass over the rows, best first. Weights are by position of the row, 1 for each if none; `parts`
    /// are ascending parts of the total weight at which the curve is read.
    fn walk(&self, weights: Option<&[f64]>, parts: &[f64]) -> Walk {
        let weight: Vec<f64> = match weights {
            None => vec![1.0; self.order.len()],
            Some(weights) => {
                self.order.iter().map(|row| weights.get(*row).copied().unwrap_or_default()).collect()
            }
        };
        let size: f64 = weight.iter().sum();
        let total = mean(&weight, &self.gain);
        let mut walk = Walk { qini: 0.0, autoc: 0.0, total, at: Vec::with_capacity(parts.len()) };
        let mut parts = parts.iter().map(|part| part * size).peekable();
        let (mut treated, mut gained) = (0.0, 0.0);
        for tie in &self.ties {
            let (Some(weight), Some(gain)) = (weight.get(tie.clone()), self.gain.get(tie.clone())) else {
                continue;
            };
            let of_tie: f64 = weight.iter().sum();
            if of_tie <= 0.0 {
                continue;
            }
            let each = mean(weight, gain);
            while let Some(part) = parts.next_if(|part| *part <= treated + of_tie) {
                walk.at.push((gained + (part - treated) * each) / size);
            }
            for one in weight.iter().filter(|one| **one > 0.0) {
                treated += one;
                gained += one * each;
                walk.autoc += one * (gained / treated - total) / size;
                walk.qini += one * (gained - treated * total) / (size * size);
            }
        }
        walk.at.extend(parts.map(|_| total));
        walk
    }
}

struct Walk {
    qini: f64,
    autoc: f64,
    /// Mean gain of all rows.
    total: f64,
    /// The Qini curve where it was asked for.
    at: Vec<f64>,
}

/// Qini, AUTOC and share of a score, with intervals over members.
///
/// The interval of the share is that of a ratio by its linearisation (delta method).
///
/// # Errors
/// Columns of different lengths, too few members, a value that is not finite.
pub fn rank(
    priority: &[f64],
    gain: &[f64],
    clusters: &[u64],
    bootstrap: &Bootstrap,
) -> Result<Ranking, CausalError> {
    let ranked = Ranked::new(priority, gain, clusters)?;
    let share = ranked.share(BEST);
    let figures = bootstrap.statistics(clusters, &|weights| {
        let walk = ranked.walk(Some(weights), &[BEST]);
        let found = walk.at.first().copied().unwrap_or_default();
        vec![walk.qini, walk.autoc, walk.total, found - share.unwrap_or_default() * walk.total]
    })?;
    let [qini, autoc, total, ratio] = figures.as_slice() else {
        return Err(CausalError::NotFinite { what: "a ranking" });
    };
    let share = share.filter(|_| total.low > 0.0).map(|estimate| {
        let error = ratio.error / total.estimate;
        Interval {
            estimate,
            low: estimate - bootstrap.z * error,
            high: estimate + bootstrap.z * error,
            error,
        }
    });
    Ok(Ranking { qini: *qini, autoc: *autoc, share, total: *total, curve: ranked.curve(CURVE_POINTS) })
}

/// Tenths of rows by predicted effect, best first: what was predicted and what came of it.
///
/// # Errors
/// As of [`rank`]; each tenth needs enough members for an interval.
pub fn deciles(
    predicted: &[f64],
    gain: &[f64],
    clusters: &[u64],
    bootstrap: &Bootstrap,
) -> Result<Vec<Decile>, CausalError> {
    let sorted = sort(predicted, gain, clusters)?;
    let mut groups = Vec::with_capacity(GROUPS);
    for group in 0..GROUPS {
        let range = group * sorted.len() / GROUPS..(group + 1) * sorted.len() / GROUPS;
        let rows = sorted.get(range).unwrap_or_default();
        let gains: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let members: Vec<u64> = rows.iter().map(|row| row.1).collect();
        groups.push(Decile {
            rows: rows.len(),
            predicted: rows.iter().map(|row| row.0).sum::<f64>() / count(rows.len().max(1)),
            realised: bootstrap.mean(&members, &gains)?,
        });
    }
    Ok(groups)
}

/// Priority, member, gain and position of each row: highest priority first, then by member and gain.
fn sort(
    priority: &[f64],
    gain: &[f64],
    clusters: &[u64],
) -> Result<Vec<(f64, u64, f64, usize)>, CausalError> {
    length("the gains", gain.len(), priority.len())?;
    length("the members", clusters.len(), priority.len())?;
    if priority.is_empty() {
        return Err(CausalError::TooFew { what: "a ranking", found: 0, wanted: 1 });
    }
    if !priority.iter().chain(gain).all(|value| value.is_finite()) {
        return Err(CausalError::NotFinite { what: "a priority or a gain" });
    }
    let mut rows: Vec<_> = priority
        .iter()
        .zip(clusters)
        .zip(gain)
        .enumerate()
        .map(|(position, ((priority, cluster), gain))| (*priority, *cluster, *gain, position))
        .collect();
    rows.sort_by(|a, b| {
        let by_priority = b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal);
        by_priority.then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3))
    });
    Ok(rows)
}
