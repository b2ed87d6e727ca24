//! Imports in batches. The changes of a batch, its errors and the progress of the import are written in
//! one transaction.

use sqlx::{FromRow, Row as _};

use super::bulk::{ROWS_MAX, statement};
use super::dialect::DatabaseRow;
use super::{Database, Transaction, audit, coupons, dialect, member_rows};
use crate::{
    AuditEntry, Import, ImportBatch, ImportError, ImportProgress, ImportState, Revision, StoreError,
};

const COLUMNS: &str = "id, kind, state, options, fingerprint, rows_total, bytes_total, rows_done, bytes_done,
     applied, unchanged, refused, warned, first_revision, last_revision, detail, created_at, updated_at, node";

/// The columns, and the milliseconds since the node of an import was last heard of. A release that does not write
/// `seen_at` writes when the last batch was applied.
fn selected() -> String {
    let now = dialect::NOW_MS;
    format!(
        "{COLUMNS}, {now} - CASE WHEN seen_at > updated_at * 1000 THEN seen_at ELSE updated_at * 1000 END AS silent_ms"
    )
}

impl Database {
    /// Stores a new import. False if there is one with this id.
    pub(crate) async fn create_import(
        &self,
        import: &Import,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let ImportProgress { rows, bytes, applied, unchanged, refused, warned } = import.progress;
        let now = dialect::NOW_MS;
        let query = format!(
            "INSERT INTO imports ({COLUMNS}, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, {now})
             ON CONFLICT (id) DO NOTHING"
        );
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        let created = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(&import.id)
            .bind(&import.kind)
            .bind(import.state.name())
            .bind(&import.options)
            .bind(&import.fingerprint)
            .bind(import.rows_total)
            .bind(import.bytes_total)
            .bind(rows)
            .bind(bytes)
            .bind(applied)
            .bind(unchanged)
            .bind(refused)
            .bind(warned)
            .bind(import.revisions.map(|(first, _)| first))
            .bind(import.revisions.map(|(_, last)| last))
            .bind(&import.detail)
            .bind(import.created_at)
            .bind(import.updated_at)
            .bind(&import.node)
            .execute(&mut *transaction)
            .await?;
        if created.rows_affected() == 0 {
            return Ok(false);
        }
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn import(&self, id: &str) -> Result<Option<Import>, StoreError> {
        let query = format!("SELECT {} FROM imports WHERE id = $1", selected());
        let found: Option<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(&self.pool).await?;
        found.map(Row::read).transpose()
    }

    /// The latest imports of a kind, newest first.
    pub(crate) async fn imports(&self, kind: &str, most: i64) -> Result<Vec<Import>, StoreError> {
        let query = format!(
            "SELECT {} FROM imports WHERE kind = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
            selected()
        );
        let found: Vec<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(kind).bind(most).fetch_all(&self.pool).await?;
        found.into_iter().map(Row::read).collect()
    }

    /// Imports that run, oldest first.
    pub(crate) async fn running_imports(&self) -> Result<Vec<Import>, StoreError> {
        let query =
            format!("SELECT {} FROM imports WHERE state = 'running' ORDER BY created_at, id", selected());
        let found: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(&self.pool).await?;
        found.into_iter().map(Row::read).collect()
    }

    /// Gives a running import from a node, or from none, to another. False if it is not that node's.
    pub(crate) async fn claim_import(&self, id: &str, (from, to): (&str, &str)) -> Result<bool, StoreError> {
        let now = dialect::NOW_MS;
        let query = format!(
            "UPDATE imports SET node = $1, seen_at = {now} WHERE id = $2 AND node = $3 AND state = 'running'"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(to).bind(id).bind(from);
        Ok(query.execute(&self.writer).await?.rows_affected() > 0)
    }

    /// Notes that a node works on its running imports.
    pub(crate) async fn beat_imports(&self, node: &str) -> Result<(), StoreError> {
        let now = dialect::NOW_MS;
        let query = format!("UPDATE imports SET seen_at = {now} WHERE node = $1 AND state = 'running'");
        sqlx::query(sqlx::AssertSqlSafe(query)).bind(node).execute(&self.writer).await?;
        Ok(())
    }

    /// Fails a running import of a node, or of none. False if it is not that node's.
    pub(crate) async fn fail_import(
        &self,
        id: &str,
        node: &str,
        detail: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        let failed = sqlx::query(
            "UPDATE imports SET state = 'failed', detail = $1, updated_at = $2, node = ''
             WHERE id = $3 AND node = $4 AND state = 'running'",
        )
        .bind(detail)
        .bind(at)
        .bind(id)
        .bind(node)
        .execute(&self.writer)
        .await?;
        Ok(failed.rows_affected() > 0)
    }

    /// Changes the state of an import. False if it is not in the first of the two states.
    pub(crate) async fn set_import_state(
        &self,
        id: &str,
        from_to: (ImportState, ImportState),
        detail: &str,
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let moved = set_state(&mut transaction, id, from_to, detail, at).await?;
        transaction.commit().await?;
        Ok(moved)
    }

    /// As [`Database::set_import_state`], for a change by a person, which gets a record in the audit log.
    pub(crate) async fn set_import_state_audited(
        &self,
        id: &str,
        from_to: (ImportState, ImportState),
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        dialect::lock_revisions(&mut transaction).await?;
        if !set_state(&mut transaction, id, from_to, "", entry.at).await? {
            return Ok(false);
        }
        audit::append(&mut transaction, entry, None).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Applies a batch and returns the progress. None if the import no longer runs, if it is another node's, or if the
    /// batch is applied already.
    pub(crate) async fn apply_import(
        &self,
        (id, node): (&str, &str),
        batch: &ImportBatch,
        at: i64,
    ) -> Result<Option<ImportProgress>, StoreError> {
        let mut transaction = self.begin().await?;
        let outcome = member_rows::write(&mut transaction, &batch.members, at).await?;
        let mut progress = batch.progress;
        progress.applied = progress.applied.saturating_add(outcome.applied);
        progress.unchanged = progress.unchanged.saturating_add(outcome.unchanged);
        if let Some(new) = &batch.coupons {
            let added = coupons::add(&mut transaction, id, new, at).await?;
            let sent = i64::try_from(new.coupons.len()).unwrap_or(i64::MAX);
            progress.applied = progress.applied.saturating_add(added);
            progress.unchanged = progress.unchanged.saturating_add(sent.saturating_sub(added));
        }
        let state = if batch.is_last { ImportState::Done } else { ImportState::Running };
        let now = dialect::NOW_MS;
        let query = format!(
            "UPDATE imports
             SET state = $1, rows_done = $2, bytes_done = $3, applied = $4, unchanged = $5, refused = $6,
                 warned = $7, first_revision = COALESCE(first_revision, $8),
                 last_revision = COALESCE($8, last_revision), updated_at = $9, seen_at = {now}
             WHERE id = $10 AND state = 'running' AND bytes_done = $11 AND node = $12"
        );
        let moved = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(state.name())
            .bind(progress.rows)
            .bind(progress.bytes)
            .bind(progress.applied)
            .bind(progress.unchanged)
            .bind(progress.refused)
            .bind(progress.warned)
            .bind(outcome.revision)
            .bind(at)
            .bind(id)
            .bind(batch.begins_at)
            .bind(node)
            .execute(&mut *transaction)
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(None);
        }
        add_errors(&mut transaction, id, &batch.errors).await?;
        transaction.commit().await?;
        Ok(Some(progress))
    }

    /// Errors and warnings with a number above `after`, each with its number, in their order.
    pub(crate) async fn import_errors(
        &self,
        id: &str,
        after: i64,
        most: i64,
    ) -> Result<Vec<(i64, ImportError)>, StoreError> {
        type Row = (i64, i64, i64, String, String, String, String);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, row_number, line, severity, pointer, code, detail FROM import_errors
             WHERE import_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        )
        .bind(id)
        .bind(after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let read = |(number, row, line, severity, pointer, code, detail): Row| {
            let is_error = severity == severity_name(true);
            (number, ImportError { row, line, is_error, pointer, code, detail })
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

async fn add_errors(
    transaction: &mut Transaction,
    id: &str,
    errors: &[ImportError],
) -> Result<(), StoreError> {
    if errors.is_empty() {
        return Ok(());
    }
    let last: i64 =
        sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM import_errors WHERE import_id = $1")
            .bind(id)
            .fetch_one(&mut **transaction)
            .await?;
    let numbered: Vec<(i64, &ImportError)> = (last.saturating_add(1)..).zip(errors).collect();
    for rows in numbered.chunks(ROWS_MAX) {
        let mut query = statement(
            "INSERT INTO import_errors
                 (import_id, number, row_number, line, severity, pointer, code, detail) ",
        );
        query.push_values(rows, |mut row, (number, error)| {
            row.push_bind(id.to_owned())
                .push_bind(*number)
                .push_bind(error.row)
                .push_bind(error.line)
                .push_bind(severity_name(error.is_error))
                .push_bind(error.pointer.clone())
                .push_bind(error.code.clone())
                .push_bind(error.detail.clone());
        });
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn set_state(
    transaction: &mut Transaction,
    id: &str,
    (from, to): (ImportState, ImportState),
    detail: &str,
    at: i64,
) -> Result<bool, StoreError> {
    let now = dialect::NOW_MS;
    let query = format!(
        "UPDATE imports SET state = $1, detail = $2, updated_at = $3, node = '', seen_at = {now}
         WHERE id = $4 AND state = $5"
    );
    let moved = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(to.name())
        .bind(detail)
        .bind(at)
        .bind(id)
        .bind(from.name())
        .execute(&mut **transaction)
        .await?;
    Ok(moved.rows_affected() > 0)
}

fn severity_name(is_error: bool) -> &'static str {
    if is_error { "error" } else { "warning" }
}

struct Row {
    id: String,
    kind: String,
    state: String,
    options: String,
    fingerprint: String,
    rows_total: i64,
    bytes_total: i64,
    rows_done: i64,
    bytes_done: i64,
    applied: i64,
    unchanged: i64,
    refused: i64,
    warned: i64,
    first_revision: Option<Revision>,
    last_revision: Option<Revision>,
    detail: String,
    created_at: i64,
    updated_at: i64,
    node: String,
    silent_ms: i64,
}

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            state: row.try_get("state")?,
            options: row.try_get("options")?,
            fingerprint: row.try_get("fingerprint")?,
            rows_total: row.try_get("rows_total")?,
            bytes_total: row.try_get("bytes_total")?,
            rows_done: row.try_get("rows_done")?,
            bytes_done: row.try_get("bytes_done")?,
            applied: row.try_get("applied")?,
            unchanged: row.try_get("unchanged")?,
            refused: row.try_get("refused")?,
            warned: row.try_get("warned")?,
            first_revision: row.try_get("first_revision")?,
            last_revision: row.try_get("last_revision")?,
            detail: row.try_get("detail")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            node: row.try_get("node")?,
            silent_ms: row.try_get("silent_ms")?,
        })
    }
}

impl Row {
    fn read(self) -> Result<Import, StoreError> {
        let state = ImportState::from_name(&self.state).ok_or_else(|| {
            StoreError::Damaged(format!("import {}: unknown state `{}`", self.id, self.state))
        })?;
        Ok(Import {
            id: self.id,
            kind: self.kind,
            state,
            options: self.options,
            fingerprint: self.fingerprint,
            rows_total: self.rows_total,
            bytes_total: self.bytes_total,
            progress: ImportProgress {
                rows: self.rows_done,
                bytes: self.bytes_done,
                applied: self.applied,
                unchanged: self.unchanged,
                refused: self.refused,
                warned: self.warned,
            },
            revisions: self.first_revision.zip(self.last_revision),
            detail: self.detail,
            node: self.node,
            silent_ms: self.silent_ms,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
