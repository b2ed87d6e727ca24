use std::collections::HashMap;

use sqlx::{FromRow, Row as _};

use super::bulk::{ROWS_MAX, push_texts, statement};
use super::dialect::DatabaseRow;
use super::{Database, dialect};
use crate::{Backtest, BacktestEnd, BacktestState, SoldPeriod, StoreError};

const COLUMNS: &str = "id, node, state, request, receipts, done, detail, created_at, finished_at";

impl Database {
    pub(crate) async fn add_backtest(&self, backtest: &Backtest) -> Result<(), StoreError> {
        let now = dialect::NOW_MS;
        let query = format!(
            "INSERT INTO backtests ({COLUMNS}, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, {now})"
        );
        sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(&backtest.id)
            .bind(&backtest.node)
            .bind(backtest.state.name())
            .bind(&backtest.request)
            .bind(backtest.receipts)
            .bind(backtest.done)
            .bind(&backtest.detail)
            .bind(backtest.created_at)
            .bind(backtest.finished_at)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(crate) async fn note_backtest(&self, id: &str, done: i64) -> Result<(), StoreError> {
        let now = dialect::NOW_MS;
        let query =
            format!("UPDATE backtests SET done = $1, seen_at = {now} WHERE id = $2 AND state = 'running'");
        sqlx::query(sqlx::AssertSqlSafe(query)).bind(done).bind(id).execute(&self.writer).await?;
        Ok(())
    }

    pub(crate) async fn end_backtest(&self, id: &str, end: &BacktestEnd, at: i64) -> Result<(), StoreError> {
        let (state, report, detail) = match end {
            BacktestEnd::Done(report) => (BacktestState::Done, Some(report), ""),
            BacktestEnd::Failed(detail) => (BacktestState::Failed, None, detail.as_str()),
        };
        sqlx::query(
            "UPDATE backtests SET state = $1, report = $2, detail = $3, finished_at = $4,
                 done = CASE WHEN $1 = 'done' THEN receipts ELSE done END
             WHERE id = $5 AND state = 'running'",
        )
        .bind(state.name())
        .bind(report)
        .bind(detail)
        .bind(at)
        .bind(id)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn fail_backtests(
        &self,
        silent_ms: i64,
        but: &str,
        detail: &str,
        at: i64,
    ) -> Result<u64, StoreError> {
        let now = dialect::NOW_MS;
        // Most often there is none, and then nothing is written.
        let query = format!(
            "SELECT COUNT(*) FROM backtests WHERE state = 'running' AND node <> $1 AND seen_at <= {now} - $2"
        );
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(but).bind(silent_ms);
        let lost: i64 = query.fetch_one(&self.pool).await?;
        if lost == 0 {
            return Ok(0);
        }
        let query = format!(
            "UPDATE backtests SET state = 'failed', detail = $1, finished_at = $2
             WHERE state = 'running' AND node <> $3 AND seen_at <= {now} - $4"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(detail).bind(at).bind(but).bind(silent_ms);
        Ok(query.execute(&self.writer).await?.rows_affected())
    }

    pub(crate) async fn backtest(&self, id: &str) -> Result<Option<Backtest>, StoreError> {
        let now = dialect::NOW_MS;
        let query =
            format!("SELECT {COLUMNS}, report, {now} - seen_at AS silent_ms FROM backtests WHERE id = $1");
        let found: Option<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(&self.pool).await?;
        found.map(Row::read).transpose()
    }

    pub(crate) async fn backtests(&self, most: i64) -> Result<Vec<Backtest>, StoreError> {
        let now = dialect::NOW_MS;
        let query = format!(
            "SELECT {COLUMNS}, NULL AS report, {now} - seen_at AS silent_ms FROM backtests
             ORDER BY created_at DESC, seen_at DESC LIMIT $1"
        );
        let found: Vec<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(most).fetch_all(&self.pool).await?;
        found.into_iter().map(Row::read).collect()
    }

    /// Purchases of the same time are ordered by id. The two databases order texts differently, so all
    /// purchases of the oldest time are read and sorted here.
    pub(crate) async fn confirmed_purchases(&self, period: SoldPeriod) -> Result<Vec<String>, StoreError> {
        let SoldPeriod { since, until, last } = period;
        let oldest = self.oldest_of(period).await?;
        let mut rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT COALESCE(sold_at, updated_at), id FROM purchases
             WHERE state = 'confirmed' AND COALESCE(sold_at, updated_at) >= $1
               AND COALESCE(sold_at, updated_at) < $2",
        )
        .bind(oldest.unwrap_or(since))
        .bind(until)
        .fetch_all(&self.pool)
        .await?;
        rows.sort_by(|one, other| other.cmp(one));
        rows.truncate(usize::try_from(last).unwrap_or(0));
        Ok(rows.into_iter().map(|(_, id)| id).collect())
    }

    /// Like [`Self::confirmed_purchases`], of purchases whose request is wanted; at most about `most` are looked
    /// through.
    pub(crate) async fn confirmed_purchases_of(
        &self,
        period: SoldPeriod,
        is_wanted: &(dyn Fn(&str) -> bool + Send + Sync),
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let SoldPeriod { since, mut until, last } = period;
        let last = usize::try_from(last).unwrap_or(0);
        let (mut found, mut seen) = (Vec::new(), 0_usize);
        while found.len() < last && seen < most {
            // Whole seconds: purchases of one time are never on two pages.
            let oldest = self.oldest_of(SoldPeriod { since, until, last: PAGE }).await?;
            let page = SoldPeriod { since: oldest.unwrap_or(since), until, last: i64::MAX };
            let ids = self.confirmed_purchases(page).await?;
            seen = seen.saturating_add(ids.len());
            let requests = self.requests_of(&ids).await?;
            let wanted = |id: &String| requests.get(id).is_some_and(|request| is_wanted(request));
            found.extend(ids.into_iter().filter(wanted));
            match oldest {
                Some(oldest) => until = oldest,
                None => break,
            }
        }
        found.truncate(last);
        Ok(found)
    }

    /// Requests of purchases, by id.
    async fn requests_of(&self, ids: &[String]) -> Result<HashMap<String, String>, StoreError> {
        let mut found = HashMap::new();
        for ids in ids.chunks(ROWS_MAX) {
            let mut query = statement("SELECT id, request FROM purchases WHERE id IN ");
            push_texts(&mut query, ids.iter().map(String::as_str));
            let rows: Vec<(String, String)> = query.build_query_as().fetch_all(&self.pool).await?;
            found.extend(rows);
        }
        Ok(found)
    }

    /// The time of the oldest of the last purchases; none if there are fewer.
    async fn oldest_of(&self, period: SoldPeriod) -> Result<Option<i64>, StoreError> {
        let SoldPeriod { since, until, last } = period;
        let oldest = sqlx::query_scalar(
            "SELECT COALESCE(sold_at, updated_at) FROM purchases
             WHERE state = 'confirmed' AND COALESCE(sold_at, updated_at) >= $1
               AND COALESCE(sold_at, updated_at) < $2
             ORDER BY COALESCE(sold_at, updated_at) DESC LIMIT 1 OFFSET $3",
        );
        let offset = last.saturating_sub(1).max(0);
        Ok(oldest.bind(since).bind(until).bind(offset).fetch_optional(&self.pool).await?)
    }
}

/// Purchases of a page, when each is looked at.
const PAGE: i64 = 1_000;

struct Row {
    id: String,
    node: String,
    state: String,
    request: String,
    receipts: i64,
    done: i64,
    report: Option<String>,
    detail: String,
    created_at: i64,
    finished_at: Option<i64>,
    silent_ms: i64,
}

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            node: row.try_get("node")?,
            state: row.try_get("state")?,
            request: row.try_get("request")?,
            receipts: row.try_get("receipts")?,
            done: row.try_get("done")?,
            report: row.try_get("report")?,
            detail: row.try_get("detail")?,
            created_at: row.try_get("created_at")?,
            finished_at: row.try_get("finished_at")?,
            silent_ms: row.try_get("silent_ms")?,
        })
    }
}

impl Row {
    fn read(self) -> Result<Backtest, StoreError> {
        let state = BacktestState::from_name(&self.state).ok_or_else(|| {
            StoreError::Damaged(format!("back-test {}: unknown state `{}`", self.id, self.state))
        })?;
        Ok(Backtest {
            id: self.id,
            node: self.node,
            state,
            request: self.request,
            receipts: self.receipts,
            done: self.done,
            report: self.report,
            detail: self.detail,
            created_at: self.created_at,
            finished_at: self.finished_at,
            silent_ms: self.silent_ms,
        })
    }
}
