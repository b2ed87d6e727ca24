use super::Database;
use crate::{Mismatch, StoreError};

/// Sums that are stored twice and must be equal: the rule, and a query for the subjects that break it, with
/// the expected and the stored value. `$1` is the time.
const CHECKS: [(&str, &str); 8] = [
    (
        "a member's accrued points are available, pending, reserved, spent or expired",
        "SELECT e.member_id, e.booked, COALESCE(l.remaining, 0)
         FROM (SELECT member_id, CAST(SUM(points) AS BIGINT) AS booked FROM point_entries GROUP BY member_id) AS e
         LEFT JOIN (SELECT member_id, CAST(SUM(remaining) AS BIGINT) AS remaining
                    FROM point_lots GROUP BY member_id) AS l ON l.member_id = e.member_id
         WHERE e.booked <> COALESCE(l.remaining, 0) ORDER BY e.member_id",
    ),
    (
        "the remainder of a lot is the sum of its entries",
        "SELECT l.member_id || '/' || CAST(l.number AS TEXT), COALESCE(e.booked, 0), l.remaining
         FROM point_lots AS l
         LEFT JOIN (SELECT member_id, lot, CAST(SUM(points) AS BIGINT) AS booked
                    FROM point_entries GROUP BY member_id, lot) AS e
                ON e.member_id = l.member_id AND e.lot = l.number
         WHERE l.remaining <> COALESCE(e.booked, 0) ORDER BY l.member_id, l.number",
    ),
    (
        "a confirmed purchase earned the calculated points",
        "SELECT p.id, p.points_earned, COALESCE(e.booked, 0)
         FROM purchases AS p
         LEFT JOIN (SELECT purchase_id, CAST(SUM(points) AS BIGINT) AS booked FROM point_entries
                    WHERE kind = 'earned' GROUP BY purchase_id) AS e ON e.purchase_id = p.id
         WHERE p.member_id IS NOT NULL
           AND COALESCE(e.booked, 0) <> CASE WHEN p.state = 'confirmed' THEN p.points_earned ELSE 0 END
         ORDER BY p.id",
    ),
    (
        "a confirmed purchase spent the calculated points",
        "SELECT p.id, p.points_spent, COALESCE(e.booked, 0)
         FROM purchases AS p
         LEFT JOIN (SELECT purchase_id, CAST(-SUM(points) AS BIGINT) AS booked FROM point_entries
                    WHERE kind = 'spent' GROUP BY purchase_id) AS e ON e.purchase_id = p.id
         WHERE p.member_id IS NOT NULL
           AND COALESCE(e.booked, 0) <> CASE WHEN p.state = 'confirmed' THEN p.points_spent ELSE 0 END
         ORDER BY p.id",
    ),
    (
        "a confirmed return gave back and took back its points",
        "SELECT r.id, r.points_back - r.points_taken, COALESCE(e.booked, 0)
         FROM returns AS r
         JOIN purchases AS p ON p.id = r.purchase_id
         LEFT JOIN (SELECT return_id, CAST(SUM(points) AS BIGINT) AS booked FROM point_entries
                    WHERE return_id IS NOT NULL GROUP BY return_id) AS e ON e.return_id = r.id
         WHERE p.member_id IS NOT NULL
           AND COALESCE(e.booked, 0)
               <> CASE WHEN r.state = 'confirmed' THEN r.points_back - r.points_taken ELSE 0 END
         ORDER BY r.id",
    ),
    (
        "a counter is the sum that confirmed purchases took",
        "SELECT c.offer || ' ' || c.scope, COALESCE(g.uses, 0) + COALESCE(g.money, 0) + COALESCE(g.points, 0),
                c.uses + c.money + c.points
         FROM counters AS c
         LEFT JOIN (SELECT offer, scope, CAST(SUM(uses) AS BIGINT) AS uses, CAST(SUM(money) AS BIGINT) AS money,
                           CAST(SUM(points) AS BIGINT) AS points
                    FROM counter_grants WHERE expires_at IS NULL GROUP BY offer, scope) AS g
                ON g.offer = c.offer AND g.scope = c.scope
         WHERE c.uses <> COALESCE(g.uses, 0) OR c.money <> COALESCE(g.money, 0)
            OR c.points <> COALESCE(g.points, 0)
         ORDER BY c.offer, c.scope",
    ),
    (
        "a coupon code was used by as many purchases as say so",
        "SELECT c.key, COALESCE(u.used, 0), c.uses
         FROM coupons AS c
         LEFT JOIN (SELECT key, COUNT(*) AS used FROM coupon_uses WHERE expires_at IS NULL GROUP BY key) AS u
                ON u.key = c.key
         WHERE c.uses <> COALESCE(u.used, 0) ORDER BY c.key",
    ),
    (
        "reserved points do not exceed the points that are left",
        "SELECT r.member_id, r.reserved, COALESCE(l.remaining, 0)
         FROM (SELECT member_id, CAST(SUM(points) AS BIGINT) AS reserved
               FROM point_reservations WHERE expires_at > $1 GROUP BY member_id) AS r
         LEFT JOIN (SELECT member_id, CAST(SUM(remaining) AS BIGINT) AS remaining
                    FROM point_lots WHERE remaining > 0 GROUP BY member_id) AS l ON l.member_id = r.member_id
         WHERE r.reserved > COALESCE(l.remaining, 0) ORDER BY r.member_id",
    ),
];

impl Database {
    /// All places where a rule is broken.
    pub(crate) async fn verify(&self, now: i64) -> Result<Vec<Mismatch>, StoreError> {
        let mut mismatches = Vec::new();
        for (check, query) in CHECKS {
            let query_as = sqlx::query_as::<_, (String, i64, i64)>(query);
            // Databases reject values without a placeholder in the query.
            let query_as = if query.contains("$1") { query_as.bind(now) } else { query_as };
            let rows = query_as.fetch_all(&self.pool).await?;
            mismatches.extend(rows.into_iter().map(|(subject, expected, found)| Mismatch {
                check,
                subject,
                expected,
                found,
            }));
        }
        Ok(mismatches)
    }
}
