//! Where to cut a feature into bins.

use forest::MAX_CUTS;

/// At most `most` cuts (and never more than [`MAX_CUTS`]) that part the values that are not missing into bins
/// of about equally many rows.
///
/// A cut lies in the middle between two neighbouring values, rounded up, so that it also parts values that
/// were never seen. If there are no more distinct values than bins, each gets its own. A value that fills a
/// bin alone does not take rows from the others. The order of the values does not matter.
#[must_use]
pub fn cuts(values: &[Option<i64>], most: usize) -> Vec<i64> {
    let counted = counts(values);
    let most = most.min(MAX_CUTS);
    if counted.len() <= most.saturating_add(1) {
        return counted
            .iter()
            .zip(counted.iter().skip(1))
            .map(|((one, _), (next, _))| middle(*one, *next))
            .collect();
    }
    quantiles(&counted, most)
}

/// Distinct values, ascending, and how many rows have each.
fn counts(values: &[Option<i64>]) -> Vec<(i64, u128)> {
    let mut present: Vec<i64> = values.iter().copied().flatten().collect();
    present.sort_unstable();
    let mut counted: Vec<(i64, u128)> = Vec::new();
    for value in present {
        match counted.last_mut() {
            Some((last, rows)) if *last == value => *rows += 1,
            _ => counted.push((value, 1)),
        }
    }
    counted
}

/// Closes a bin before a value if that comes closer to an equal share of the rows than closing after it.
fn quantiles(counted: &[(i64, u128)], most: usize) -> Vec<i64> {
    let mut cuts = Vec::new();
    // Rows and bins from the open bin on, and rows in the open bin.
    let mut rest: u128 = counted.iter().map(|(_, rows)| rows).sum();
    let mut bins = u128::try_from(most).unwrap_or_default() + 1;
    let mut open = 0;
    let mut before = None;
    for (value, rows) in counted {
        if let Some(before) = before
            && bins > 1
            && (2 * open + rows) * bins > 2 * rest
        {
            cuts.push(middle(before, *value));
            rest -= open;
            bins -= 1;
            open = 0;
        }
        open += rows;
        before = Some(*value);
    }
    cuts
}

/// The middle of two ascending values, rounded up: above the first, at most the second.
fn middle(one: i64, next: i64) -> i64 {
    let sum = i128::from(one) + i128::from(next);
    i64::try_from((sum + 1).div_euclid(2)).unwrap_or(next)
}
