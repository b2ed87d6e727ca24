//! The points of one member, for reading.

use super::Database;
use crate::{Balance, PointEntry, StoreError};

/// The active points of a member (`$1`) at a time (`$2`) that are not reserved by purchases other than one
/// (`$3`). A single number, since every receipt of a member asks for it.
pub(super) const AVAILABLE: &str = "SELECT
         (SELECT CAST(COALESCE(SUM(remaining), 0) AS BIGINT) FROM point_lots
          WHERE member_id = $1 AND remaining <> 0
            AND (remaining < 0 OR (active_from <= $2 AND (expires_at IS NULL OR expires_at > $2))))
       - (SELECT CAST(COALESCE(SUM(points), 0) AS BIGINT) FROM point_reservations
          WHERE member_id = $1 AND expires_at > $2 AND purchase_id <> $3)";

impl Database {
    /// The points that a purchase may spend, with those that it has reserved itself.
    pub(crate) async fn points_available(
        &self,
        member_id: &str,
        except_purchase: &str,
        now: i64,
    ) -> Result<i64, StoreError> {
        let available = sqlx::query_scalar(AVAILABLE).bind(member_id).bind(now).bind(except_purchase);
        Ok(available.fetch_one(&self.pool).await?)
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
        let reserved: i64 = sqlx::query_scalar(
            "SELECT CAST(COALESCE(SUM(points), 0) AS BIGINT) FROM point_reservations
             WHERE member_id = $1 AND expires_at > $2 AND purchase_id <> $3",
        )
        .bind(member_id)
        .bind(now)
        .bind(except_purchase)
        .fetch_one(&mut *snapshot)
        .await?;
        let sums: Vec<(String, i64)> = sqlx::query_as(
            "SELECT kind, CAST(SUM(points) AS BIGINT) FROM point_entries WHERE member_id = $1 GROUP BY kind",
        )
        .bind(member_id)
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        Ok(balance(&lots, reserved, &sums, now))
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

fn balance(lots: &[LotRow], reserved: i64, sums: &[(String, i64)], now: i64) -> Balance {
    let mut balance = Balance { reserved, ..Balance::default() };
    let mut active = 0_i64;
    let mut overdue = 0_i64;
    for &(remaining, active_from, expires_at) in lots {
        if remaining < 0 {
            active = active.saturating_add(remaining);
        } else if expires_at.is_some_and(|end| end <= now) {
            overdue = overdue.saturating_add(remaining);
        } else if active_from > now {
            balance.pending = balance.pending.saturating_add(remaining);
        } else {
            active = active.saturating_add(remaining);
            if let Some(end) = expires_at {
                match balance.expiring.last_mut() {
                    Some((last, points)) if *last == end => *points = points.saturating_add(remaining),
                    _ => balance.expiring.push((end, remaining)),
                }
            }
        }
    }
    balance.available = active.saturating_sub(reserved);
    for (kind, points) in sums {
        match kind.as_str() {
            "imported" | "earned" | "taken_back" => balance.accrued = balance.accrued.saturating_add(*points),
            "spent" | "given_back" => balance.spent = balance.spent.saturating_sub(*points),
            _ => balance.expired = balance.expired.saturating_sub(*points),
        }
    }
    // Their time is over, but the expiry job has not run yet.
    balance.expired = balance.expired.saturating_add(overdue);
    balance
}
