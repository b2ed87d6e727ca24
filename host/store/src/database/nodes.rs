use super::Database;
use super::dialect::{self, QueryBuilder};
use crate::{HealthRecord, NodeRecord, Preparation, Revision, ShadowDifference, StoreError};

/// A node without a heartbeat for this long has ended: a restarted one has a new id.
const FORGET_AFTER_MS: i64 = 60 * 60 * 1000;

/// Records of one statement at most, so that it has no more variables than SQLite allows.
const RECORDS_A_STATEMENT: usize = 1_000;

impl Database {
    pub(crate) async fn beat(&self, node: &NodeRecord) -> Result<(), StoreError> {
        let now = dialect::NOW_MS;
        let query = format!(
            "INSERT INTO nodes (id, address, revision, trouble, started_at, seen_at)
             VALUES ($1, $2, $3, $4, {now}, {now})
             ON CONFLICT (id) DO UPDATE SET address = excluded.address, revision = excluded.revision,
                 trouble = excluded.trouble, seen_at = excluded.seen_at"
        );
        sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(&node.id)
            .bind(&node.address)
            .bind(node.revision)
            .bind(&node.trouble)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(crate) async fn leave(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM nodes WHERE id = $1").bind(id).execute(&self.writer).await?;
        Ok(())
    }

    pub(crate) async fn forget_silent_nodes(&self) -> Result<(), StoreError> {
        let now = dialect::NOW_MS;
        let query = format!("DELETE FROM nodes WHERE seen_at < {now} - $1");
        sqlx::query(sqlx::AssertSqlSafe(query)).bind(FORGET_AFTER_MS).execute(&self.writer).await?;
        Ok(())
    }

    pub(crate) async fn nodes(&self) -> Result<Vec<NodeRecord>, StoreError> {
        let now = dialect::NOW_MS;
        let query = format!("SELECT id, address, revision, trouble, {now} - seen_at FROM nodes");
        let mut rows: Vec<(String, String, Revision, Option<String>, i64)> =
            sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(&self.pool).await?;
        rows.sort();
        let read = |(id, address, revision, trouble, silent_ms)| NodeRecord {
            id,
            address,
            revision,
            trouble,
            silent_ms,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Stores a preparation and sends a hint to the other nodes.
    pub(crate) async fn announce(&self, preparation: &Preparation) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let now = dialect::NOW_MS;
        let query = format!("INSERT INTO preparations (id, digests, announced_at) VALUES ($1, $2, {now})");
        sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(&preparation.id)
            .bind(&preparation.digests)
            .execute(&mut *transaction)
            .await?;
        dialect::hint(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The preparations that a node has not answered.
    pub(crate) async fn preparations_for(&self, node: &str) -> Result<Vec<Preparation>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT p.id, p.digests FROM preparations AS p
             WHERE NOT EXISTS (SELECT 1 FROM preparation_answers AS a WHERE a.id = p.id AND a.node = $1)",
        )
        .bind(node)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(id, digests)| Preparation { id, digests }).collect())
    }

    /// Stores a node's answer, unless the preparation has ended meanwhile.
    pub(crate) async fn answer_preparation(
        &self,
        id: &str,
        node: &str,
        trouble: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO preparation_answers (id, node, trouble)
             SELECT $1, $2, $3 FROM preparations WHERE id = $1 ON CONFLICT (id, node) DO NOTHING",
        )
        .bind(id)
        .bind(node)
        .bind(trouble)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The nodes that have answered, each with the reason why it is not ready.
    pub(crate) async fn preparation_answers(
        &self,
        id: &str,
    ) -> Result<Vec<(String, Option<String>)>, StoreError> {
        let query = "SELECT node, trouble FROM preparation_answers WHERE id = $1";
        let mut rows: Vec<(String, Option<String>)> =
            sqlx::query_as(query).bind(id).fetch_all(&self.pool).await?;
        rows.sort();
        Ok(rows)
    }

    /// Ends a preparation, and old ones that were never ended.
    pub(crate) async fn end_preparation(&self, id: &str) -> Result<(), StoreError> {
        let now = dialect::NOW_MS;
        let query = format!("DELETE FROM preparations WHERE id = $1 OR announced_at < {now} - $2");
        sqlx::query(sqlx::AssertSqlSafe(query)).bind(id).bind(FORGET_AFTER_MS).execute(&self.writer).await?;
        Ok(())
    }

    /// In one statement for many records, so that tills wait for a short time only.
    pub(crate) async fn put_health(&self, records: &[HealthRecord]) -> Result<(), StoreError> {
        for records in records.chunks(RECORDS_A_STATEMENT) {
            let mut query =
                QueryBuilder::new("INSERT INTO mechanic_health (digest, trial, since, node, counts) ");
            query.push_values(records, |mut row, record| {
                row.push_bind(&record.digest)
                    .push_bind(&record.trial)
                    .push_bind(record.since)
                    .push_bind(&record.node)
                    .push_bind(&record.counts);
            });
            query.push(" ON CONFLICT (digest, trial, since, node) DO UPDATE SET counts = excluded.counts");
            query.build().execute(&self.writer).await?;
        }
        Ok(())
    }

    /// The counts of all nodes for a version in one trial.
    pub(crate) async fn health(
        &self,
        digest: &str,
        (trial, since): (&str, Revision),
    ) -> Result<Vec<HealthRecord>, StoreError> {
        let query = "SELECT node, counts FROM mechanic_health
                     WHERE digest = $1 AND trial = $2 AND since = $3";
        let mut rows: Vec<(String, String)> =
            sqlx::query_as(query).bind(digest).bind(trial).bind(since).fetch_all(&self.pool).await?;
        rows.sort();
        let read = |(node, counts)| HealthRecord {
            digest: digest.to_owned(),
            trial: trial.to_owned(),
            since,
            node,
            counts,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    pub(crate) async fn put_shadow_difference(&self, found: &ShadowDifference) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO shadow_differences (digest, since, purchase_id, created_at, lines)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (digest, since, purchase_id) DO UPDATE SET lines = excluded.lines",
        )
        .bind(&found.digest)
        .bind(found.since)
        .bind(&found.purchase_id)
        .bind(found.created_at)
        .bind(&found.lines)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The first differences of a roll-out, by time.
    pub(crate) async fn shadow_differences(
        &self,
        digest: &str,
        since: Revision,
        most: i64,
    ) -> Result<Vec<ShadowDifference>, StoreError> {
        let rows: Vec<(String, i64, String)> = sqlx::query_as(
            "SELECT purchase_id, created_at, lines FROM shadow_differences
             WHERE digest = $1 AND since = $2 ORDER BY created_at, purchase_id LIMIT $3",
        )
        .bind(digest)
        .bind(since)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let read = |(purchase_id, created_at, lines)| ShadowDifference {
            digest: digest.to_owned(),
            since,
            purchase_id,
            created_at,
            lines,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Waits for the lock of changes, which is released when the returned value is dropped.
    pub(crate) async fn lock_changes(&self) -> Result<Box<dyn Send + Sync>, StoreError> {
        Ok(dialect::lock_changes(&self.writer).await?)
    }

    /// Calls `heard` at every hint of another node. Returns only with an error.
    pub(crate) async fn listen(&self, heard: &(dyn Fn() + Send + Sync)) -> Result<(), StoreError> {
        Ok(dialect::listen(&self.pool, heard).await?)
    }
}
