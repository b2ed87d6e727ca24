//! Limits of messages a second that all nodes share, by the clock of the database: each message has a time of its own at
//! which it may go, and no two of a limit are closer to each other than the limit allows.

use super::Communications;
use super::members::now_in;
use crate::{RateLimit, RateSlots, StoreError};

/// Microseconds of 1,000 seconds.
const US_OF_1000_SECONDS: i64 = 1_000_000_000;

impl Communications {
    pub(crate) async fn take_slots(
        &self,
        limits: &[RateLimit],
        wanted: usize,
        within_ms: i64,
    ) -> Result<RateSlots, StoreError> {
        let mut limits: Vec<&RateLimit> = limits.iter().collect();
        // Always in the same order, so that two workers cannot deadlock.
        limits.sort_by(|left, right| left.name.cmp(&right.name));
        let mut transaction = self.begin().await?;
        let mut next = Vec::new();
        for limit in limits {
            let next_at: i64 = sqlx::query_scalar(
                "INSERT INTO message_rates (name, next_at_us) VALUES ($1, 0)
                 ON CONFLICT (name) DO UPDATE SET next_at_us = message_rates.next_at_us RETURNING next_at_us",
            )
            .bind(&limit.name)
            .fetch_one(&mut *transaction)
            .await?;
            // Rounded up, so that a second never has one more.
            let rate = limit.per_1000_seconds.max(1);
            let every = US_OF_1000_SECONDS.saturating_add(rate).saturating_sub(1).div_euclid(rate);
            next.push((limit, next_at, every));
        }
        let now = now_in(&mut transaction).await?.saturating_mul(1_000);
        let first = next.iter().map(|(_, next_at, _)| *next_at).fold(now, i64::max);
        let every = next.iter().map(|(.., every)| *every).max().unwrap_or(0);
        let wait = first.saturating_sub(now);
        let end = now.saturating_add(within_ms.saturating_mul(1_000));
        let count = match end.saturating_sub(first) {
            left if left < 0 => 0,
            left if every > 0 => usize::try_from(left.div_euclid(every).saturating_add(1)).unwrap_or(0),
            _ => wanted,
        };
        let count = count.min(wanted);
        if count > 0 {
            let taken = i64::try_from(count).unwrap_or(0);
            for (limit, ..) in &next {
                sqlx::query("UPDATE message_rates SET next_at_us = $1 WHERE name = $2")
                    .bind(first.saturating_add(every.saturating_mul(taken)))
                    .bind(&limit.name)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(RateSlots { count, wait_us: wait, every_us: every })
    }
}
