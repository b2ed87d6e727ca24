//! Chains and their versions.

use sqlx::{FromRow, Row as _};

use super::super::dialect::DatabaseRow;
use super::members::{lock_sequence, set_sequence};
use super::{Communications, Transaction};
use crate::{ChainCount, ChainRow, ChainVersionRow, MovedRuns, StoreError, WaitingRuns};

impl Communications {
    pub(crate) async fn chain(&self, name: &str) -> Result<Option<ChainRow>, StoreError> {
        let query = "SELECT * FROM chains WHERE name = $1";
        let row: Option<Row> = sqlx::query_as(query).bind(name).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.0))
    }

    pub(crate) async fn chains(&self) -> Result<Vec<ChainRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as("SELECT * FROM chains").fetch_all(&self.pool).await?;
        let mut chains: Vec<ChainRow> = rows.into_iter().map(|row| row.0).collect();
        // Sorted here and not in SQL, where the order would depend on the collation of the database.
        chains.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(chains)
    }

    pub(crate) async fn chain_version(
        &self,
        chain: i64,
        version: i64,
    ) -> Result<Option<ChainVersionRow>, StoreError> {
        let row: Option<(String, String, i64)> = sqlx::query_as(
            "SELECT digest, document, created_at FROM chain_versions WHERE chain = $1 AND version = $2",
        )
        .bind(chain)
        .bind(version)
        .fetch_optional(&self.pool)
        .await?;
        let found =
            |(digest, document, created_at)| ChainVersionRow { chain, version, digest, document, created_at };
        Ok(row.map(found))
    }

    pub(crate) async fn put_chain(
        &self,
        name: &str,
        digest: &str,
        document: &str,
        at: i64,
    ) -> Result<ChainRow, StoreError> {
        let mut transaction = self.begin().await?;
        // Others who write a chain wait here.
        let last = lock_sequence(&mut transaction, "chains").await?;
        let found: Option<Row> = sqlx::query_as("SELECT * FROM chains WHERE name = $1")
            .bind(name)
            .fetch_optional(&mut *transaction)
            .await?;
        let (id, version) = match found {
            Some(Row(chain)) => {
                let latest: String =
                    sqlx::query_scalar("SELECT digest FROM chain_versions WHERE chain = $1 AND version = $2")
                        .bind(chain.id)
                        .bind(chain.version)
                        .fetch_one(&mut *transaction)
                        .await?;
                if latest == digest {
                    return Ok(chain);
                }
                (chain.id, chain.version.saturating_add(1))
            }
            None => {
                let id = last.saturating_add(1);
                set_sequence(&mut transaction, "chains", id).await?;
                (id, 1)
            }
        };
        let row: Row = sqlx::query_as(
            "INSERT INTO chains (id, name, state, version, created_at, changed_at)
             VALUES ($1, $2, 'draft', $3, $4, $4)
             ON CONFLICT (id) DO UPDATE SET version = $3, changed_at = $4 RETURNING *",
        )
        .bind(id)
        .bind(name)
        .bind(version)
        .bind(at)
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO chain_versions (chain, version, digest, document, created_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id)
        .bind(version)
        .bind(digest)
        .bind(document)
        .bind(at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(row.0)
    }

    pub(crate) async fn publish_chain(
        &self,
        chain: &ChainRow,
        version: i64,
        moved: &[MovedRuns],
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        lock_sequence(&mut transaction, "chains").await?;
        for MovedRuns { from, to } in moved {
            // The revision rises, so that a step that is under way is taken again.
            let changed = match to {
                Some(node) => {
                    sqlx::query(
                        "UPDATE chain_runs SET version = $1, node = $2, revision = revision + 1
                         WHERE chain = $3 AND version = $4 AND node = $5 AND wake_at IS NOT NULL",
                    )
                    .bind(version)
                    .bind(*node)
                    .bind(chain.id)
                    .bind(from.version)
                    .bind(from.node)
                    .execute(&mut *transaction)
                    .await?
                }
                None => {
                    sqlx::query(
                        "UPDATE chain_runs SET state = 'x' || substr(state, 2), wake_at = NULL,
                             revision = revision + 1
                         WHERE chain = $1 AND version = $2 AND node = $3 AND wake_at IS NOT NULL",
                    )
                    .bind(chain.id)
                    .bind(from.version)
                    .bind(from.node)
                    .execute(&mut *transaction)
                    .await?
                }
            };
            if i64::try_from(changed.rows_affected()).ok() != Some(from.runs) {
                return Ok(false);
            }
        }
        let left: i64 = moved.iter().filter(|moved| moved.to.is_none()).map(|moved| moved.from.runs).sum();
        if left > 0 {
            count_left(&mut transaction, chain.id, "published", left).await?;
        }
        sqlx::query("UPDATE chains SET state = 'running', published = $1, changed_at = $2 WHERE id = $3")
            .bind(version)
            .bind(at)
            .bind(chain.id)
            .execute(&mut *transaction)
            .await?;
        set_queue(&mut transaction, &chain.name, 1).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn stop_chain(&self, chain: &ChainRow, leave: bool, at: i64) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        lock_sequence(&mut transaction, "chains").await?;
        sqlx::query("UPDATE chains SET state = 'stopped', changed_at = $1 WHERE id = $2")
            .bind(at)
            .bind(chain.id)
            .execute(&mut *transaction)
            .await?;
        let mut left = 0;
        if leave {
            left = sqlx::query(
                "UPDATE chain_runs SET state = 'x' || substr(state, 2), wake_at = NULL, revision = revision + 1
                 WHERE chain = $1 AND wake_at IS NOT NULL",
            )
            .bind(chain.id)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            let counted = i64::try_from(left).unwrap_or(i64::MAX);
            count_left(&mut transaction, chain.id, "stopped", counted).await?;
            set_queue(&mut transaction, &chain.name, 0).await?;
        }
        transaction.commit().await?;
        Ok(left)
    }

    pub(crate) async fn waiting_runs(&self, chain: i64) -> Result<Vec<WaitingRuns>, StoreError> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT version, node, COUNT(*) FROM chain_runs WHERE chain = $1 AND wake_at IS NOT NULL
             GROUP BY version, node ORDER BY version, node",
        )
        .bind(chain)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(version, node, runs)| WaitingRuns { version, node, runs }).collect())
    }

    pub(crate) async fn chain_counts(&self, chain: i64) -> Result<Vec<(ChainCount, i64)>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT what, name, count FROM chain_counts WHERE chain = $1")
                .bind(chain)
                .fetch_all(&self.pool)
                .await?;
        let counted = |(what, name, count)| (ChainCount { chain, what, name }, count);
        let mut counts: Vec<(ChainCount, i64)> = rows.into_iter().map(counted).collect();
        counts.sort();
        Ok(counts)
    }

    pub(crate) async fn count_queue(&self, queue: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
        let query = "SELECT state, reason, COUNT(*) FROM messages WHERE queue = $1 AND cause_kind = 'chain'
             GROUP BY state, reason ORDER BY state, reason";
        Ok(sqlx::query_as(query).bind(queue).fetch_all(&self.pool).await?)
    }
}

/// Opens or closes the queue of a chain's messages.
async fn set_queue(transaction: &mut Transaction, chain: &str, is_open: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO message_queues (queue, is_open) VALUES ('chain/' || $1, $2)
         ON CONFLICT (queue) DO UPDATE SET is_open = $2",
    )
    .bind(chain)
    .bind(is_open)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn count_left(
    transaction: &mut Transaction,
    chain: i64,
    why: &str,
    count: i64,
) -> Result<(), StoreError> {
    let counted = ChainCount { chain, what: "left".to_owned(), name: why.to_owned() };
    add_counts(transaction, &[(counted, count)]).await
}

/// Adds to statistics, always in the same order, so that two writers cannot deadlock.
pub(super) async fn add_counts(
    transaction: &mut Transaction,
    counts: &[(ChainCount, i64)],
) -> Result<(), StoreError> {
    let mut sorted: Vec<&(ChainCount, i64)> = counts.iter().collect();
    sorted.sort();
    for (counted, count) in sorted {
        sqlx::query(
            "INSERT INTO chain_counts (chain, what, name, count) VALUES ($1, $2, $3, $4)
             ON CONFLICT (chain, what, name) DO UPDATE SET count = chain_counts.count + $4",
        )
        .bind(counted.chain)
        .bind(&counted.what)
        .bind(&counted.name)
        .bind(count)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

struct Row(ChainRow);

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        Ok(Self(ChainRow {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            published: row.try_get("published")?,
            created_at: row.try_get("created_at")?,
            changed_at: row.try_get("changed_at")?,
        }))
    }
}
