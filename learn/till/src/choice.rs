//! Which level a member gets.

/// A weight of costs of 1, in hundredths of a percent: as the policy was judged.
pub const LAMBDA_ONE: i64 = 10_000;

/// Value of a level over nothing: gain − λ · cost, in ten-thousandths of millionths. Gain and cost are in
/// millionths, λ in hundredths of a percent.
#[must_use]
pub fn net(gain: i64, cost: i64, lambda: i64) -> i128 {
    i128::from(gain) * i128::from(LAMBDA_ONE) - i128::from(cost) * i128::from(lambda)
}

/// The one with the largest value above 0; the first of those that are equal.
#[must_use]
pub fn best<T>(levels: impl IntoIterator<Item = (T, i128)>) -> Option<T> {
    let mut best = None;
    let mut largest = 0;
    for (level, value) in levels {
        if value > largest {
            (best, largest) = (Some(level), value);
        }
    }
    best
}
