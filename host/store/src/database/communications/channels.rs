//! Channels with their secrets and limits, and messages that are read in an app.

use sqlx::{FromRow, Row as _};

use super::super::bulk::{push_texts, statement};
use super::super::dialect::DatabaseRow;
use super::Communications;
use crate::{ChannelRow, InAppMessage, StoreError};

type Row = (String, String, String, i64, i64);

/// Rows of one statement at most.
const ROWS: usize = 500;

/// Tables with the column that says how old a row is, and their key.
const SWEPT: [(&str, &str, &str); 5] = [
    ("message_links", "created_at", "message_id"),
    ("message_hits", "at", "id"),
    ("message_statuses", "at", "message_id"),
    ("channel_receipts", "received_at", "id"),
    ("in_app_messages", "sent_at", "message_id"),
];

impl Communications {
    pub(crate) async fn channel(&self, name: &str) -> Result<Option<ChannelRow>, StoreError> {
        let query = "SELECT name, kind, document, version, changed_at FROM channels WHERE name = $1";
        let row: Option<Row> = sqlx::query_as(query).bind(name).fetch_optional(&self.pool).await?;
        Ok(row.map(channel))
    }

    pub(crate) async fn channels(&self) -> Result<Vec<ChannelRow>, StoreError> {
        let query = "SELECT name, kind, document, version, changed_at FROM channels";
        let mut rows: Vec<Row> = sqlx::query_as(query).fetch_all(&self.pool).await?;
        rows.sort();
        Ok(rows.into_iter().map(channel).collect())
    }

    pub(crate) async fn put_channel(
        &self,
        channel: &ChannelRow,
        set: &[(String, String)],
        kept: &[String],
    ) -> Result<i64, StoreError> {
        let mut transaction = self.begin().await?;
        let version: i64 = sqlx::query_scalar(
            "INSERT INTO channels (name, kind, document, version, changed_at) VALUES ($1, $2, $3, 1, $4)
             ON CONFLICT (name) DO UPDATE SET kind = $2, document = $3, version = channels.version + 1,
                 changed_at = $4
             RETURNING version",
        )
        .bind(&channel.name)
        .bind(&channel.kind)
        .bind(&channel.document)
        .bind(channel.changed_at)
        .fetch_one(&mut *transaction)
        .await?;
        let mut remove = statement("DELETE FROM channel_secrets WHERE channel = ");
        remove.push_bind(channel.name.clone());
        if !kept.is_empty() {
            remove.push(" AND name NOT IN ");
            push_texts(&mut remove, kept.iter().map(String::as_str));
        }
        remove.build().execute(&mut *transaction).await?;
        for (name, secret) in set {
            sqlx::query(
                "INSERT INTO channel_secrets (channel, name, secret) VALUES ($1, $2, $3)
                 ON CONFLICT (channel, name) DO UPDATE SET secret = $3",
            )
            .bind(&channel.name)
            .bind(name)
            .bind(secret)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(version)
    }

    pub(crate) async fn channel_secrets(&self, channel: &str) -> Result<Vec<(String, String)>, StoreError> {
        let query = "SELECT name, secret FROM channel_secrets WHERE channel = $1";
        let mut rows: Vec<(String, String)> =
            sqlx::query_as(query).bind(channel).fetch_all(&self.pool).await?;
        rows.sort();
        Ok(rows)
    }

    pub(crate) async fn take_of_day(
        &self,
        channel: &str,
        day: i64,
        wanted: i64,
        most: i64,
    ) -> Result<i64, StoreError> {
        let mut transaction = self.begin().await?;
        // Written first, so that other nodes wait until this one has taken its part.
        let sent: i64 = sqlx::query_scalar(
            "INSERT INTO channel_days (channel, day, sent) VALUES ($1, $2, 0)
             ON CONFLICT (channel, day) DO UPDATE SET sent = channel_days.sent RETURNING sent",
        )
        .bind(channel)
        .bind(day)
        .fetch_one(&mut *transaction)
        .await?;
        let taken = most.saturating_sub(sent).clamp(0, wanted.max(0));
        sqlx::query("UPDATE channel_days SET sent = sent + $1 WHERE channel = $2 AND day = $3")
            .bind(taken)
            .bind(channel)
            .bind(day)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM channel_days WHERE channel = $1 AND day < $2")
            .bind(channel)
            .bind(day.saturating_sub(7))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(taken)
    }

    pub(crate) async fn sent_of_day(&self, channel: &str, day: i64) -> Result<i64, StoreError> {
        let query = "SELECT COALESCE(MAX(sent), 0) FROM channel_days WHERE channel = $1 AND day = $2";
        Ok(sqlx::query_scalar(query).bind(channel).bind(day).fetch_one(&self.pool).await?)
    }

    pub(crate) async fn put_in_app(&self, messages: &[InAppMessage]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for rows in messages.chunks(ROWS) {
            let mut query = statement(
                "INSERT INTO in_app_messages (message_id, channel, number, title, content, sent_at, expires_at) ",
            );
            query.push_values(rows, |mut row, message| {
                row.push_bind(message.message_id.clone())
                    .push_bind(message.channel.clone())
                    .push_bind(message.number)
                    .push_bind(message.title.clone())
                    .push_bind(message.content.clone())
                    .push_bind(message.sent_at)
                    .push_bind(message.expires_at);
            });
            query.push(" ON CONFLICT (message_id) DO NOTHING");
            query.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn in_app_of(
        &self,
        number: u32,
        now: i64,
        before: i64,
        most: i64,
    ) -> Result<Vec<InAppMessage>, StoreError> {
        let rows: Vec<InApp> = sqlx::query_as(
            "SELECT message_id, channel, number, title, content, sent_at, expires_at, read_at
             FROM in_app_messages
             WHERE number = $1 AND sent_at < $2 AND (expires_at IS NULL OR expires_at > $3)
             ORDER BY sent_at DESC, message_id LIMIT $4",
        )
        .bind(i64::from(number))
        .bind(before)
        .bind(now)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(InApp::read).collect())
    }

    pub(crate) async fn read_in_app(
        &self,
        number: u32,
        message_id: &str,
        at: i64,
    ) -> Result<Option<bool>, StoreError> {
        let first = sqlx::query(
            "UPDATE in_app_messages SET read_at = $1 WHERE message_id = $2 AND number = $3 AND read_at IS NULL",
        )
        .bind(at)
        .bind(message_id)
        .bind(i64::from(number))
        .execute(&self.writer)
        .await?;
        if first.rows_affected() > 0 {
            return Ok(Some(true));
        }
        let there: Option<i64> =
            sqlx::query_scalar("SELECT number FROM in_app_messages WHERE message_id = $1 AND number = $2")
                .bind(message_id)
                .bind(i64::from(number))
                .fetch_optional(&self.pool)
                .await?;
        Ok(there.map(|_| false))
    }

    pub(crate) async fn sweep_channels(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let mut removed = 0_u64;
        for (table, time, key) in SWEPT {
            let query = format!(
                "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {time} < $1 LIMIT $2)
                 AND {time} < $1"
            );
            let done =
                sqlx::query(sqlx::AssertSqlSafe(query)).bind(before).bind(most).execute(&self.writer).await?;
            removed = removed.saturating_add(done.rows_affected());
        }
        Ok(removed)
    }
}

fn channel((name, kind, document, version, changed_at): Row) -> ChannelRow {
    ChannelRow { name, kind, document, version, changed_at }
}

struct InApp {
    message_id: String,
    channel: String,
    number: i64,
    title: String,
    content: String,
    sent_at: i64,
    expires_at: Option<i64>,
    read_at: Option<i64>,
}

impl FromRow<'_, DatabaseRow> for InApp {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            message_id: row.try_get("message_id")?,
            channel: row.try_get("channel")?,
            number: row.try_get("number")?,
            title: row.try_get("title")?,
            content: row.try_get("content")?,
            sent_at: row.try_get("sent_at")?,
            expires_at: row.try_get("expires_at")?,
            read_at: row.try_get("read_at")?,
        })
    }
}

impl InApp {
    fn read(self) -> InAppMessage {
        let Self { message_id, channel, number, title, content, sent_at, expires_at, read_at } = self;
        InAppMessage { message_id, channel, number, title, content, sent_at, expires_at, read_at }
    }
}
