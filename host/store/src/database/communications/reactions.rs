//! Reactions to messages: links that are followed, and reports of providers.

use sqlx::{FromRow, Row as _};

use std::collections::BTreeMap;

use super::super::bulk::{push_texts, statement};
use super::super::dialect::DatabaseRow;
use super::consents::change_suppression;
use super::events::append;
use super::messages::note_reaction;
use super::{Communications, Transaction};
use crate::{
    AddressEffect, HitRow, JudgedHits, MessageLinks, NewReceipt, NewSuppression, ReceiptEffect, StoreError,
};

/// Rows of one statement at most.
const ROWS: usize = 500;

impl Communications {
    pub(crate) async fn link_keys(&self, new: &str, at: i64) -> Result<Vec<String>, StoreError> {
        let query = "SELECT secret FROM link_keys ORDER BY place DESC";
        let keys: Vec<String> = sqlx::query_scalar(query).fetch_all(&self.pool).await?;
        if !keys.is_empty() {
            return Ok(keys);
        }
        // Only the first of several nodes that start together adds its own, and the others wait for it.
        sqlx::query(
            "INSERT INTO link_keys (place, secret, created_at) VALUES (1, $1, $2) ON CONFLICT (place) DO NOTHING",
        )
        .bind(new)
        .bind(at)
        .execute(&self.writer)
        .await?;
        Ok(sqlx::query_scalar(query).fetch_all(&self.writer).await?)
    }

    pub(crate) async fn add_links(&self, links: &[MessageLinks]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        insert_links(&mut transaction, links).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn links_of(&self, message_id: &str) -> Result<Option<MessageLinks>, StoreError> {
        let query = "SELECT message_id, number, urls, created_at FROM message_links WHERE message_id = $1";
        let row: Option<(String, i64, String, i64)> =
            sqlx::query_as(query).bind(message_id).fetch_optional(&self.pool).await?;
        Ok(row.map(|(message_id, number, urls, created_at)| MessageLinks {
            message_id,
            number,
            urls,
            created_at,
        }))
    }

    pub(crate) async fn note_hit(&self, hit: &HitRow, most: i64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO message_hits (id, message_id, number, link, is_head, at, network, judge_at)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8
             WHERE (SELECT COUNT(*) FROM message_hits WHERE message_id = $2) < $9
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&hit.id)
        .bind(&hit.message_id)
        .bind(hit.number)
        .bind(hit.link)
        .bind(i64::from(hit.is_head))
        .bind(hit.at)
        .bind(&hit.network)
        .bind(hit.judge_at)
        .bind(most)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn messages_to_judge(&self, now: i64, most: i64) -> Result<Vec<String>, StoreError> {
        let query = "SELECT message_id FROM message_hits WHERE judge_at <= $1
             GROUP BY message_id ORDER BY MIN(judge_at) LIMIT $2";
        Ok(sqlx::query_scalar(query).bind(now).bind(most).fetch_all(&self.pool).await?)
    }

    pub(crate) async fn hits_of(&self, message_id: &str) -> Result<Vec<HitRow>, StoreError> {
        let query = "SELECT id, message_id, number, link, is_head, at, network, judge_at FROM message_hits
             WHERE message_id = $1 ORDER BY at, id";
        let rows: Vec<Hit> = sqlx::query_as(query).bind(message_id).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(Hit::read).collect())
    }

    pub(crate) async fn write_judged(&self, judged: &JudgedHits) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for ids in judged.ids.chunks(ROWS) {
            let mut query = statement("UPDATE message_hits SET judge_at = NULL WHERE id IN ");
            push_texts(&mut query, ids.iter().map(String::as_str));
            query.build().execute(&mut *transaction).await?;
        }
        for (reaction, at) in &judged.reactions {
            note_reaction(&mut transaction, &judged.message_id, *reaction, *at).await?;
        }
        append(&mut transaction, &judged.events).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn take_receipt(&self, receipt: &NewReceipt) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let taken = sqlx::query(
            "INSERT INTO channel_receipts (channel, id, received_at) VALUES ($1, $2, $3)
             ON CONFLICT (channel, id) DO NOTHING",
        )
        .bind(&receipt.channel)
        .bind(&receipt.id)
        .bind(receipt.received_at)
        .execute(&mut *transaction)
        .await?;
        if taken.rows_affected() == 0 {
            return Ok(false);
        }
        if let Some(effect) = &receipt.effect {
            apply(&mut transaction, &receipt.channel, effect).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn has_receipt(&self, channel: &str, id: &str) -> Result<bool, StoreError> {
        let query = "SELECT COUNT(*) FROM channel_receipts WHERE channel = $1 AND id = $2";
        let found: i64 = sqlx::query_scalar(query).bind(channel).bind(id).fetch_one(&self.pool).await?;
        Ok(found > 0)
    }

    pub(crate) async fn message_status(
        &self,
        message_id: &str,
    ) -> Result<Option<(String, String)>, StoreError> {
        let query = "SELECT status, reason FROM message_statuses WHERE message_id = $1";
        Ok(sqlx::query_as(query).bind(message_id).fetch_optional(&self.pool).await?)
    }

    pub(crate) async fn statuses_of(
        &self,
        number: u32,
        most: i64,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let query = "SELECT message_id, status FROM message_statuses WHERE number = $1
             ORDER BY at DESC, message_id LIMIT $2";
        let rows: Vec<(String, String)> =
            sqlx::query_as(query).bind(i64::from(number)).bind(most).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().collect())
    }
}

/// Applies what a report changes.
async fn apply(
    transaction: &mut Transaction,
    channel: &str,
    effect: &ReceiptEffect,
) -> Result<(), StoreError> {
    if let Some((status, severity)) = &effect.status {
        // A status only rises, in whatever order reports come.
        sqlx::query(
            "INSERT INTO message_statuses (message_id, number, status, severity, reason, at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (message_id) DO UPDATE SET status = $3, severity = $4, reason = $5, at = $6
             WHERE message_statuses.severity < $4",
        )
        .bind(&effect.message_id)
        .bind(effect.number)
        .bind(status)
        .bind(*severity)
        .bind(&effect.reason)
        .bind(effect.at)
        .execute(&mut **transaction)
        .await?;
    }
    if let Some(reaction) = effect.reaction {
        note_reaction(transaction, &effect.message_id, reaction, effect.at).await?;
    }
    match &effect.address {
        AddressEffect::None => {}
        AddressEffect::Works => forget_bounces(transaction, channel, effect).await?,
        AddressEffect::Bounced { most, then } => {
            if count_bounce(transaction, channel, effect).await? >= *most {
                suppress(transaction, then).await?;
                // Once it is lifted, as many are needed again.
                forget_bounces(transaction, channel, effect).await?;
            }
        }
        AddressEffect::Suppressed(suppressions) => suppress(transaction, suppressions).await?,
    }
    append(transaction, &effect.events).await?;
    Ok(())
}

async fn count_bounce(
    transaction: &mut Transaction,
    channel: &str,
    effect: &ReceiptEffect,
) -> Result<i64, StoreError> {
    let bounces = sqlx::query_scalar(
        "INSERT INTO soft_bounces (channel, number, bounces, changed_at) VALUES ($1, $2, 1, $3)
         ON CONFLICT (channel, number) DO UPDATE SET bounces = soft_bounces.bounces + 1, changed_at = $3
         RETURNING bounces",
    )
    .bind(channel)
    .bind(effect.number)
    .bind(effect.at)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(bounces)
}

async fn forget_bounces(
    transaction: &mut Transaction,
    channel: &str,
    effect: &ReceiptEffect,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM soft_bounces WHERE channel = $1 AND number = $2")
        .bind(channel)
        .bind(effect.number)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn suppress(transaction: &mut Transaction, suppressions: &[NewSuppression]) -> Result<(), StoreError> {
    for suppression in suppressions {
        change_suppression(transaction, suppression).await?;
    }
    Ok(())
}

struct Hit {
    id: String,
    message_id: String,
    number: i64,
    link: i64,
    is_head: i64,
    at: i64,
    network: String,
    judge_at: Option<i64>,
}

impl FromRow<'_, DatabaseRow> for Hit {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            message_id: row.try_get("message_id")?,
            number: row.try_get("number")?,
            link: row.try_get("link")?,
            is_head: row.try_get("is_head")?,
            at: row.try_get("at")?,
            network: row.try_get("network")?,
            judge_at: row.try_get("judge_at")?,
        })
    }
}

impl Hit {
    fn read(self) -> HitRow {
        let Self { id, message_id, number, link, is_head, at, network, judge_at } = self;
        HitRow { id, message_id, number, link, is_head: is_head != 0, at, network, judge_at }
    }
}

/// Adds links of messages; those of one that has some already stay.
pub(super) async fn insert_links(
    transaction: &mut Transaction,
    links: &[MessageLinks],
) -> Result<(), StoreError> {
    for rows in links.chunks(ROWS) {
        let mut query = statement("INSERT INTO message_links (message_id, number, urls, created_at) ");
        query.push_values(rows, |mut row, links| {
            row.push_bind(links.message_id.clone())
                .push_bind(links.number)
                .push_bind(links.urls.clone())
                .push_bind(links.created_at);
        });
        query.push(" ON CONFLICT (message_id) DO NOTHING");
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}
