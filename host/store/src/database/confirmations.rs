//! Confirms a purchase: what its calculation has reserved is taken.

use super::counters::{release_grants, take_again, take_grants};
use super::coupon_uses;
use super::idempotency::remember;
use super::ledger::Ledger;
use super::purchases::release_points;
use super::results::record_purchase;
use super::till_messages;
use super::{Database, Transaction};
use crate::{Confirmation, ConfirmationTexts, Confirmed, Exceeded, PurchaseUpdate, StoreError};

/// The state of a member whose points may not move.
const BLOCKED: &str = "blocked";

impl Database {
    /// Commits the stored calculation. `texts` makes the answer to the call from what was taken beyond what was left.
    pub(crate) async fn confirm(
        &self,
        confirmation: &Confirmation<'_>,
        texts: &(dyn Fn(&Exceeded) -> Result<ConfirmationTexts, StoreError> + Send + Sync),
    ) -> Result<Confirmed, StoreError> {
        let Confirmation { update, earned, late, paid } = *confirmation;
        let mut transaction = self.begin_short().await?;
        record_purchase(&mut transaction, &update.id).await?;
        let Some(sale) = to_confirmed(&mut transaction, update, late.is_some()).await? else {
            return Ok(Confirmed::Stale);
        };
        let mut exceeded = Exceeded::default();
        match late {
            None => take_grants(&mut transaction, &update.id).await?,
            Some(grants) => {
                release_grants(&mut transaction, &update.id).await?;
                exceeded.grants = take_again(&mut transaction, &update.id, grants, update.at).await?;
            }
        }
        exceeded.coupons = coupon_uses::take(&mut transaction, &update.id, update.at).await?;
        if sale.member.is_some() {
            till_messages::deliver(&mut transaction, &update.id, update.at).await?;
        }
        if sale.spent != 0 {
            release_points(&mut transaction, &update.id).await?;
        }
        if let Some(member) = &sale.member {
            let state = if sale.spent != 0 || sale.earned != 0 {
                let mut ledger = Ledger::open(&mut transaction, member, update.at).await?;
                let reserved_at = late.is_none().then_some(sale.calculated_at);
                exceeded.points = ledger.spend(&update.id, sale.spent, reserved_at).await?;
                ledger.earn(&update.id, sale.earned, earned).await?;
                ledger.state().map(str::to_owned)
            } else {
                state_of(&mut transaction, member).await?
            };
            exceeded.blocked = state.as_deref() == Some(BLOCKED);
        }
        if exceeded.blocked && late.is_none() && !paid {
            return Ok(Confirmed::MemberBlocked);
        }
        let ConfirmationTexts { answer, warnings } = texts(&exceeded)?;
        if warnings.is_some() {
            sqlx::query("UPDATE purchases SET warnings = $1 WHERE id = $2")
                .bind(&warnings)
                .bind(&update.id)
                .execute(&mut *transaction)
                .await?;
        }
        if !remember(&mut transaction, &PurchaseUpdate { answer: answer.clone(), ..update.clone() }).await? {
            return Ok(Confirmed::Stale);
        }
        transaction.commit().await?;
        Ok(Confirmed::Done(answer))
    }
}

/// The parts of a calculation that move points.
struct Sale {
    member: Option<String>,
    spent: i64,
    earned: i64,
    calculated_at: i64,
}

/// Writes the new state. None if the purchase is not as it was read, or, unless it is `late`, if its time is over.
async fn to_confirmed(
    transaction: &mut Transaction,
    update: &PurchaseUpdate,
    late: bool,
) -> Result<Option<Sale>, StoreError> {
    let query = if late {
        "UPDATE purchases
         SET state = 'confirmed', version = version + 1, answer = $1, expires_at = NULL, results = NULL
         WHERE id = $2 AND version = $3 AND state IN ('calculated', 'expired')
         RETURNING member_id, points_spent, points_earned, updated_at"
    } else {
        "UPDATE purchases
         SET state = 'confirmed', version = version + 1, answer = $1, expires_at = NULL, results = NULL
         WHERE id = $2 AND version = $3 AND state = 'calculated' AND expires_at > $4
         RETURNING member_id, points_spent, points_earned, updated_at"
    };
    let query = sqlx::query_as(query).bind(&update.answer).bind(&update.id).bind(update.version);
    // Databases reject values without a placeholder in the query.
    let query = if late { query } else { query.bind(update.at) };
    let confirmed: Option<(Option<String>, i64, i64, i64)> = query.fetch_optional(&mut **transaction).await?;
    Ok(confirmed.map(|(member, spent, earned, calculated_at)| Sale { member, spent, earned, calculated_at }))
}

/// The state of a member, or of the one that it was merged into.
async fn state_of(transaction: &mut Transaction, member: &str) -> Result<Option<String>, StoreError> {
    let state = sqlx::query_scalar(
        "SELECT COALESCE(survivor.state, m.state) FROM members AS m
         LEFT JOIN members AS survivor ON survivor.id = m.merged_into
         WHERE m.id = $1",
    );
    Ok(state.bind(member).fetch_optional(&mut **transaction).await?)
}
