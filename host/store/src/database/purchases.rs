use sqlx::{FromRow, Row as _};

use super::bulk::{push_texts, statement};
use super::counters::release_grants;
use super::coupon_uses;
use super::dialect::DatabaseRow;
use super::idempotency::remember;
use super::till_messages;
use super::{Database, Transaction};
use crate::{Grant, NamedPurchase, Purchase, PurchaseState, PurchaseUpdate, Revision, StoreError, Written};

impl Database {
    pub(crate) async fn purchase(&self, id: &str) -> Result<Option<Purchase>, StoreError> {
        let found = sqlx::query_as::<_, Row>(
            "SELECT id, state, version, request, answer, plan, revision, member_id, attributes,
                    points_spent, points_earned, expires_at, inputs, sold, sequence, grants, warnings, pos, card
             FROM purchases WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        found.map(read).transpose()
    }

    pub(crate) async fn has_purchase(&self, id: &str) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM purchases WHERE id = $1")
            .bind(id)
            .fetch_one(&self.pool)
            .await?;
        Ok(found > 0)
    }

    pub(crate) async fn purchases_named(
        &self,
        till_id: &str,
        ids: &[String],
        places: Option<&[String]>,
        most: i64,
    ) -> Result<Vec<NamedPurchase>, StoreError> {
        let mut query = statement("SELECT id, pos, request FROM purchases WHERE id IN ");
        push_texts(&mut query, ids.iter().map(String::as_str));
        match places {
            None => {
                query.push(" OR till_id = ").push_bind(till_id.to_owned());
            }
            Some(places) => {
                for place in places {
                    let prefix = format!("{place}/");
                    let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
                    query.push(" OR (till_id = ").push_bind(till_id.to_owned());
                    query.push(" AND substr(id, 1, CAST(").push_bind(length).push(" AS INTEGER)) = ");
                    query.push_bind(prefix).push(")");
                }
            }
        }
        query.push(" LIMIT ").push_bind(most);
        let rows: Vec<(String, Option<String>, String)> =
            query.build_query_as().fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(id, pos, request)| NamedPurchase { id, pos, request }).collect())
    }

    pub(crate) async fn last_purchases(&self, most: i64) -> Result<Vec<String>, StoreError> {
        let mut last: Vec<(i64, String)> =
            sqlx::query_as("SELECT updated_at, id FROM purchases ORDER BY updated_at DESC LIMIT $1")
                .bind(most)
                .fetch_all(&self.pool)
                .await?;
        last.sort();
        Ok(last.into_iter().map(|(_, id)| id).collect())
    }

    /// The parts of limits that a purchase has taken or reserved.
    pub(crate) async fn grants(&self, purchase_id: &str) -> Result<Vec<Grant>, StoreError> {
        super::counters::grants(&self.pool, purchase_id).await
    }

    /// Cancels a purchase: releases the reservations of the stored calculation.
    pub(crate) async fn cancel(&self, update: &PurchaseUpdate) -> Result<Written, StoreError> {
        let mut transaction = self.begin_short().await?;
        if !remember(&mut transaction, update).await? {
            return Ok(Written::Stale);
        }
        let cancelled = sqlx::query(
            "UPDATE purchases
             SET state = 'cancelled', version = version + 1, answer = $1, expires_at = NULL, results = NULL
             WHERE id = $2 AND version = $3 AND state IN ('calculated', 'expired')",
        )
        .bind(&update.answer)
        .bind(&update.id)
        .bind(update.version)
        .execute(&mut *transaction)
        .await?;
        if cancelled.rows_affected() == 0 {
            return Ok(Written::Stale);
        }
        release(&mut transaction, &update.id).await?;
        coupon_uses::release(&mut transaction, &update.id).await?;
        till_messages::release(&mut transaction, &update.id).await?;
        transaction.commit().await?;
        Ok(Written::Done)
    }

    pub(crate) async fn purchases(&self, ids: &[String]) -> Result<Vec<Purchase>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = statement(
            "SELECT id, state, version, request, answer, plan, revision, member_id, attributes,
                    points_spent, points_earned, expires_at, inputs, sold, sequence, grants, warnings, pos, card
             FROM purchases WHERE id IN ",
        );
        push_texts(&mut query, ids.iter().map(String::as_str));
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        let mut purchases: Vec<Purchase> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        purchases.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(purchases)
    }
}

/// Releases the reservations of a calculation.
pub(super) async fn release(transaction: &mut Transaction, purchase_id: &str) -> Result<(), StoreError> {
    release_grants(transaction, purchase_id).await?;
    release_points(transaction, purchase_id).await
}

pub(super) async fn release_points(
    transaction: &mut Transaction,
    purchase_id: &str,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM point_reservations WHERE purchase_id = $1")
        .bind(purchase_id)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

struct Row {
    id: String,
    state: String,
    version: i64,
    request: String,
    answer: String,
    plan: String,
    revision: Revision,
    member_id: Option<String>,
    attributes: String,
    points_spent: i64,
    points_earned: i64,
    expires_at: Option<i64>,
    inputs: Option<String>,
    sold: Option<String>,
    sequence: Option<i64>,
    grants: Option<String>,
    warnings: Option<String>,
    pos: Option<String>,
    card: Option<String>,
}

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            request: row.try_get("request")?,
            answer: row.try_get("answer")?,
            plan: row.try_get("plan")?,
            revision: row.try_get("revision")?,
            member_id: row.try_get("member_id")?,
            attributes: row.try_get("attributes")?,
            points_spent: row.try_get("points_spent")?,
            points_earned: row.try_get("points_earned")?,
            expires_at: row.try_get("expires_at")?,
            inputs: row.try_get("inputs")?,
            sold: row.try_get("sold")?,
            sequence: row.try_get("sequence")?,
            grants: row.try_get("grants")?,
            warnings: row.try_get("warnings")?,
            pos: row.try_get("pos")?,
            card: row.try_get("card")?,
        })
    }
}

fn read(row: Row) -> Result<Purchase, StoreError> {
    let state = PurchaseState::from_name(&row.state)
        .ok_or_else(|| StoreError::Damaged(format!("purchase {}: unknown state `{}`", row.id, row.state)))?;
    Ok(Purchase {
        id: row.id,
        state,
        version: row.version,
        request: row.request,
        answer: row.answer,
        plan: row.plan,
        revision: row.revision,
        member_id: row.member_id,
        pos: row.pos,
        card: row.card,
        attributes: row.attributes,
        inputs: row.inputs,
        sold: row.sold,
        sequence: row.sequence,
        grants: row.grants,
        warnings: row.warnings,
        coupons: Vec::new(),
        messages: Vec::new(),
        points_spent: row.points_spent,
        points_earned: row.points_earned,
        expires_at: row.expires_at,
        results: None,
    })
}
