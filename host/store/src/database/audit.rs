//! The audit log. A transaction that appends holds the lock of revisions, so that every record is chained
//! to the one that was committed before it.

use super::{Database, Transaction, dialect};
use crate::{AuditEntry, AuditHead, AuditRecord, Revision, StoreError};

type Row = (i64, i64, String, String, String, String, String, Option<Revision>, String, String);

impl Database {
    pub(crate) async fn audit_append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn audit(&self, after: i64, most: i64) -> Result<Vec<AuditRecord>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, at, actor, role, action, subject, detail, revision, previous, hash
             FROM audit_log WHERE number > $1 ORDER BY number LIMIT $2",
        )
        .bind(after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(read).collect())
    }

    pub(crate) async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        let found: Option<(i64, String)> = sqlx::query_as(HEAD).fetch_optional(&self.pool).await?;
        Ok(found.map_or_else(AuditHead::genesis, |(number, hash)| AuditHead { number, hash }))
    }
}

const HEAD: &str = "SELECT number, hash FROM audit_log ORDER BY number DESC LIMIT 1";

/// Chains an entry to the log, in the transaction of the change that it records. The caller holds the
/// lock of revisions.
pub(super) async fn append(
    transaction: &mut Transaction,
    entry: &AuditEntry,
    revision: Option<Revision>,
) -> Result<(), StoreError> {
    let found: Option<(i64, String)> = sqlx::query_as(HEAD).fetch_optional(&mut **transaction).await?;
    let head = found.map_or_else(AuditHead::genesis, |(number, hash)| AuditHead { number, hash });
    let record = AuditRecord::chained(entry.clone(), revision, head);
    sqlx::query(
        "INSERT INTO audit_log
             (number, at, actor, role, action, subject, detail, revision, previous, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(record.number)
    .bind(record.entry.at)
    .bind(&record.entry.actor)
    .bind(&record.entry.role)
    .bind(&record.entry.action)
    .bind(&record.entry.subject)
    .bind(&record.entry.detail)
    .bind(record.revision)
    .bind(&record.previous)
    .bind(&record.hash)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn read((number, at, actor, role, action, subject, detail, revision, previous, hash): Row) -> AuditRecord {
    let entry = AuditEntry { at, actor, role, action, subject, detail };
    AuditRecord { number, entry, revision, previous, hash }
}
