//! Features that tell the outcome too well to have been known before it.
//!
//! Each feature is looked at alone: one half of the rows says in which order its bins tell the outcome, the
//! other half says how well, and the other way round.

use std::collections::BTreeMap;

/// A feature whose AUC (outcome 0 or 1) is above this is refused.
pub const MOST_AUC: f64 = 0.9;

/// A feature whose R² (any other outcome) is above this is refused.
pub const MOST_R2: f64 = 0.8;

/// So many rows of one bin that all have the rarer outcome do not come by chance: 2⁻⁵⁰ at most.
pub const PURE_ROWS: u32 = 50;

/// How well one feature alone tells the outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tell {
    /// AUC, if the outcome is 0 or 1 (0.5 = not at all, 1 = perfectly), otherwise R² (0 to 1).
    pub measure: f64,
    pub binary: bool,
    /// Rows of the largest bin in which all have the rarer of two outcomes, if there are [`PURE_ROWS`].
    pub pure: Option<u32>,
}

impl Tell {
    /// Whether the feature must have seen the outcome.
    pub fn peeks(&self) -> bool {
        self.pure.is_some() || self.measure > if self.binary { MOST_AUC } else { MOST_R2 }
    }
}

/// Looks at the bins of one feature. `outcome` has one entry per row, as `bins` has.
pub fn tell(bins: &[u8], outcome: &[i32]) -> Tell {
    let (low, high) = outcome.iter().fold((i32::MAX, i32::MIN), |(low, high), y| (low.min(*y), high.max(*y)));
    let binary = outcome.iter().all(|y| *y == low || *y == high);
    let rows = || bins.iter().copied().zip(outcome.iter().map(|y| f64::from(*y)));
    let halves = [0, 1].map(|half| {
        let seen = tally(rows().enumerate().filter(|(row, _)| row % 2 == half).map(|(_, row)| row));
        let judged: Vec<(u8, f64)> =
            rows().enumerate().filter(|(row, _)| row % 2 != half).map(|(_, row)| row).collect();
        if binary { auc(&seen, &judged, f64::from(high)) } else { r2(&seen, &judged) }
    });
    let measure = halves.iter().sum::<f64>() / 2.0;
    Tell { measure, binary, pure: binary.then(|| pure(bins, outcome, low, high)).flatten() }
}

/// Sum and number of outcomes per bin.
type Tally = BTreeMap<u8, (f64, f64)>;

fn tally(rows: impl Iterator<Item = (u8, f64)>) -> Tally {
    let mut bins = Tally::new();
    for (bin, y) in rows {
        let (sum, count) = bins.entry(bin).or_default();
        *sum += y;
        *count += 1.0;
    }
    bins
}

fn all(bins: &Tally) -> (f64, f64) {
    bins.values().fold((0.0, 0.0), |(sum, count), (s, c)| (sum + s, count + c))
}

/// Mean of a bin; the mean of all for a bin that was not seen.
fn mean(seen: &Tally, bin: u8) -> f64 {
    let (sum, count) = seen.get(&bin).copied().unwrap_or_else(|| all(seen));
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Chance that a row with the high outcome is in a bin with a larger mean than a row with the low one.
fn auc(seen: &Tally, judged: &[(u8, f64)], high: f64) -> f64 {
    let mut bins: BTreeMap<u8, (f64, f64)> = BTreeMap::new();
    for (bin, y) in judged {
        let (highs, lows) = bins.entry(*bin).or_default();
        *(if *y == high { highs } else { lows }) += 1.0;
    }
    let mut ordered: Vec<(f64, f64, f64)> =
        bins.iter().map(|(bin, (highs, lows))| (mean(seen, *bin), *highs, *lows)).collect();
    ordered.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut wins, mut highs, mut below) = (0.0, 0.0, 0.0);
    for tie in ordered.chunk_by(|a, b| a.0 == b.0) {
        let (tied_highs, tied_lows) = tie.iter().fold((0.0, 0.0), |(h, l), bin| (h + bin.1, l + bin.2));
        wins += tied_highs * (below + tied_lows / 2.0);
        highs += tied_highs;
        below += tied_lows;
    }
    if highs > 0.0 && below > 0.0 { wins / (highs * below) } else { 0.5 }
}

fn r2(seen: &Tally, judged: &[(u8, f64)]) -> f64 {
    let (sum, count) = all(seen);
    let overall = if count > 0.0 { sum / count } else { 0.0 };
    let (mut left, mut total) = (0.0, 0.0);
    for (bin, y) in judged {
        left += (y - mean(seen, *bin)).powi(2);
        total += (y - overall).powi(2);
    }
    if total > 0.0 { (1.0 - left / total).max(0.0) } else { 0.0 }
}

/// Rows of the largest bin that has the rarer outcome only.
fn pure(bins: &[u8], outcome: &[i32], low: i32, high: i32) -> Option<u32> {
    let highs = outcome.iter().filter(|y| **y == high).count();
    let rarer = if highs * 2 < outcome.len() { high } else { low };
    let mut counts: BTreeMap<u8, (u32, bool)> = BTreeMap::new();
    for (bin, y) in bins.iter().zip(outcome) {
        let (count, only) = counts.entry(*bin).or_insert((0, true));
        *count = count.saturating_add(1);
        *only &= *y == rarer;
    }
    counts.values().filter(|(count, only)| *only && *count >= PURE_ROWS).map(|(count, _)| *count).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(row: u32) -> u32 {
        let mixed = causal::folds::split_mix(u64::from(row)) >> 33;
        u32::try_from(mixed).unwrap()
    }

    #[test]
    fn a_copy_of_the_outcome_peeks() {
        let outcome: Vec<i32> = (0..1000).map(|row| i32::from(noise(row).is_multiple_of(7))).collect();
        let copy: Vec<u8> = outcome.iter().map(|y| if *y == 1 { 2 } else { 1 }).collect();
        let found = tell(&copy, &outcome);
        assert_eq!(found.measure, 1.0);
        assert!(found.peeks());
    }

    #[test]
    fn a_sure_sign_of_the_rare_outcome_peeks_though_few_rows_have_it() {
        let outcome: Vec<i32> = (0..10_000).map(|row| i32::from(noise(row).is_multiple_of(7))).collect();
        let sign: Vec<u8> = (0..10_000_u32)
            .zip(&outcome)
            .map(|(row, y)| if *y == 1 && row % 13 == 0 { 2 } else { 1 })
            .collect();
        let found = tell(&sign, &outcome);
        assert!(found.measure < MOST_AUC && found.pure.is_some() && found.peeks(), "{found:?}");
    }

    #[test]
    fn many_bins_of_chance_tell_nothing() {
        let bins: Vec<u8> = (0..1000).map(|row| u8::try_from(noise(row) % 250).unwrap()).collect();
        let binary: Vec<i32> = (0..1000).map(|row| i32::from(noise(row + 5000).is_multiple_of(2))).collect();
        let found = tell(&bins, &binary);
        assert!((0.4..0.6).contains(&found.measure) && !found.peeks(), "{found:?}");
        let amounts: Vec<i32> = (0..1000).map(|row| i32::try_from(noise(row + 9000) % 97).unwrap()).collect();
        assert!(tell(&bins, &amounts).measure < 0.05);
    }

    #[test]
    fn an_amount_that_a_feature_gives_away_peeks() {
        let bins: Vec<u8> = (0..2000).map(|row| u8::try_from(noise(row) % 50).unwrap()).collect();
        let outcome: Vec<i32> = (0..2000_u32)
            .zip(&bins)
            .map(|(row, bin)| i32::from(*bin) * 100 + i32::from(row % 2 == 0))
            .collect();
        assert!(tell(&bins, &outcome).peeks());
    }
}
