//! How far a distribution has moved: the population stability index.
//!
//! `PSI = Σ (now − then) · ln(now / then)` over shares of rows in groups of values (Siddiqi, Credit Risk
//! Scorecards, 2006, who also gives the usual limits: under 0.1 nothing, above 0.2 act). By chance alone it
//! is about (groups − 1) · (1 / rows then + 1 / rows now) (Yurdakul and Naranjo, Statistical properties of
//! the population stability index, 2020), so bins are joined to about ten groups, and few rows are refused.

use trees::Bins;

use crate::error::DriftError;

/// A larger index than this means that the distribution has moved.
pub const MOVED: f64 = 0.2;

/// Fewest rows on either side: by chance the index is then about 0.04.
pub const LEAST_ROWS: usize = 500;

/// Groups that bins are joined to, beside that of missing values.
const GROUPS: usize = 10;

/// How far a feature has moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Stability {
    pub feature: String,
    pub psi: f64,
    /// Share of missing values in the rows of the model, and now.
    pub missing: (f64, f64),
    /// Whether the index is above [`MOVED`].
    pub moved: bool,
}

/// Compares each feature of the rows that a model was trained on with that of the rows of now, in bins of
/// the same cuts.
///
/// # Errors
///
/// Other features or cuts; fewer than [`LEAST_ROWS`] rows on either side.
pub fn stability(then: &Bins, now: &Bins) -> Result<Vec<Stability>, DriftError> {
    if then.features() != now.features() {
        let names =
            |bins: &Bins| bins.features().iter().map(|feature| feature.name.clone()).collect::<Vec<_>>();
        let (then, now) = (names(then), names(now));
        let detail = if then == now { "other cuts".to_owned() } else { format!("{then:?} and {now:?}") };
        return Err(DriftError::OtherFeatures { detail });
    }
    enough(then.rows(), now.rows())?;
    let (then, now) = (counts(then), counts(now));
    then.iter()
        .zip(now)
        .map(|((feature, then), (_, now))| {
            let psi = psi(then, &now)?;
            let missing =
                |counts: &[u64]| share(counts.first().copied().unwrap_or_default(), counts.iter().sum());
            Ok(Stability {
                feature: feature.clone(),
                psi,
                missing: (missing(then), missing(&now)),
                moved: psi > MOVED,
            })
        })
        .collect()
}

/// The index of scores, in tenths of those of then.
///
/// # Errors
///
/// A score that is not finite; fewer than [`LEAST_ROWS`] on either side.
pub fn scores(then: &[f64], now: &[f64]) -> Result<f64, DriftError> {
    enough(then.len(), now.len())?;
    if !then.iter().chain(now).all(|score| score.is_finite()) {
        return Err(DriftError::NotFinite);
    }
    let mut sorted = then.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut cuts: Vec<f64> =
        (1..GROUPS).filter_map(|tenth| sorted.get(tenth * sorted.len() / GROUPS).copied()).collect();
    cuts.dedup();
    let count = |scores: &[f64]| {
        let mut counts = vec![0; cuts.len() + 2];
        for score in scores {
            if let Some(count) = counts.get_mut(1 + cuts.partition_point(|cut| cut <= score)) {
                *count += 1;
            }
        }
        counts
    };
    psi(&count(then), &count(now))
}

/// The index of counts by bin; the first one is that of missing values, and a group of its own. A group
/// that is empty on one side counts as half a row.
///
/// # Errors
///
/// Fewer than [`LEAST_ROWS`] rows on either side; bins on one side only.
pub fn psi(then: &[u64], now: &[u64]) -> Result<f64, DriftError> {
    if then.len() != now.len() {
        return Err(DriftError::OtherFeatures { detail: format!("{} bins and {}", then.len(), now.len()) });
    }
    let (all_then, all_now) = (then.iter().sum::<u64>(), now.iter().sum::<u64>());
    let rows = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    enough(rows(all_then), rows(all_now))?;
    let terms = groups(then, now).into_iter().filter(|group| *group != (0, 0)).map(|(then, now)| {
        let then = if then == 0 { 0.5 / real(all_then) } else { share(then, all_then) };
        let now = if now == 0 { 0.5 / real(all_now) } else { share(now, all_now) };
        (now - then) * logarithm(now / then)
    });
    Ok(terms.sum())
}

/// Joins bins that follow each other until each group has about a tenth of the rows of then.
fn groups(then: &[u64], now: &[u64]) -> Vec<(u64, u64)> {
    let each = then.iter().skip(1).sum::<u64>().div_ceil(u64::try_from(GROUPS).unwrap_or(1)).max(1);
    let mut bins = then.iter().copied().zip(now.iter().copied());
    let mut groups: Vec<(u64, u64)> = bins.next().into_iter().collect();
    let mut group = (0, 0);
    for (then, now) in bins {
        group = (group.0 + then, group.1 + now);
        if group.0 >= each {
            groups.push(std::mem::take(&mut group));
        }
    }
    // What is left is too little for a group of its own, unless it is all there is.
    match groups.last_mut().filter(|_| then.len() > 2) {
        Some(last) if group.0 * 2 < each && group.1 == 0 => *last = (last.0 + group.0, last.1),
        _ => groups.push(group),
    }
    groups
}

/// Rows in each bin of each feature.
fn counts(bins: &Bins) -> Vec<(String, Vec<u64>)> {
    let columns = bins.features().iter().enumerate();
    columns
        .map(|(number, feature)| {
            let mut counts = vec![0; feature.bins()];
            for bin in bins.column(number).unwrap_or_default() {
                if let Some(count) = counts.get_mut(usize::from(*bin)) {
                    *count += 1;
                }
            }
            (feature.name.clone(), counts)
        })
        .collect()
}

fn enough(then: usize, now: usize) -> Result<(), DriftError> {
    for (when, found) in [("that the model was trained on", then), ("of now", now)] {
        if found < LEAST_ROWS {
            return Err(DriftError::TooFew { when, found, wanted: LEAST_ROWS });
        }
    }
    Ok(())
}

fn share(part: u64, all: u64) -> f64 {
    real(part) / real(all)
}

/// A count as a float.
#[expect(clippy::as_conversions, reason = "the standard library has no other way from u64 to f64")]
fn real(count: u64) -> f64 {
    count as f64
}

/// Natural logarithm of a positive number: `ln x = n ln 2 + 2 artanh((m − 1) / (m + 1))` with `x = m · 2ⁿ`.
/// That of the standard library may differ in the last digit between machines.
fn logarithm(value: f64) -> f64 {
    let (mut rest, mut twos) = (value, 0.0);
    while rest > 1.5 {
        rest /= 2.0;
        twos += 1.0;
    }
    while rest < 0.75 {
        rest *= 2.0;
        twos -= 1.0;
    }
    let ratio = (rest - 1.0) / (rest + 1.0);
    let (mut power, mut sum) = (ratio, 0.0);
    for odd in (1..40_u32).step_by(2) {
        sum += power / f64::from(odd);
        power *= ratio * ratio;
    }
    twos * std::f64::consts::LN_2 + 2.0 * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_the_standard_library() {
        for value in [1e-9, 0.01, 0.5, 0.75, 1.0, 1.49, 1.51, 2.0, 37.5, 1e9] {
            assert!((logarithm(value) - f64::ln(value)).abs() < 1e-12, "{value}");
        }
    }

    #[test]
    fn bins_are_joined_to_tenths() {
        let groups = groups(&[50; 101], &[50; 101]);
        assert_eq!(groups.len(), 11);
        assert_eq!(groups.first(), Some(&(50, 50)));
        assert!(groups.iter().skip(1).take(10).all(|group| *group == (500, 500)));
    }
}
