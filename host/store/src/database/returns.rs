use sqlx::{FromRow, Row as _};

use super::counters::give_back;
use super::coupon_uses;
use super::dialect::DatabaseRow;
use super::idempotency::{remember, remember_as};
use super::ledger::Ledger;
use super::results::record;
use super::{Database, Transaction};
use crate::{
    Grant, Idempotent, NewResult, PurchaseState, PurchaseUpdate, ResultKind, ReturnRecord, StoreError,
    TakeBack, Written,
};

struct Row {
    id: String,
    purchase_id: String,
    number: i64,
    state: String,
    request: String,
    answer: String,
    lines: Option<String>,
    points_back: i64,
    points_taken: i64,
    expires_at: Option<i64>,
}

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            purchase_id: row.try_get("purchase_id")?,
            number: row.try_get("number")?,
            state: row.try_get("state")?,
            request: row.try_get("request")?,
            answer: row.try_get("answer")?,
            lines: row.try_get("lines")?,
            points_back: row.try_get("points_back")?,
            points_taken: row.try_get("points_taken")?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}

const ALL: &str =
    "SELECT id, purchase_id, number, state, request, answer, lines, points_back, points_taken, expires_at
     FROM returns WHERE purchase_id = $1 ORDER BY number";

impl Database {
    /// All returns of a purchase, oldest first.
    pub(crate) async fn returns(&self, purchase_id: &str) -> Result<Vec<ReturnRecord>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(ALL).bind(purchase_id).fetch_all(&self.pool).await?;
        rows.into_iter().map(read).collect()
    }

    /// Stores a calculated return. `purchase_version` is the version of the purchase that was read.
    pub(crate) async fn put_return(
        &self,
        new: &ReturnRecord,
        purchase_version: i64,
        key: Option<&Idempotent>,
        at: i64,
    ) -> Result<Written, StoreError> {
        let mut transaction = self.begin_short().await?;
        if let Some(key) = key
            && !remember_as(&mut transaction, key, 200, &new.answer, at).await?
        {
            return Ok(Written::Stale);
        }
        if !touch(&mut transaction, &new.purchase_id, purchase_version).await? {
            return Ok(Written::Stale);
        }
        sqlx::query(
            "INSERT INTO returns (id, purchase_id, number, state, request, answer, points_back,
                                  points_taken, expires_at, updated_at, lines)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&new.id)
        .bind(&new.purchase_id)
        .bind(new.number)
        .bind(new.state.name())
        .bind(&new.request)
        .bind(&new.answer)
        .bind(new.points_back)
        .bind(new.points_taken)
        .bind(new.expires_at)
        .bind(at)
        .bind(&new.lines)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Written::Done)
    }

    /// Confirms a return: burned points are given back, earned ones are taken back, and `grants` are given
    /// back to their counters. `answer` makes the body from the points that were taken back, which may be
    /// fewer than the return asks for.
    pub(crate) async fn confirm_return(
        &self,
        update: &PurchaseUpdate,
        policy: TakeBack,
        grants: &[Grant],
        answer: &(dyn Fn(i64) -> Result<String, StoreError> + Send + Sync),
    ) -> Result<Written, StoreError> {
        let mut transaction = self.begin_short().await?;
        let found: Option<Row> = sqlx::query_as(
            "UPDATE returns SET state = 'confirmed', expires_at = NULL, updated_at = $1
             WHERE id = $2 AND state = 'calculated' AND expires_at > $1
             RETURNING id, purchase_id, number, state, request, answer, lines, points_back, points_taken,
                       expires_at",
        )
        .bind(update.at)
        .bind(&update.id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(found) = found.map(read).transpose()? else { return Ok(Written::Stale) };
        if !touch(&mut transaction, &found.purchase_id, update.version).await? {
            return Ok(Written::Stale);
        }
        give_back(&mut transaction, &found.purchase_id, grants).await?;
        if update.gives_back_coupons {
            coupon_uses::give_back(&mut transaction, &found.purchase_id).await?;
        }
        let member: Option<String> = sqlx::query_scalar("SELECT member_id FROM purchases WHERE id = $1")
            .bind(&found.purchase_id)
            .fetch_one(&mut *transaction)
            .await?;
        let mut taken = 0;
        if let Some(member) = &member {
            let mut ledger = Ledger::open(&mut transaction, member, update.at).await?;
            ledger.give_back(&found.purchase_id, &update.id, found.points_back).await?;
            let wanted = found.points_taken;
            match ledger.take_back(&found.purchase_id, &update.id, wanted, policy).await? {
                Some(points) => taken = points,
                None => return Ok(Written::NoRoom),
            }
        }
        if let Some(results) = &update.results {
            let new = NewResult {
                id: update.id.clone(),
                kind: ResultKind::Return,
                member_id: member,
                purchase_id: Some(found.purchase_id.clone()),
                results: results.clone(),
            };
            record(&mut transaction, &new).await?;
        }
        let body = answer(taken)?;
        sqlx::query("UPDATE returns SET answer = $1, points_taken = $2 WHERE id = $3")
            .bind(&body)
            .bind(taken)
            .bind(&update.id)
            .execute(&mut *transaction)
            .await?;
        let update = PurchaseUpdate { answer: body, ..update.clone() };
        if !remember(&mut transaction, &update).await? {
            return Ok(Written::Stale);
        }
        transaction.commit().await?;
        Ok(Written::Done)
    }

    /// Cancels a return that is not confirmed.
    pub(crate) async fn cancel_return(&self, update: &PurchaseUpdate) -> Result<Written, StoreError> {
        let mut transaction = self.begin_short().await?;
        if !remember(&mut transaction, update).await? {
            return Ok(Written::Stale);
        }
        let purchase: Option<String> = sqlx::query_scalar(
            "UPDATE returns SET state = 'cancelled', answer = $1, expires_at = NULL, updated_at = $2
             WHERE id = $3 AND state IN ('calculated', 'expired') RETURNING purchase_id",
        )
        .bind(&update.answer)
        .bind(update.at)
        .bind(&update.id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(purchase) = purchase else { return Ok(Written::Stale) };
        if !touch(&mut transaction, &purchase, update.version).await? {
            return Ok(Written::Stale);
        }
        transaction.commit().await?;
        Ok(Written::Done)
    }
}

/// Counts up the version of a confirmed purchase. False if it is not the version that was read.
async fn touch(transaction: &mut Transaction, purchase_id: &str, version: i64) -> Result<bool, StoreError> {
    let touched = sqlx::query(
        "UPDATE purchases SET version = version + 1 WHERE id = $1 AND version = $2 AND state = 'confirmed'",
    )
    .bind(purchase_id)
    .bind(version)
    .execute(&mut **transaction)
    .await?;
    Ok(touched.rows_affected() > 0)
}

fn read(row: Row) -> Result<ReturnRecord, StoreError> {
    let state = PurchaseState::from_name(&row.state)
        .ok_or_else(|| StoreError::Damaged(format!("return {}: unknown state `{}`", row.id, row.state)))?;
    Ok(ReturnRecord {
        id: row.id,
        purchase_id: row.purchase_id,
        number: row.number,
        state,
        request: row.request,
        answer: row.answer,
        lines: row.lines,
        points_back: row.points_back,
        points_taken: row.points_taken,
        expires_at: row.expires_at,
    })
}
