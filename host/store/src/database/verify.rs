//! The check of sums that are stored twice. Sums are wide (see `sums`), so that an account whose amounts are too large
//! is named like any other, and the rest is checked all the same.

use sqlx::AssertSqlSafe;

use super::sums::whole;
use super::{Database, dialect};
use crate::{ENTRY_MAX, Mismatch, StoreError};

/// Sums that must be equal: the rule, and a query for rows of a subject, a part of the expected sum, and a part of the
/// stored one.
const EQUAL_SUMS: [(&str, &str); 8] = [
    (
        "a member's accrued points are available, pending, reserved, spent or expired",
        "SELECT member_id AS subject, points AS expected, 0 AS found FROM point_entries
         UNION ALL
         SELECT member_id, 0, remaining FROM point_lots",
    ),
    (
        "the remainder of a lot is the sum of its entries",
        "SELECT member_id || '/' || CAST(lot AS TEXT) AS subject, points AS expected, 0 AS found
         FROM point_entries
         UNION ALL
         SELECT member_id || '/' || CAST(number AS TEXT), 0, remaining FROM point_lots",
    ),
    (
        "a confirmed purchase earned the calculated points",
        "SELECT id AS subject, points_earned AS expected, 0 AS found FROM purchases
         WHERE member_id IS NOT NULL AND state = 'confirmed'
         UNION ALL
         SELECT purchase_id, 0, points FROM point_entries WHERE kind = 'earned' AND purchase_id IS NOT NULL",
    ),
    (
        "a confirmed purchase spent the calculated points",
        "SELECT id AS subject, points_spent AS expected, 0 AS found FROM purchases
         WHERE member_id IS NOT NULL AND state = 'confirmed'
         UNION ALL
         SELECT purchase_id, 0, 0 - points FROM point_entries WHERE kind = 'spent' AND purchase_id IS NOT NULL",
    ),
    (
        "a confirmed return gave back and took back its points",
        "SELECT r.id AS subject, r.points_back - r.points_taken AS expected, 0 AS found
         FROM returns AS r JOIN purchases AS p ON p.id = r.purchase_id
         WHERE p.member_id IS NOT NULL AND r.state = 'confirmed'
         UNION ALL
         SELECT return_id, 0, points FROM point_entries WHERE return_id IS NOT NULL",
    ),
    (
        "a counter is the sum that confirmed purchases took",
        "SELECT offer || ' ' || scope || ' uses' AS subject, uses AS expected, 0 AS found
         FROM counter_grants WHERE expires_at IS NULL
         UNION ALL SELECT offer || ' ' || scope || ' uses', 0, uses FROM counters
         UNION ALL SELECT offer || ' ' || scope || ' money', money, 0 FROM counter_grants WHERE expires_at IS NULL
         UNION ALL SELECT offer || ' ' || scope || ' money', 0, money FROM counters
         UNION ALL SELECT offer || ' ' || scope || ' points', points, 0 FROM counter_grants WHERE expires_at IS NULL
         UNION ALL SELECT offer || ' ' || scope || ' points', 0, points FROM counters",
    ),
    (
        "the points of imports are booked once, a merged member's with the survivor",
        "SELECT COALESCE(merged_into, id) AS subject, points_imported AS expected, 0 AS found FROM members
         WHERE merged_into IS NULL OR merged_into IN (SELECT id FROM members)
         UNION ALL
         SELECT member_id, 0, points FROM point_entries
         WHERE kind = 'imported' AND member_id IN (SELECT id FROM members)",
    ),
    (
        "a coupon code was used by as many purchases as say so",
        "SELECT key AS subject, 1 AS expected, 0 AS found FROM coupon_uses WHERE expires_at IS NULL
         UNION ALL
         SELECT key, 0, uses FROM coupons",
    ),
];

/// Points that members have reserved at a time, and those that are left in their lots: rows of a member and a part of
/// either sum. `$1` is the time.
const RESERVED: (&str, &str) = (
    "reserved points do not exceed the points that are left",
    "SELECT member_id AS subject, points AS expected, 0 AS found FROM point_reservations WHERE expires_at > $1
     UNION ALL
     SELECT member_id, 0, remaining FROM point_lots
     WHERE remaining > 0 AND member_id IN (SELECT member_id FROM point_reservations WHERE expires_at > $1)",
);

/// Entries that are too large. `$1` and `$2` are the most and the least.
const TOO_LARGE: (&str, &str) = (
    "an entry is not larger than the largest",
    "SELECT member_id || '/' || CAST(number AS TEXT), CAST(points AS BIGINT) FROM point_entries
     WHERE points > $1 OR points < $2 ORDER BY member_id, number",
);

/// Differs in the sums of a subject, each by quotients and remainders. Where they are equal, the difference of the
/// remainders makes up for that of the quotients.
const DIFFERS: &str = "WHERE (expected_rest - found_rest) % 4294967296 <> 0
    OR (expected_rest - found_rest) / 4294967296 <> found - expected";

/// Subject, and the expected and the found sum by quotients and remainders.
type SumsRow = (String, i64, i64, i64, i64);

impl Database {
    /// All places where a rule is broken.
    pub(crate) async fn verify(&self, now: i64) -> Result<Vec<Mismatch>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        verify(&mut connection, now).await
    }
}

/// All places where a rule is broken, as a connection sees them in its transaction, if it is in one.
pub(super) async fn verify(
    connection: &mut dialect::Connection,
    now: i64,
) -> Result<Vec<Mismatch>, StoreError> {
    let mut mismatches = Vec::new();
    for (check, rows) in EQUAL_SUMS {
        let found: Vec<SumsRow> =
            sqlx::query_as(AssertSqlSafe(sums(rows, DIFFERS))).fetch_all(&mut *connection).await?;
        mismatches.extend(found.into_iter().map(|row| mismatch(check, row)));
    }
    let (check, rows) = RESERVED;
    let found: Vec<SumsRow> =
        sqlx::query_as(AssertSqlSafe(sums(rows, ""))).bind(now).fetch_all(&mut *connection).await?;
    let found = found.into_iter().map(|row| mismatch(check, row));
    mismatches.extend(found.filter(|reserved| reserved.expected > reserved.found));
    let (check, query) = TOO_LARGE;
    let found: Vec<(String, i64)> =
        sqlx::query_as(query).bind(ENTRY_MAX).bind(-ENTRY_MAX).fetch_all(&mut *connection).await?;
    mismatches.extend(found.into_iter().map(|(subject, points)| Mismatch {
        check,
        subject,
        expected: i128::from(ENTRY_MAX),
        found: i128::from(points),
    }));
    Ok(mismatches)
}

/// The query for both sums of each subject that meets a condition.
fn sums(rows: &str, condition: &str) -> String {
    format!(
        "SELECT subject, expected, expected_rest, found, found_rest FROM (
             SELECT subject,
                    CAST(SUM(expected / 4294967296) AS BIGINT) AS expected,
                    CAST(SUM(expected % 4294967296) AS BIGINT) AS expected_rest,
                    CAST(SUM(found / 4294967296) AS BIGINT) AS found,
                    CAST(SUM(found % 4294967296) AS BIGINT) AS found_rest
             FROM ({rows}) AS parts GROUP BY subject) AS sums
         {condition} ORDER BY subject"
    )
}

fn mismatch(check: &'static str, (subject, expected, expected_rest, found, found_rest): SumsRow) -> Mismatch {
    Mismatch { check, subject, expected: whole(expected, expected_rest), found: whole(found, found_rest) }
}
