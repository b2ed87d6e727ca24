//! Lanes: each belongs to one worker at a time, by the clock of the database. Who takes the lane of a worker that is gone
//! also decides what becomes of the messages that were on the wire there.

use super::super::bulk::statement;
use super::members::{lock_sequence, now_in, set_sequence};
use super::{Communications, Transaction};
use crate::{LANES, LaneLease, StoreError};

/// Why a message is unknown whose worker has gone.
const LOST: &str = "lost";

impl Communications {
    pub(crate) async fn lease_lanes(&self, owner: &str, lease_ms: i64) -> Result<LaneLease, StoreError> {
        let mut transaction = self.begin().await?;
        // Whoever else leases lanes waits here.
        let fence = lock_sequence(&mut transaction, "lanes").await?;
        // Read behind the lock: waiting may take long.
        let now = now_in(&mut transaction).await?;
        let wanted = share(&mut transaction, owner, now, lease_ms).await?;
        let rows: Vec<(i64, String, i64)> =
            sqlx::query_as("SELECT lane, owner, leased_until FROM message_lanes ORDER BY lane")
                .fetch_all(&mut *transaction)
                .await?;
        let holder = |lane: i64| rows.iter().find(|(number, ..)| *number == lane);
        let is_mine = |lane: &i64| holder(*lane).is_some_and(|(_, held_by, _)| held_by == owner);
        let is_free = |lane: &i64| holder(*lane).is_none_or(|(_, _, until)| *until <= now);
        let mut kept: Vec<i64> = (0..LANES).filter(is_mine).collect();
        let surplus = kept.split_off(wanted.min(kept.len()));
        let missing = wanted.saturating_sub(kept.len());
        let taken: Vec<i64> =
            (0..LANES).filter(|lane| !is_mine(lane) && is_free(lane)).take(missing).collect();
        let until = now.saturating_add(lease_ms);
        hold(&mut transaction, owner, &kept, None, until).await?;
        // Free at once for whoever wants more.
        hold(&mut transaction, owner, &surplus, None, now).await?;
        let mut lease = LaneLease { now, ..LaneLease::default() };
        if !taken.is_empty() {
            let fence = fence.saturating_add(1);
            set_sequence(&mut transaction, "lanes", fence).await?;
            hold(&mut transaction, owner, &taken, Some(fence), until).await?;
            (lease.unknown, lease.repeated) = recover(&mut transaction, &taken, now).await?;
        }
        transaction.commit().await?;
        kept.extend(taken);
        lease.lanes = kept;
        Ok(lease)
    }

    pub(crate) async fn renew_lanes(&self, owner: &str, lease_ms: i64) -> Result<u64, StoreError> {
        let now = self.now_ms().await?;
        let renewed =
            sqlx::query("UPDATE message_lanes SET leased_until = $1 WHERE owner = $2 AND leased_until > $3")
                .bind(now.saturating_add(lease_ms))
                .bind(owner)
                .bind(now)
                .execute(&self.writer)
                .await?;
        sqlx::query("UPDATE message_workers SET seen_at = $1 WHERE owner = $2")
            .bind(now)
            .bind(owner)
            .execute(&self.writer)
            .await?;
        Ok(renewed.rows_affected())
    }

    pub(crate) async fn release_lanes(&self, owner: &str) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        lock_sequence(&mut transaction, "lanes").await?;
        for sql in [
            "UPDATE message_lanes SET leased_until = 0 WHERE owner = $1",
            "DELETE FROM message_workers WHERE owner = $1",
        ] {
            sqlx::query(sql).bind(owner).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Notes that a worker is alive; returns how many lanes are its part.
async fn share(
    transaction: &mut Transaction,
    owner: &str,
    now: i64,
    lease_ms: i64,
) -> Result<usize, StoreError> {
    sqlx::query(
        "INSERT INTO message_workers (owner, seen_at) VALUES ($1, $2)
         ON CONFLICT (owner) DO UPDATE SET seen_at = $2",
    )
    .bind(owner)
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    sqlx::query("DELETE FROM message_workers WHERE seen_at < $1")
        .bind(now.saturating_sub(lease_ms))
        .execute(&mut **transaction)
        .await?;
    let workers: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM message_workers").fetch_one(&mut **transaction).await?;
    let workers = workers.max(1);
    let rounded_up = LANES.saturating_add(workers).saturating_sub(1).div_euclid(workers);
    Ok(usize::try_from(rounded_up).unwrap_or(0))
}

/// Gives lanes to a worker until a time, with a new fencing number unless they are its own.
async fn hold(
    transaction: &mut Transaction,
    owner: &str,
    lanes: &[i64],
    fence: Option<i64>,
    until: i64,
) -> Result<(), StoreError> {
    if lanes.is_empty() {
        return Ok(());
    }
    let mut query = statement("INSERT INTO message_lanes (lane, owner, fence, leased_until) ");
    query.push_values(lanes, |mut row, lane| {
        row.push_bind(*lane).push_bind(owner.to_owned()).push_bind(fence.unwrap_or(0)).push_bind(until);
    });
    query.push(
        " ON CONFLICT (lane) DO UPDATE SET owner = excluded.owner, leased_until = excluded.leased_until",
    );
    if fence.is_some() {
        query.push(", fence = excluded.fence");
    }
    query.build().execute(&mut **transaction).await?;
    Ok(())
}

/// Decides about messages that were on the wire when their worker went: those that may be repeated are, the others are
/// unknown.
async fn recover(transaction: &mut Transaction, lanes: &[i64], now: i64) -> Result<(u64, u64), StoreError> {
    let mut changed = [0_u64; 2];
    for (count, (state, next_at, may_repeat)) in
        changed.iter_mut().zip([("unknown", None, 0_i64), ("planned", Some(now), 1)])
    {
        let mut query = statement("UPDATE messages SET state = ");
        query.push_bind(state).push(", reason = ").push_bind(LOST).push(", next_at = ").push_bind(next_at);
        query.push(", changed_at = ").push_bind(now);
        query.push(" WHERE state = 'attempting' AND may_repeat = ").push_bind(may_repeat);
        query.push(" AND lane IN (");
        let mut list = query.separated(", ");
        for lane in lanes {
            list.push_bind(*lane);
        }
        query.push(")");
        *count = query.build().execute(&mut **transaction).await?.rows_affected();
    }
    let [unknown, repeated] = changed;
    Ok((unknown, repeated))
}
