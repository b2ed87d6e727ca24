//! Templates of messages and surveys by their versions, and what messages have promised.

use sqlx::AssertSqlSafe;

use super::super::bulk::{ROWS_MAX, statement};
use super::{Communications, Transaction, member_number};
use crate::{OpenPromises, PromiseRow, StoreError, VersionRow, Versioned};

type Row = (String, i64, String, String, i64);
type Promise = (String, String, i64, i64, i64, i64, i64, Option<i64>);

impl Communications {
    pub(crate) async fn put_version(
        &self,
        kind: Versioned,
        name: &str,
        digest: &str,
        document: &str,
        at: i64,
    ) -> Result<(VersionRow, bool), StoreError> {
        let table = table(kind);
        loop {
            let latest = self.version(kind, name, None).await?;
            if let Some(latest) = latest.as_ref().filter(|latest| latest.digest == digest) {
                return Ok((latest.clone(), false));
            }
            let version = latest.map_or(1, |latest| latest.version.saturating_add(1));
            let insert = format!(
                "INSERT INTO {table} (name, version, digest, document, created_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (name, version) DO NOTHING"
            );
            let inserted = sqlx::query(AssertSqlSafe(insert))
                .bind(name)
                .bind(version)
                .bind(digest)
                .bind(document)
                .bind(at)
                .execute(&self.writer)
                .await?;
            // Somebody else may have put the same version a moment ago: then that one is looked at.
            if inserted.rows_affected() > 0 {
                return Ok((
                    row((name.to_owned(), version, digest.to_owned(), document.to_owned(), at)),
                    true,
                ));
            }
        }
    }

    pub(crate) async fn version(
        &self,
        kind: Versioned,
        name: &str,
        version: Option<i64>,
    ) -> Result<Option<VersionRow>, StoreError> {
        let query = format!(
            "SELECT name, version, digest, document, created_at FROM {}
             WHERE name = $1 AND version <= $2 ORDER BY version DESC LIMIT 1",
            table(kind)
        );
        let found: Option<Row> = sqlx::query_as(AssertSqlSafe(query))
            .bind(name)
            .bind(version.unwrap_or(i64::MAX))
            .fetch_optional(&self.pool)
            .await?;
        let found = found.map(row);
        Ok(found.filter(|found| version.is_none_or(|version| version == found.version)))
    }

    pub(crate) async fn latest_versions(
        &self,
        kind: Versioned,
        after: &str,
        most: i64,
    ) -> Result<Vec<VersionRow>, StoreError> {
        let table = table(kind);
        let query = format!(
            "SELECT name, version, digest, document, created_at FROM {table} AS t
             WHERE name > $1 AND version = (SELECT MAX(version) FROM {table} AS m WHERE m.name = t.name)
             ORDER BY name LIMIT $2"
        );
        let rows: Vec<Row> =
            sqlx::query_as(AssertSqlSafe(query)).bind(after).bind(most).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(row).collect())
    }

    pub(crate) async fn keep_promises(&self, promises: &[PromiseRow]) -> Result<(), StoreError> {
        if promises.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        keep(&mut transaction, promises).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn promises_of(&self, message_id: &str) -> Result<Vec<PromiseRow>, StoreError> {
        let rows: Vec<Promise> = sqlx::query_as(
            "SELECT message_id, offer, number, offer_version, discount, points, granted_at, ends_at
             FROM promises WHERE message_id = $1 ORDER BY offer",
        )
        .bind(message_id)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(promise).collect()
    }

    pub(crate) async fn open_promises(&self, offer: &str, now: i64) -> Result<OpenPromises, StoreError> {
        let (count, members, without_end, last_end): (i64, i64, i64, Option<i64>) = sqlx::query_as(
            "SELECT COUNT(*), COUNT(DISTINCT p.number), COUNT(CASE WHEN p.ends_at IS NULL THEN 1 END), MAX(p.ends_at)
             FROM promises AS p
             WHERE p.offer = $1 AND (p.ends_at IS NULL OR p.ends_at > $2) AND NOT EXISTS (
                 SELECT 1 FROM messages AS m
                 WHERE m.id = p.message_id AND m.state IN ('skipped', 'failed', 'dead', 'ghost'))",
        )
        .bind(offer)
        .bind(now)
        .fetch_one(&self.pool)
        .await?;
        Ok(OpenPromises { count, members, without_end, last_end })
    }

    pub(crate) async fn promised_members(
        &self,
        offer: &str,
        now: i64,
        after: i64,
        most: i64,
    ) -> Result<Vec<u32>, StoreError> {
        let numbers: Vec<i64> = sqlx::query_scalar(
            "SELECT DISTINCT p.number FROM promises AS p
             WHERE p.offer = $1 AND (p.ends_at IS NULL OR p.ends_at > $2) AND p.number > $3 AND NOT EXISTS (
                 SELECT 1 FROM messages AS m
                 WHERE m.id = p.message_id AND m.state IN ('skipped', 'failed', 'dead', 'ghost'))
             ORDER BY p.number LIMIT $4",
        )
        .bind(offer)
        .bind(now)
        .bind(after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        numbers.into_iter().map(member_number).collect()
    }
}

fn table(kind: Versioned) -> &'static str {
    match kind {
        Versioned::Templates => "message_templates",
        Versioned::Surveys => "surveys",
    }
}

fn row((name, version, digest, document, created_at): Row) -> VersionRow {
    VersionRow { name, version, digest, document, created_at }
}

fn promise(
    (message_id, offer, number, offer_version, discount, points, granted_at, ends_at): Promise,
) -> Result<PromiseRow, StoreError> {
    let number = member_number(number)?;
    Ok(PromiseRow { message_id, offer, number, offer_version, discount, points, granted_at, ends_at })
}

/// Keeps promises; one that is made again replaces what was kept of it.
pub(super) async fn keep(transaction: &mut Transaction, promises: &[PromiseRow]) -> Result<(), StoreError> {
    for rows in promises.chunks(ROWS_MAX) {
        let mut query = statement(
            "INSERT INTO promises
                 (message_id, offer, number, offer_version, discount, points, granted_at, ends_at) ",
        );
        query.push_values(rows, |mut row, promise| {
            row.push_bind(promise.message_id.clone())
                .push_bind(promise.offer.clone())
                .push_bind(i64::from(promise.number))
                .push_bind(promise.offer_version)
                .push_bind(promise.discount)
                .push_bind(promise.points)
                .push_bind(promise.granted_at)
                .push_bind(promise.ends_at);
        });
        query.push(
            " ON CONFLICT (message_id, offer) DO UPDATE SET offer_version = excluded.offer_version,
                 discount = excluded.discount, points = excluded.points, granted_at = excluded.granted_at,
                 ends_at = excluded.ends_at",
        );
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}
