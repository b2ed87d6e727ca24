//! Lanes of messages, which workers lease. Who takes the lane of a worker that is gone also decides what becomes of the
//! messages that were on the wire there.

use super::super::bulk::{push_numbers, statement};
use super::leases::Leases;
use super::{Communications, Transaction};
use crate::{LANES, LaneLease, StoreError};

/// Why a message is unknown whose worker has gone.
const LOST: &str = "lost";

const LEASES: Leases = Leases {
    table: "message_lanes",
    part: "lane",
    workers: "message_workers",
    fences: "lanes",
    parts: LANES,
};

impl Communications {
    pub(crate) async fn lease_lanes(&self, owner: &str, lease_ms: i64) -> Result<LaneLease, StoreError> {
        let mut transaction = self.begin().await?;
        let leased = LEASES.lease(&mut transaction, owner, lease_ms).await?;
        let mut lease = LaneLease { now: leased.now, lanes: leased.kept, ..LaneLease::default() };
        if !leased.taken.is_empty() {
            (lease.unknown, lease.repeated) = recover(&mut transaction, &leased.taken, leased.now).await?;
        }
        transaction.commit().await?;
        lease.lanes.extend(leased.taken);
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
        LEASES.release(&mut transaction, owner).await?;
        transaction.commit().await?;
        Ok(())
    }
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
        query.push(" AND lane IN ");
        push_numbers(&mut query, lanes.iter().copied());
        *count = query.build().execute(&mut **transaction).await?.rows_affected();
    }
    let [unknown, repeated] = changed;
    Ok((unknown, repeated))
}
