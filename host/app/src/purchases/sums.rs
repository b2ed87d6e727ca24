//! Checked sums of stored amounts.

use crate::error::Error;

/// The sum of amounts of a purchase. An error if it is beyond 64 bits: no sale comes to that, so what is stored is
/// damaged.
pub(super) fn sum(amounts: impl IntoIterator<Item = i64>) -> Result<i64, Error> {
    let sum: i128 = amounts.into_iter().map(i128::from).sum();
    i64::try_from(sum).map_err(|_| Error::damaged("amounts of a purchase, whose sum is too large"))
}
