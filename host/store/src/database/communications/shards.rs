//! Shards of runs, which workers lease.

use super::super::bulk::{push_numbers, statement};
use super::leases::Leases;
use super::{Communications, Transaction};
use crate::{SHARDS, ShardClaim, ShardLease, StoreError};

const LEASES: Leases = Leases {
    table: "chain_shards",
    part: "shard",
    workers: "chain_workers",
    fences: "shards",
    parts: SHARDS,
};

impl Communications {
    pub(crate) async fn lease_shards(&self, owner: &str, lease_ms: i64) -> Result<ShardLease, StoreError> {
        let mut transaction = self.begin().await?;
        let leased = LEASES.lease(&mut transaction, owner, lease_ms).await?;
        transaction.commit().await?;
        let mut shards = leased.kept;
        shards.extend(leased.taken);
        shards.sort_unstable();
        Ok(ShardLease { shards, fence: leased.fence })
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
