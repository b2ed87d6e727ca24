//! Messages that wait for the next receipt of their member: held by a calculation, delivered by its confirmation, free
//! again when it is cancelled or its time is over.

use std::collections::{BTreeMap, BTreeSet};

use super::bulk::{ROWS_MAX, push_texts, statement};
use super::{Database, Transaction};
use crate::{EndedTillMessage, Purchase, StoreError, TillMessage};

/// Messages that are added at once: tills wait no longer than that takes.
const AT_ONCE: usize = 50;

type Row = (String, String, String, String, i64, i64);
type EndedRow = (String, Option<String>, Option<i64>);

impl Database {
    pub(crate) async fn add_till_messages(
        &self,
        messages: &[TillMessage],
        most: i64,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut left_out = BTreeSet::new();
        // Always in the same order, so that two senders cannot deadlock.
        let mut sorted: Vec<&TillMessage> = messages.iter().collect();
        sorted.sort_by(|one, other| one.id.cmp(&other.id));
        for messages in sorted.chunks(AT_ONCE) {
            let mut transaction = self.begin_short().await?;
            for message in messages {
                if !add(&mut transaction, message, most).await? {
                    left_out.insert(message.id.clone());
                }
            }
            transaction.commit().await?;
        }
        Ok(left_out)
    }

    pub(crate) async fn till_messages_for(
        &self,
        member_id: &str,
        purchase_id: &str,
        now: i64,
        most: usize,
    ) -> Result<Vec<TillMessage>, StoreError> {
        // A member has few of them, so that all are read.
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, member_id, place, text, created_at, expires_at FROM till_messages
             WHERE member_id = $1 AND delivered_at IS NULL AND expires_at > $2
               AND (purchase_id IS NULL OR purchase_id = $3 OR held_until <= $2)",
        )
        .bind(member_id)
        .bind(now)
        .bind(purchase_id)
        .fetch_all(&self.pool)
        .await?;
        let mut messages: Vec<TillMessage> = rows.into_iter().map(message).collect();
        // Sorted here and not in SQL, where the order would depend on the collation of the database.
        messages.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        let (mut chosen, mut counts) = (Vec::new(), BTreeMap::new());
        for message in messages {
            let count = counts.entry(message.place.clone()).or_insert(0_usize);
            if *count < most {
                *count = count.saturating_add(1);
                chosen.push(message);
            }
        }
        Ok(chosen)
    }

    pub(crate) async fn ended_till_messages(
        &self,
        now: i64,
        most: i64,
    ) -> Result<Vec<EndedTillMessage>, StoreError> {
        let mut ended = Vec::new();
        for query in [
            "SELECT id, purchase_id, delivered_at FROM till_messages
             WHERE delivered_at IS NOT NULL AND delivered_at <= $1 LIMIT $2",
            "SELECT id, purchase_id, delivered_at FROM till_messages
             WHERE expires_at <= $1 AND delivered_at IS NULL AND (held_until IS NULL OR held_until <= $1)
             LIMIT $2",
        ] {
            let rows: Vec<EndedRow> =
                sqlx::query_as(query).bind(now).bind(most).fetch_all(&self.pool).await?;
            ended.extend(rows.into_iter().map(|(id, purchase, at)| EndedTillMessage {
                id,
                delivered: at.map(|at| (purchase.unwrap_or_default(), at)),
            }));
        }
        Ok(ended)
    }

    pub(crate) async fn waiting_till_messages(
        &self,
        member_ids: &[String],
    ) -> Result<Vec<String>, StoreError> {
        let mut waiting = Vec::new();
        for members in member_ids.chunks(ROWS_MAX) {
            let mut query =
                statement("SELECT id FROM till_messages WHERE delivered_at IS NULL AND member_id IN ");
            push_texts(&mut query, members.iter().map(String::as_str));
            let ids: Vec<String> = query.build_query_scalar().fetch_all(&self.pool).await?;
            waiting.extend(ids);
        }
        Ok(waiting)
    }

    pub(crate) async fn remove_till_messages(&self, ids: &[String]) -> Result<(), StoreError> {
        for ids in ids.chunks(ROWS_MAX) {
            let mut query = statement("DELETE FROM till_messages WHERE id IN ");
            push_texts(&mut query, ids.iter().map(String::as_str));
            query.build().execute(&self.writer).await?;
        }
        Ok(())
    }

    pub(crate) async fn take_back_till_messages(
        &self,
        ids: &[String],
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut taken = BTreeSet::new();
        for ids in ids.chunks(ROWS_MAX) {
            let mut query = statement("DELETE FROM till_messages WHERE delivered_at IS NULL AND id IN ");
            push_texts(&mut query, ids.iter().map(String::as_str));
            query.push(" RETURNING id");
            let removed: Vec<String> = query.build_query_scalar().fetch_all(&self.writer).await?;
            taken.extend(removed);
        }
        Ok(taken)
    }
}

/// Adds a message, once by its id. False if the member has as many as may wait.
async fn add(transaction: &mut Transaction, message: &TillMessage, most: i64) -> Result<bool, StoreError> {
    let added = sqlx::query(
        "INSERT INTO till_messages (id, member_id, place, text, created_at, expires_at)
         SELECT $1, $2, $3, $4, $5, $6
         WHERE (SELECT COUNT(*) FROM till_messages WHERE member_id = $2 AND delivered_at IS NULL) < $7
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&message.id)
    .bind(&message.member_id)
    .bind(&message.place)
    .bind(&message.text)
    .bind(message.created_at)
    .bind(message.expires_at)
    .bind(most)
    .execute(&mut **transaction)
    .await?;
    Ok(added.rows_affected() > 0 || is_there(transaction, &message.id).await?)
}

async fn is_there(transaction: &mut Transaction, id: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM till_messages WHERE id = $1")
        .bind(id)
        .fetch_one(&mut **transaction)
        .await?;
    Ok(found > 0)
}

fn message((id, member_id, place, text, created_at, expires_at): Row) -> TillMessage {
    TillMessage { id, member_id, place, text, created_at, expires_at }
}

/// Holds the messages of a calculation. False if another purchase has got one of them meanwhile, or if it was taken back.
pub(super) async fn hold(
    transaction: &mut Transaction,
    purchase: &Purchase,
    until: i64,
    now: i64,
) -> Result<bool, StoreError> {
    // Always in the same order, so that two purchases cannot deadlock.
    let ids: BTreeSet<&String> = purchase.messages.iter().collect();
    for id in ids {
        let held = sqlx::query(
            "UPDATE till_messages SET purchase_id = $1, held_until = $2
             WHERE id = $3 AND delivered_at IS NULL AND expires_at > $4
               AND (purchase_id IS NULL OR purchase_id = $1 OR held_until <= $4)",
        )
        .bind(&purchase.id)
        .bind(until)
        .bind(id)
        .bind(now)
        .execute(&mut **transaction)
        .await?;
        if held.rows_affected() == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets the messages of a calculation go when it is replaced or cancelled. Those of one that expires are free by the time
/// alone, and stay with it for a confirmation that comes late.
pub(super) async fn release(transaction: &mut Transaction, purchase_id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE till_messages SET purchase_id = NULL, held_until = NULL
         WHERE purchase_id = $1 AND delivered_at IS NULL",
    )
    .bind(purchase_id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Marks the messages of a purchase as delivered.
pub(super) async fn deliver(
    transaction: &mut Transaction,
    purchase_id: &str,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE till_messages SET delivered_at = $1, held_until = NULL
         WHERE purchase_id = $2 AND delivered_at IS NULL",
    )
    .bind(at)
    .bind(purchase_id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
