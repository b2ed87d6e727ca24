//! Leases: parts of the work, each of which belongs to one worker at a time, by the clock of the database.

use sqlx::AssertSqlSafe;

use super::super::bulk::statement;
use super::Transaction;
use super::members::{lock_sequence, now_in, set_sequence};
use crate::StoreError;

/// A kind of work that is leased in parts, which are the numbers from 0.
pub(super) struct Leases {
    /// The table that says whose each part is.
    pub(super) table: &'static str,
    /// Its column with the part.
    pub(super) part: &'static str,
    /// The table of the workers that are alive.
    pub(super) workers: &'static str,
    /// The sequence of fencing numbers, whose row is written first by all who lease.
    pub(super) fences: &'static str,
    /// How many parts there are.
    pub(super) parts: i64,
}

/// The parts of a worker after it has leased.
pub(super) struct Leased {
    /// Those that it had, and has still.
    pub(super) kept: Vec<i64>,
    /// Those that were free, its own among them if their lease was over: what was under way there is over too.
    pub(super) taken: Vec<i64>,
    /// The greatest fencing number of its parts; 0 if it has none.
    pub(super) fence: i64,
    /// The instant, in milliseconds.
    pub(super) now: i64,
}

impl Leases {
    /// Leases the parts that are a worker's share, for a time.
    pub(super) async fn lease(
        &self,
        transaction: &mut Transaction,
        owner: &str,
        lease_ms: i64,
    ) -> Result<Leased, StoreError> {
        // Others who lease wait here.
        let last = lock_sequence(transaction, self.fences).await?;
        // Read behind the lock: waiting may take long.
        let now = now_in(transaction).await?;
        let wanted = self.share(transaction, owner, now, lease_ms).await?;
        let query = format!("SELECT {}, owner, fence, leased_until FROM {}", self.part, self.table);
        let rows: Vec<(i64, String, i64, i64)> =
            sqlx::query_as(AssertSqlSafe(query)).fetch_all(&mut **transaction).await?;
        let holder = |part: i64| rows.iter().find(|row| row.0 == part && row.3 > now);
        let is_mine = |part: &i64| holder(*part).is_some_and(|(_, held_by, ..)| held_by == owner);
        let mut kept: Vec<i64> = (0..self.parts).filter(is_mine).collect();
        let surplus = kept.split_off(wanted.min(kept.len()));
        let missing = wanted.saturating_sub(kept.len());
        let taken: Vec<i64> = (0..self.parts).filter(|part| holder(*part).is_none()).take(missing).collect();
        let until = now.saturating_add(lease_ms);
        self.hold(transaction, owner, &kept, None, until).await?;
        // Free at once for others who want more.
        self.hold(transaction, owner, &surplus, None, now).await?;
        let mut fence = rows.iter().filter(|row| kept.contains(&row.0)).map(|row| row.2).max().unwrap_or(0);
        if !taken.is_empty() {
            fence = last.saturating_add(1);
            set_sequence(transaction, self.fences, fence).await?;
            self.hold(transaction, owner, &taken, Some(fence), until).await?;
        }
        Ok(Leased { kept, taken, fence, now })
    }

    /// Notes that a worker is alive; returns how many parts are its share.
    async fn share(
        &self,
        transaction: &mut Transaction,
        owner: &str,
        now: i64,
        lease_ms: i64,
    ) -> Result<usize, StoreError> {
        let note = format!(
            "INSERT INTO {} (owner, seen_at) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET seen_at = $2",
            self.workers
        );
        sqlx::query(AssertSqlSafe(note)).bind(owner).bind(now).execute(&mut **transaction).await?;
        let forget = format!("DELETE FROM {} WHERE seen_at < $1", self.workers);
        let before = now.saturating_sub(lease_ms);
        sqlx::query(AssertSqlSafe(forget)).bind(before).execute(&mut **transaction).await?;
        let count = format!("SELECT COUNT(*) FROM {}", self.workers);
        let workers: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut **transaction).await?;
        let workers = workers.max(1);
        let rounded_up = self.parts.saturating_add(workers).saturating_sub(1).div_euclid(workers);
        Ok(usize::try_from(rounded_up).unwrap_or(0))
    }

    /// Gives parts to a worker until an instant, with a new fencing number unless they are its own.
    async fn hold(
        &self,
        transaction: &mut Transaction,
        owner: &str,
        parts: &[i64],
        fence: Option<i64>,
        until: i64,
    ) -> Result<(), StoreError> {
        if parts.is_empty() {
            return Ok(());
        }
        let Self { table, part, .. } = self;
        let mut query = statement(&format!("INSERT INTO {table} ({part}, owner, fence, leased_until) "));
        query.push_values(parts, |mut row, part| {
            row.push_bind(*part).push_bind(owner.to_owned()).push_bind(fence.unwrap_or(0)).push_bind(until);
        });
        query.push(format!(
            " ON CONFLICT ({part}) DO UPDATE SET owner = excluded.owner, leased_until = excluded.leased_until"
        ));
        if fence.is_some() {
            query.push(", fence = excluded.fence");
        }
        query.build().execute(&mut **transaction).await?;
        Ok(())
    }

    /// Lets go of all parts of a worker that ends.
    pub(super) async fn release(&self, transaction: &mut Transaction, owner: &str) -> Result<(), StoreError> {
        lock_sequence(transaction, self.fences).await?;
        for query in [
            format!("UPDATE {} SET leased_until = 0 WHERE owner = $1", self.table),
            format!("DELETE FROM {} WHERE owner = $1", self.workers),
        ] {
            sqlx::query(AssertSqlSafe(query)).bind(owner).execute(&mut **transaction).await?;
        }
        Ok(())
    }
}
