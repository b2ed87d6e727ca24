//! Sums of amounts that no stored value can overflow: the database adds up quotients and remainders by 2³² apart, and
//! they are put together in 128 bits.

/// SQL for two columns, the sums of the quotients and of the remainders of a column; [`whole`] puts them together.
macro_rules! wide_sum {
    ($column:literal) => {
        concat!(
            "CAST(COALESCE(SUM(",
            $column,
            " / 4294967296), 0) AS BIGINT) AS quotients, CAST(COALESCE(SUM(",
            $column,
            " % 4294967296), 0) AS BIGINT) AS remainders"
        )
    };
}
pub(super) use wide_sum;

/// The sum that two columns of [`wide_sum`] stand for.
pub(super) fn whole(quotients: i64, remainders: i64) -> i128 {
    i128::from(quotients) * 4_294_967_296 + i128::from(remainders)
}

/// The sum in 64 bits; the nearest that they hold if it is beyond. Only damaged accounts have such sums, which `ledger
/// verify` names, and a receipt of their members is priced all the same.
pub(super) fn nearest(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}
