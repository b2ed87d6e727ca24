//! How large an experiment must be.

use crate::error::CausalError;
use crate::numbers::ceiling;

/// Rows that each arm needs so that a difference of `delta` in an outcome that happens with probability
/// `p` is found with 80 % power by a two-sided test at 5 %: `16 · p · (1 − p) / delta²`, rounded up (Lehr,
/// Statistics in Medicine 11, 1992).
///
/// # Errors
/// `p` outside (0, 1), `delta` not above 0 or not below 1, and a number of rows beyond 10¹⁵.
pub fn rows_per_arm(p: f64, delta: f64) -> Result<u64, CausalError> {
    if !(p > 0.0 && p < 1.0) {
        return Err(CausalError::Setting {
            what: "the rate of the outcome",
            found: p.to_string(),
            wanted: "above 0 and below 1",
        });
    }
    if !(delta > 0.0 && delta < 1.0) {
        return Err(CausalError::Setting {
            what: "the difference to be found",
            found: delta.to_string(),
            wanted: "above 0 and below 1",
        });
    }
    // A billionth less, so that rounding noise does not make one row more of a whole number.
    let rows = 16.0 * p * (1.0 - p) / (delta * delta);
    ceiling(rows * (1.0 - 1e-12)).ok_or(CausalError::Setting {
        what: "the difference to be found",
        found: delta.to_string(),
        wanted: "larger: no experiment is large enough for this one",
    })
}
