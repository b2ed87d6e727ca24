//! Stores a calculation, with what it reserves of points and limits.

use super::counters::reserve;
use super::coupon_uses;
use super::idempotency::remember_as;
use super::ledger::Ledger;
use super::purchases::release;
use super::till_messages;
use super::{Database, Transaction};
use crate::{ENTRY_MAX, Grant, Idempotent, Purchase, StoreError, Written, scope_of, till_id};

impl Database {
    /// Stores a calculation in place of the one before, with its reservations. `purchase.version` is the
    /// version that was read, 0 if there was no purchase.
    pub(crate) async fn put_calculation(
        &self,
        purchase: &Purchase,
        grants: &[Grant],
        key: Option<&Idempotent>,
        at: i64,
    ) -> Result<Written, StoreError> {
        let Purchase { points_spent, points_earned, .. } = purchase;
        if [points_spent, points_earned].iter().any(|points| !(0..=ENTRY_MAX).contains(*points)) {
            let detail =
                format!("purchase `{}` spends {points_spent} points and earns {points_earned}", purchase.id);
            return Err(StoreError::TooLarge(detail));
        }
        let mut transaction = self.begin_short().await?;
        if let Some(key) = key
            && !remember_as(&mut transaction, key, 200, &purchase.answer, at).await?
        {
            return Ok(Written::Stale);
        }
        if !put(&mut transaction, purchase, at).await? {
            return Ok(Written::Stale);
        }
        if purchase.version > 0 {
            release(&mut transaction, &purchase.id).await?;
            coupon_uses::release(&mut transaction, &purchase.id).await?;
            till_messages::release(&mut transaction, &purchase.id).await?;
        }
        let expires_at = purchase.expires_at.unwrap_or(at);
        let mut grants: Vec<&Grant> = grants.iter().collect();
        grants.sort();
        for grant in grants {
            if !reserve(&mut transaction, &purchase.id, grant, expires_at, at).await? {
                return Ok(Written::NoRoom);
            }
        }
        if !coupon_uses::reserve(&mut transaction, purchase, expires_at, at).await? {
            return Ok(Written::NoRoom);
        }
        if let Some(member) = &purchase.member_id
            && purchase.points_spent > 0
        {
            let mut ledger = Ledger::open(&mut transaction, member, at).await?;
            if !ledger.reserve(&purchase.id, purchase.points_spent, expires_at).await? {
                return Ok(Written::NoRoom);
            }
        }
        if !till_messages::hold(&mut transaction, purchase, expires_at, at).await? {
            return Ok(Written::NoRoom);
        }
        transaction.commit().await?;
        Ok(Written::Done)
    }
}

/// Writes the row of the purchase. False if its version is not the one that was read.
async fn put(transaction: &mut Transaction, purchase: &Purchase, at: i64) -> Result<bool, StoreError> {
    let query = if purchase.version == 0 {
        "INSERT INTO purchases
             (id, state, request, answer, plan, revision, member_id, attributes, updated_at,
              points_spent, points_earned, expires_at, version, results, sold_at, inputs, sold, sequence,
              grants, warnings, pos, till_id, card)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 + 1, $14, $15, $16, $17, $18, $19, $20,
                 $21, $22, $23)
         ON CONFLICT (id) DO NOTHING"
    } else {
        "UPDATE purchases
         SET state = $2, request = $3, answer = $4, plan = $5, revision = $6, member_id = $7,
             attributes = $8, updated_at = $9, points_spent = $10, points_earned = $11,
             expires_at = $12, version = version + 1, results = $14, sold_at = $15,
             inputs = $16, sold = $17, sequence = $18, grants = $19, warnings = $20, pos = $21, till_id = $22,
             card = $23
         WHERE id = $1 AND version = $13 AND state IN ('calculated', 'expired')"
    };
    let written = sqlx::query(query)
        .bind(&purchase.id)
        .bind(purchase.state.name())
        .bind(&purchase.request)
        .bind(&purchase.answer)
        .bind(&purchase.plan)
        .bind(purchase.revision)
        .bind(&purchase.member_id)
        .bind(&purchase.attributes)
        .bind(at)
        .bind(purchase.points_spent)
        .bind(purchase.points_earned)
        .bind(purchase.expires_at)
        .bind(purchase.version)
        .bind(purchase.results.as_ref().map(|results| &results.events))
        .bind(purchase.results.as_ref().map(|results| results.at))
        .bind(&purchase.inputs)
        .bind(&purchase.sold)
        .bind(purchase.sequence)
        .bind(&purchase.grants)
        .bind(&purchase.warnings)
        .bind(&purchase.pos)
        .bind(scope_of(&purchase.id).map(|_| till_id(&purchase.id)))
        .bind(&purchase.card)
        .execute(&mut **transaction)
        .await?;
    Ok(written.rows_affected() > 0)
}
