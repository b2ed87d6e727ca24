//! Shards of runs: each belongs to one worker at a time, by the clock of the database.

use super::super::bulk::{push_numbers, statement};
use super::members::{lock_sequence, now_in, set_sequence};
use super::{Communications, Transaction};
use crate::{SHARDS, ShardClaim, ShardLease, StoreError};

impl Communications {
    pub(crate) async fn lease_shards(&self, owner: &str, lease_ms: i64) -> Result<ShardLease, StoreError> {
        let mut transaction = self.begin().await?;
        // Whoever else leases shards waits here.
        let last = lock_sequence(&mut transaction, "shards").await?;
        // Read behind the lock: waiting may take long.
        let now = now_in(&mut transaction).await?;
        let wanted = share(&mut transaction, owner, now, lease_ms).await?;
        let rows: Vec<(i64, String, i64, i64)> =
            sqlx::query_as("SELECT shard, owner, fence, leased_until FROM chain_shards ORDER BY shard")
                .fetch_all(&mut *transaction)
                .await?;
        let holder = |shard: i64| rows.iter().find(|(number, ..)| *number == shard);
        let is_mine = |shard: &i64| {
            holder(*shard).is_some_and(|(_, held_by, _, until)| held_by == owner && *until > now)
        };
        let is_free = |shard: &i64| holder(*shard).is_none_or(|(_, _, _, until)| *until <= now);
        let mut kept: Vec<i64> = (0..SHARDS).filter(is_mine).collect();
        let surplus = kept.split_off(wanted.min(kept.len()));
        let missing = wanted.saturating_sub(kept.len());
        let taken: Vec<i64> = (0..SHARDS).filter(is_free).take(missing).collect();
        let until = now.saturating_add(lease_ms);
        hold(&mut transaction, owner, &kept, None, until).await?;
        // Free at once for whoever wants more.
        hold(&mut transaction, owner, &surplus, None, now).await?;
        let mut fence = rows.iter().filter(|row| kept.contains(&row.0)).map(|row| row.2).max().unwrap_or(0);
        if !taken.is_empty() {
            fence = last.saturating_add(1);
            set_sequence(&mut transaction, "shards", fence).await?;
            hold(&mut transaction, owner, &taken, Some(fence), until).await?;
        }
        transaction.commit().await?;
        kept.extend(taken);
        kept.sort_unstable();
        Ok(ShardLease { shards: kept, fence })
    }
}

/// True if a worker still holds shards, as nobody has taken them since.
pub(super) async fn holds(
    transaction: &mut Transaction,
    claim: &ShardClaim,
    now: i64,
) -> Result<bool, StoreError> {
    let mut query = statement("SELECT COUNT(*) FROM chain_shards WHERE owner = ");
    query.push_bind(claim.owner.clone()).push(" AND fence <= ").push_bind(claim.fence);
    query.push(" AND leased_until > ").push_bind(now).push(" AND shard IN ");
    push_numbers(&mut query, claim.shards.iter().copied());
    let held: i64 = query.build_query_scalar().fetch_one(&mut **transaction).await?;
    Ok(usize::try_from(held).ok() == Some(claim.shards.len()))
}

/// Notes that a worker is alive; returns how many shards are its part.
async fn share(
    transaction: &mut Transaction,
    owner: &str,
    now: i64,
    lease_ms: i64,
) -> Result<usize, StoreError> {
    sqlx::query(
        "INSERT INTO chain_workers (owner, seen_at) VALUES ($1, $2)
         ON CONFLICT (owner) DO UPDATE SET seen_at = $2",
    )
    .bind(owner)
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    sqlx::query("DELETE FROM chain_workers WHERE seen_at < $1")
        .bind(now.saturating_sub(lease_ms))
        .execute(&mut **transaction)
        .await?;
    let workers: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM chain_workers").fetch_one(&mut **transaction).await?;
    let workers = workers.max(1);
    let rounded_up = SHARDS.saturating_add(workers).saturating_sub(1).div_euclid(workers);
    Ok(usize::try_from(rounded_up).unwrap_or(0))
}

/// Gives shards to a worker until a time, with a new fencing number unless they are its own.
async fn hold(
    transaction: &mut Transaction,
    owner: &str,
    shards: &[i64],
    fence: Option<i64>,
    until: i64,
) -> Result<(), StoreError> {
    if shards.is_empty() {
        return Ok(());
    }
    let mut query = statement("INSERT INTO chain_shards (shard, owner, fence, leased_until) ");
    query.push_values(shards, |mut row, shard| {
        row.push_bind(*shard).push_bind(owner.to_owned()).push_bind(fence.unwrap_or(0)).push_bind(until);
    });
    query.push(
        " ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner, leased_until = excluded.leased_until",
    );
    if fence.is_some() {
        query.push(", fence = excluded.fence");
    }
    query.build().execute(&mut **transaction).await?;
    Ok(())
}
