//! The points of one member, for reading.

use super::Database;
use super::sums::{nearest, whole, wide_sum};
use crate::{Balance, PointEntry, StoreError};

/// SQL that is true of the lots that a member's points are counted by: debts, and points that are active at a time. The
/// first condition is that of the index `point_lots_open`.
macro_rules! is_active {
    ($table:literal, $at:literal) => {
        concat!(
            $table,
            "remaining <> 0 AND (",
            $table,
            "remaining < 0 OR (",
            $table,
            "active_from <= ",
            $at,
            " AND (",
            $table,
            "expires_at IS NULL OR ",
            $table,
            "expires_at > ",
            $at,
            ")))"
        )
    };
}
pub(super) use is_active;

/// The active points of a member (`$1`) at a time (`$2`), and those that purchases other than one (`$3`) have
/// reserved. One statement, since every receipt of a member asks for it.
pub(super) const AVAILABLE: &str = concat!(
    "SELECT active.quotients, active.remainders, reserved.quotients, reserved.remainders FROM
         (SELECT ",
    wide_sum!("remaining"),
    " FROM point_lots
          WHERE member_id = $1 AND ",
    is_active!("", "$2"),
    ") AS active
     CROSS JOIN
         (SELECT ",
    wide_sum!("points"),
    " FROM point_reservations
          WHERE member_id = $1 AND expires_at > $2 AND purchase_id <> $3) AS reserved"
);

/// The columns of [`AVAILABLE`].
pub(super) type AvailableRow = (i64, i64, i64, i64);

/// The points that may be spent, of the row of [`AVAILABLE`].
pub(super) fn available((active, active_rest, reserved, reserved_rest): AvailableRow) -> i64 {
    nearest(whole(active, active_rest) - whole(reserved, reserved_rest))
}

impl Database {
    /// The points that a purchase may spend, with those that it has reserved itself.
    pub(crate) async fn points_available(
        &self,
        member_id: &str,
        except_purchase: &str,
        now: i64,
    ) -> Result<i64, StoreError> {
        let row = sqlx::query_as(AVAILABLE).bind(member_id).bind(now).bind(except_purchase);
        Ok(available(row.fetch_one(&self.pool).await?))
    }

    /// The member's points. Those that the purchase itself has reserved count as available.
    pub(crate) async fn balance(
        &self,
        member_id: &str,
        except_purchase: &str,
        now: i64,
    ) -> Result<Balance, StoreError> {
        // One snapshot, so that every point is counted once.
        let mut snapshot = self.begin_snapshot().await?;
        let lots: Vec<LotRow> = sqlx::query_as(
            "SELECT remaining, active_from, expires_at FROM point_lots
             WHERE member_id = $1 AND remaining <> 0 ORDER BY expires_at, number",
        )
        .bind(member_id)
        .fetch_all(&mut *snapshot)
        .await?;
        let (reserved, reserved_rest): (i64, i64) = sqlx::query_as(concat!(
            "SELECT ",
            wide_sum!("points"),
            " FROM point_reservations WHERE member_id = $1 AND expires_at > $2 AND purchase_id <> $3"
        ))
        .bind(member_id)
        .bind(now)
        .bind(except_purchase)
        .fetch_one(&mut *snapshot)
        .await?;
        let sums: Vec<(String, i64, i64)> = sqlx::query_as(concat!(
            "SELECT kind, ",
            wide_sum!("points"),
            " FROM point_entries WHERE member_id = $1 GROUP BY kind"
        ))
        .bind(member_id)
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        let sums = sums.into_iter().map(|(kind, points, rest)| (kind, whole(points, rest)));
        Ok(balance(&lots, whole(reserved, reserved_rest), sums, now))
    }

    /// The latest entries, newest first.
    pub(crate) async fn point_entries(
        &self,
        member_id: &str,
        most: i64,
    ) -> Result<Vec<PointEntry>, StoreError> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "SELECT e.number, e.lot, e.kind, e.points, e.purchase_id, e.return_id, e.created_at,
                    l.active_from, l.expires_at
             FROM point_entries AS e
             JOIN point_lots AS l ON l.member_id = e.member_id AND l.number = e.lot
             WHERE e.member_id = $1 ORDER BY e.number DESC LIMIT $2",
        )
        .bind(member_id)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let entry = |row: EntryRow| {
            let (number, lot, kind, points, purchase_id, return_id, created_at, active_from, expires_at) =
                row;
            PointEntry {
                number,
                lot,
                kind,
                points,
                purchase_id,
                return_id,
                created_at,
                active_from,
                expires_at,
            }
        };
        Ok(rows.into_iter().map(entry).collect())
    }
}

/// Remaining points, and the beginning and end of their validity.
type LotRow = (i64, i64, Option<i64>);

type EntryRow = (i64, i64, String, i64, Option<String>, Option<String>, i64, i64, Option<i64>);

fn balance(lots: &[LotRow], reserved: i128, sums: impl Iterator<Item = (String, i128)>, now: i64) -> Balance {
    let (mut active, mut pending, mut overdue) = (0_i128, 0_i128, 0_i128);
    let mut expiring: Vec<(i64, i128)> = Vec::new();
    for &(remaining, active_from, expires_at) in lots {
        let points = i128::from(remaining);
        if remaining < 0 {
            active += points;
        } else if expires_at.is_some_and(|end| end <= now) {
            overdue += points;
        } else if active_from > now {
            pending += points;
        } else {
            active += points;
            if let Some(end) = expires_at {
                match expiring.last_mut() {
                    Some((last, sum)) if *last == end => *sum += points,
                    _ => expiring.push((end, points)),
                }
            }
        }
    }
    let (mut accrued, mut spent) = (0, 0);
    // The time of those that are overdue is over, but the expiry job has not run yet.
    let mut expired = overdue;
    for (kind, points) in sums {
        match kind.as_str() {
            "imported" | "earned" | "taken_back" => accrued += points,
            "spent" | "given_back" => spent -= points,
            _ => expired -= points,
        }
    }
    Balance {
        available: nearest(active - reserved),
        pending: nearest(pending),
        reserved: nearest(reserved),
        accrued: nearest(accrued),
        spent: nearest(spent),
        expired: nearest(expired),
        expiring: expiring.into_iter().map(|(end, points)| (end, nearest(points))).collect(),
    }
}
